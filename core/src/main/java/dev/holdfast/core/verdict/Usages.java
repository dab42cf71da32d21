package dev.holdfast.core.verdict;

import dev.holdfast.core.stream.TokenUsage;
import org.jspecify.annotations.Nullable;

/** Adds up what the attempts of one stream used. */
public final class Usages {
  private @Nullable TokenUsage merged;

  /** The prompt counts once, the output of every attempt counts; raw is the last one's. */
  public void add(@Nullable TokenUsage usage) {
    if (usage == null) {
      return;
    }
    merged =
        merged == null
            ? usage
            : TokenUsage.of(
                merged.input().orElse(usage.input().orElse(-1)),
                sum(merged.output().orElse(-1), usage.output().orElse(-1)),
                usage.raw());
  }

  private static long sum(long a, long b) {
    if (a < 0 || b < 0) {
      return Math.max(a, b);
    }
    return a + b;
  }

  @Nullable public TokenUsage merged() {
    return merged;
  }
}
