package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;

/** Google's Interactions API, both generations of its events. */
final class GeminiInteractions implements Dialect {
  @Override
  public String id() {
    return "gemini-interactions";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new SseDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new GeminiInteractionsReader(completion);
  }
}
