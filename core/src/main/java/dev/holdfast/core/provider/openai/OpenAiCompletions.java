package dev.holdfast.core.provider.openai;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.DocumentDialect;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.provider.shared.NonStreamingDialect;

/** OpenAI's legacy Completions: chat completion chunks whose text is not in a delta. */
public final class OpenAiCompletions implements DocumentDialect {
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
    return NonStreamingDialect.ofChat(this);
  }
}
