/** Streams that arrive whole and once, or report why not. Start at {@link Holdfast}. */
@NullMarked
package dev.holdfast.client;

import org.jspecify.annotations.NullMarked;
