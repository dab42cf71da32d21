/** A clock that moves only by calls. */
@NullMarked
package dev.holdfast.testkit.time;

import org.jspecify.annotations.NullMarked;
