package dev.holdfast.core.stream;

import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Tokens of an answer, as the provider reported them. Of a stream of several attempts, a part may
 * be estimated, and then it is marked. Immutable.
 */
public final class TokenUsage {
  private final long input;
  private final long output;
  private final Supplier<String> raw;
  private final boolean inputEstimated;
  private final boolean outputEstimated;

  private TokenUsage(
      long input,
      long output,
      Supplier<String> raw,
      boolean inputEstimated,
      boolean outputEstimated) {
    this.input = input;
    this.output = output;
    this.raw = raw;
    this.inputEstimated = inputEstimated;
    this.outputEstimated = outputEstimated;
  }

  /**
   * {@return a report}
   *
   * @param input prompt tokens; negative if unknown
   * @param output completion tokens; negative if unknown
   * @param raw the provider's usage value as JSON, numbers verbatim
   */
  public static TokenUsage of(long input, long output, String raw) {
    return of(input, output, () -> raw);
  }

  /**
   * {@return a report whose raw value is written when it is asked for} Some providers count in
   * every chunk, and few of the values are read.
   *
   * @param input prompt tokens; negative if unknown
   * @param output completion tokens; negative if unknown
   * @param raw returns the provider's usage value as JSON, the same one each time; any thread
   */
  public static TokenUsage of(long input, long output, Supplier<String> raw) {
    return new TokenUsage(Math.max(-1, input), Math.max(-1, output), raw, false, false);
  }

  /**
   * {@return the same numbers, marked}
   *
   * @param inputEstimated whether the number of prompt tokens is an estimate
   * @param outputEstimated whether a part of the completion tokens is an estimate
   */
  public TokenUsage withEstimates(boolean inputEstimated, boolean outputEstimated) {
    return new TokenUsage(
        input, output, raw, inputEstimated && input >= 0, outputEstimated && output >= 0);
  }

  /** {@return prompt tokens; empty if unknown} */
  public OptionalLong input() {
    return input < 0 ? OptionalLong.empty() : OptionalLong.of(input);
  }

  /** {@return completion tokens; empty if unknown} */
  public OptionalLong output() {
    return output < 0 ? OptionalLong.empty() : OptionalLong.of(output);
  }

  /** {@return whether a part of the numbers is an estimate, because no provider reported it} */
  public boolean isEstimated() {
    return inputEstimated || outputEstimated;
  }

  /** {@return whether the number of prompt tokens is an estimate} */
  public boolean isInputEstimated() {
    return inputEstimated;
  }

  /** {@return whether a part of the completion tokens is an estimate} */
  public boolean isOutputEstimated() {
    return outputEstimated;
  }

  /**
   * {@return the provider's usage value as JSON, numbers verbatim; empty if it sent none} Of
   * several attempts it is the last report.
   */
  public String raw() {
    return raw.get();
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof TokenUsage that
        && input == that.input
        && output == that.output
        && raw().equals(that.raw())
        && inputEstimated == that.inputEstimated
        && outputEstimated == that.outputEstimated;
  }

  @Override
  public int hashCode() {
    return Objects.hash(input, output, raw(), inputEstimated, outputEstimated);
  }

  @Override
  public String toString() {
    return "TokenUsage[input=%s, output=%s, raw=%s]"
        .formatted(shown(input, inputEstimated), shown(output, outputEstimated), raw());
  }

  private static String shown(long tokens, boolean estimated) {
    return tokens < 0 ? "unknown" : (estimated ? "~" : "") + tokens;
  }
}
