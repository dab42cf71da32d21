/** Recordings of exchanges, read and written. */
@NullMarked
package dev.holdfast.observe.debug.recording;

import org.jspecify.annotations.NullMarked;
