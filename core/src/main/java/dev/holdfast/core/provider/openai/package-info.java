/** OpenAI's protocols, and those of the servers that imitate them. */
@NullMarked
package dev.holdfast.core.provider.openai;

import org.jspecify.annotations.NullMarked;
