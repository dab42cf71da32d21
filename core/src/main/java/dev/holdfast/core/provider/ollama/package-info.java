/** Ollama's own protocol. */
@NullMarked
package dev.holdfast.core.provider.ollama;

import org.jspecify.annotations.NullMarked;
