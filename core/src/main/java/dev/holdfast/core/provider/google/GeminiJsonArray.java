package dev.holdfast.core.provider.google;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.JsonArrayDecoder;

/** Google's {@code streamGenerateContent} as it answers by default: one array, over time. */
public final class GeminiJsonArray implements Dialect {
  @Override
  public String id() {
    return "gemini-json-array";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new JsonArrayDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return GeminiReader.ofArray(completion);
  }
}
