/** Streams of Anthropic's Java SDK kept whole. */
@NullMarked
package dev.holdfast.anthropic;

import org.jspecify.annotations.NullMarked;
