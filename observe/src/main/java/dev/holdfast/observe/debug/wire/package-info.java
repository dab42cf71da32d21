/** One HTTP exchange as it was on the wire: requests, heads, bodies, and how it ended. */
@NullMarked
package dev.holdfast.observe.debug.wire;

import org.jspecify.annotations.NullMarked;
