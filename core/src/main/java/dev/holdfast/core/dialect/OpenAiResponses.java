package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;

/** OpenAI's Responses API, and those who imitate it. */
final class OpenAiResponses implements Dialect {
  @Override
  public String id() {
    return "openai-responses";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new SseDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new OpenAiResponsesReader(completion);
  }
}
