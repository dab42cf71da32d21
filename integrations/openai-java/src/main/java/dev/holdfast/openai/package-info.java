/** Streams of OpenAI's Java SDK kept whole. */
@NullMarked
package dev.holdfast.openai;

import org.jspecify.annotations.NullMarked;
