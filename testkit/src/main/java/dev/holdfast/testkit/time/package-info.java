/** A clock that moves only on demand. */
@NullMarked
package dev.holdfast.testkit.time;

import org.jspecify.annotations.NullMarked;
