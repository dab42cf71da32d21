/** Bytes to frames and back: server-sent events, lines and arrays of JSON. Knows no JSON. */
@NullMarked
package dev.holdfast.core.frame;

import org.jspecify.annotations.NullMarked;
