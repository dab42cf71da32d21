package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;

/** OpenAI's legacy Completions: chat completion chunks whose text is not in a delta. */
final class OpenAiCompletions implements DocumentDialect {
  @Override
  public String id() {
    return "openai-completions";
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new SseDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return OpenAiChatReader.ofCompletions(completion);
  }

  @Override
  public Dialect whole() {
    return WholeAnswer.ofChat(this);
  }
}
