package dev.holdfast.core.stream;

import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/** Tokens of an answer, as far as the provider reported them. Immutable. */
public final class TokenUsage {
  private final long input;
  private final long output;
  private final String raw;

  private TokenUsage(long input, long output, String raw) {
    this.input = input;
    this.output = output;
    this.raw = raw;
  }

  /**
   * {@return a report}
   *
   * @param input prompt tokens; negative if unknown
   * @param output completion tokens; negative if unknown
   * @param raw the provider's usage value as JSON, numbers verbatim
   */
  public static TokenUsage of(long input, long output, String raw) {
    return new TokenUsage(Math.max(-1, input), Math.max(-1, output), raw);
  }

  /** {@return prompt tokens; empty if unknown} */
  public OptionalLong input() {
    return input < 0 ? OptionalLong.empty() : OptionalLong.of(input);
  }

  /** {@return completion tokens; empty if unknown} */
  public OptionalLong output() {
    return output < 0 ? OptionalLong.empty() : OptionalLong.of(output);
  }

  /** {@return the provider's usage value as JSON, numbers verbatim; empty if it sent none} */
  public String raw() {
    return raw;
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TokenUsage that
        && input == that.input
        && output == that.output
        && raw.equals(that.raw);
  }

  @Override
  public int hashCode() {
    return Objects.hash(input, output, raw);
  }

  @Override
  public String toString() {
    return "TokenUsage[input=%s, output=%s, raw=%s]"
        .formatted(input < 0 ? "unknown" : input, output < 0 ? "unknown" : output, raw);
  }
}
