/**
 * Bytes to frames and back: server-sent events, lines and arrays of JSON, Amazon event streams.
 * Knows no JSON.
 */
@NullMarked
package dev.holdfast.core.frame;

import org.jspecify.annotations.NullMarked;
