/** A clock that moves only when told to. */
@NullMarked
package dev.holdfast.testkit.time;

import org.jspecify.annotations.NullMarked;
