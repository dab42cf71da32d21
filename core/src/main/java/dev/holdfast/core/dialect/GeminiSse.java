package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;

/** Google's {@code streamGenerateContent?alt=sse}, of AI Studio and of Vertex. */
final class GeminiSse implements Dialect {
  @Override
  public String id() {
    return "gemini-sse";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new SseDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return GeminiReader.ofEvents(completion);
  }
}
