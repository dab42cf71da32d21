package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.LineDecoder;

/** Ollama's own two APIs, which differ in where the text stands. */
final class Ollama implements Dialect {
  private final String id;

  private Ollama(String id) {
    this.id = id;
  }

  /** {@return the API behind {@code /api/chat}} */
  static Ollama chat() {
    return new Ollama("ollama-chat");
  }

  /** {@return the API behind {@code /api/generate}} */
  static Ollama generate() {
    return new Ollama("ollama-generate");
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new LineDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new OllamaReader(completion);
  }
}
