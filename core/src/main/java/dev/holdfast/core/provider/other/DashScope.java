package dev.holdfast.core.provider.other;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;

/** Alibaba's own protocol, with or without {@code incremental_output}. */
public final class DashScope implements Dialect {
  private final String id;
  private final boolean cumulative;

  private DashScope(String id, boolean cumulative) {
    this.id = id;
    this.cumulative = cumulative;
  }

  /** {@return the protocol whose every event repeats the text so far} */
  public static DashScope cumulative() {
    return new DashScope("dashscope-cumulative", true);
  }

  /** {@return the protocol whose events have new text only} */
  public static DashScope incremental() {
    return new DashScope("dashscope-incremental", false);
  }

  @Override
  public String id() {
    return id;
  }

  @Override
  public FrameDecoder newDecoder(FrameLimits limits) {
    return new SseDecoder(limits);
  }

  @Override
  public DialectReader newReader(CompletionPolicy completion) {
    return new DashScopeReader(completion, cumulative);
  }
}
