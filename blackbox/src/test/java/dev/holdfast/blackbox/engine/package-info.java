/** Streams of a real engine: llama.cpp's own server with a small model of known text. */
@NullMarked
package dev.holdfast.blackbox.engine;

import org.jspecify.annotations.NullMarked;
