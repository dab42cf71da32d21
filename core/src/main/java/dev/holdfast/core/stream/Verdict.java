package dev.holdfast.core.stream;

/** How a stream ended; decided by its protocol's own proof of completion, never guessed. */
public sealed interface Verdict {
  /** The proof of completion was seen and no error. */
  record Complete() implements Verdict {}

  /**
   * The answer is cut: what was delivered is a prefix.
   *
   * @param cause one for which {@link Verdict#of} returns this verdict
   */
  record Truncated(Cause cause) implements Verdict {
    /** Checks the cause. */
    public Truncated {
      Check.that(
          kind(cause) == VerdictKind.TRUNCATED,
          "cause",
          "must be of a truncated stream",
          cause.id());
    }
  }

  /**
   * The provider, the request or the protocol failed.
   *
   * @param cause one for which {@link Verdict#of} returns this verdict
   */
  record Failed(Cause cause) implements Verdict {
    /** Checks the cause. */
    public Failed {
      Check.that(
          kind(cause) == VerdictKind.FAILED, "cause", "must be of a failed stream", cause.id());
    }
  }

  /** The caller ended the stream. */
  record Cancelled() implements Verdict {}

  /**
   * {@return the verdict on a stream that ended with a cause} {@code FAILED}: the provider, request
   * or protocol is at fault. {@code TRUNCATED}: the answer is cut. {@code CANCELLED}: the caller
   * ended the stream.
   */
  static Verdict of(Cause cause) {
    return switch (kind(cause)) {
      case TRUNCATED -> new Truncated(cause);
      case FAILED -> new Failed(cause);
      case CANCELLED -> new Cancelled();
    };
  }

  /** The verdicts that have a cause. */
  private static VerdictKind kind(Cause cause) {
    return switch (cause) {
      case CONNECTION_FAILED,
          PROVIDER_ERROR,
          PROTOCOL_VIOLATION,
          RATE_LIMITED,
          OVERLOADED,
          REJECTED,
          BUDGET_EXHAUSTED ->
          VerdictKind.FAILED;
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
          VerdictKind.TRUNCATED;
      case CANCELLED -> VerdictKind.CANCELLED;
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
