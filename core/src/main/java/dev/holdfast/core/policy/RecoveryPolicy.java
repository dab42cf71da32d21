package dev.holdfast.core.policy;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.Objects;

/**
 * What to do when a stream breaks after content was delivered.
 *
 * @param malformed what a frame that cannot be read means
 * @param tools when tool calls are handed on
 * @param requireExact whether only rungs that keep exactness may be used
 * @param partialLimit UTF-16 units of delivered text kept for recovery; past it only a cursor helps
 * @param holdBackChars characters of a continuation held until the seam is decided
 * @param holdBack how long they are held after the first one arrived
 */
public record RecoveryPolicy(
    Malformed malformed,
    Tools tools,
    boolean requireExact,
    int partialLimit,
    int holdBackChars,
    Duration holdBack) {
  /** Recover, whole tool calls, continued text allowed, 1 Mi characters, 240, 300 ms. */
  public static final RecoveryPolicy DEFAULT =
      new RecoveryPolicy(
          Malformed.RECOVER, Tools.WHOLE, false, 1 << 20, 240, Duration.ofMillis(300));

  /** What a frame that cannot be read means. It may hide lost text. */
  public enum Malformed {
    /** A cut: recover from the last good frame. */
    RECOVER,
    /**
     * Count it, warn, continue. An answer with tool calls is then not whole, since the missing part
     * may be a fragment of a call.
     */
    SKIP,
    /** End the stream. */
    FAIL
  }

  /** When tool calls are handed on. */
  public enum Tools {
    /** Whole only: the arguments parse and the finish signal was seen. */
    WHOLE,
    /** Fragment by fragment; past the first one the stream is not recoverable. */
    LIVE
  }

  /** Checks the bounds named above. */
  public RecoveryPolicy {
    Objects.requireNonNull(malformed, "malformed");
    Objects.requireNonNull(tools, "tools");
    Objects.requireNonNull(holdBack, "holdBack");
    Check.that(partialLimit >= 0, "partialLimit", "must not be negative", partialLimit);
    Check.that(holdBackChars >= 24, "holdBackChars", "must be at least 24", holdBackChars);
    Check.that(holdBack.isPositive(), "holdBack", "must be positive", holdBack);
  }

  /** {@return a copy that allows only exact rungs, or any} */
  public RecoveryPolicy withRequireExact(boolean requireExact) {
    return new RecoveryPolicy(
        malformed, tools, requireExact, partialLimit, holdBackChars, holdBack);
  }

  /** {@return a copy with another rule for malformed frames} */
  public RecoveryPolicy withMalformed(Malformed malformed) {
    return new RecoveryPolicy(
        malformed, tools, requireExact, partialLimit, holdBackChars, holdBack);
  }

  /** {@return a copy with another rule for tool calls} */
  public RecoveryPolicy withTools(Tools tools) {
    return new RecoveryPolicy(
        malformed, tools, requireExact, partialLimit, holdBackChars, holdBack);
  }

  /** {@return a copy that keeps so many UTF-16 units of delivered text, not negative} */
  public RecoveryPolicy withPartialLimit(int partialLimit) {
    return new RecoveryPolicy(
        malformed, tools, requireExact, partialLimit, holdBackChars, holdBack);
  }

  /** {@return a copy that holds so many characters, at least 24, for so long before a seam} */
  public RecoveryPolicy withHoldBack(int holdBackChars, Duration holdBack) {
    return new RecoveryPolicy(
        malformed, tools, requireExact, partialLimit, holdBackChars, holdBack);
  }
}
