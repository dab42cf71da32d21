package dev.holdfast.core.provider.ollama;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.LineDecoder;

/** Ollama's {@code /api/generate}, which knows no conversation. */
public final class OllamaGenerate implements Dialect {
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
