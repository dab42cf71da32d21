package dev.holdfast.core.stream;

/** How a stream ended; decided by its protocol's own proof of completion, never guessed. */
public sealed interface Verdict {
  /** The proof of completion was seen and no error. */
  record Complete() implements Verdict {}

  /** The answer is cut: what was delivered is a prefix. */
  record Truncated(Cause cause) implements Verdict {}

  /** The provider, the request or the protocol failed. */
  record Failed(Cause cause) implements Verdict {}

  /** The caller ended the stream. */
  record Cancelled() implements Verdict {}

  /** {@return FAILED where somebody said or did something wrong, TRUNCATED where it just ended} */
  static Verdict of(Cause cause) {
    return switch (cause) {
      case CONNECTION_FAILED,
          PROVIDER_ERROR,
          PROTOCOL_VIOLATION,
          RATE_LIMITED,
          OVERLOADED,
          REJECTED,
          BUDGET_EXHAUSTED ->
          new Failed(cause);
      case CONNECTION_LOST,
          TRUNCATED,
          MISSING_DONE,
          MALFORMED_FRAME,
          MALFORMED_JSON,
          FIRST_TOKEN_TIMEOUT,
          IDLE_TIMEOUT,
          PROGRESS_TIMEOUT,
          DEADLINE_EXCEEDED,
          LIMIT_EXCEEDED,
          SEAM_REFUSED,
          NO_RUNG,
          RETRIES_EXHAUSTED,
          JOURNAL_FAILED ->
          new Truncated(cause);
      case CANCELLED -> new Cancelled();
    };
  }

  /** {@return {@code COMPLETE}, {@code TRUNCATED}, {@code FAILED} or {@code CANCELLED}} */
  default String name() {
    return switch (this) {
      case Complete() -> "COMPLETE";
      case Truncated(Cause cause) -> "TRUNCATED";
      case Failed(Cause cause) -> "FAILED";
      case Cancelled() -> "CANCELLED";
    };
  }

  /** {@return whether the whole answer was delivered} */
  default boolean isComplete() {
    return this instanceof Complete;
  }
}
