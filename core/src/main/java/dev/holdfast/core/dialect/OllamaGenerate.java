package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.LineDecoder;

/** Ollama's {@code /api/generate}, which knows no conversation. */
final class OllamaGenerate implements Dialect {
  @Override
  public String id() {
    return "ollama-generate";
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
