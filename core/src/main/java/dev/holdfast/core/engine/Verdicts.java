package dev.holdfast.core.engine;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Verdict;

/** What a cause makes of a stream. */
public final class Verdicts {
  private Verdicts() {}

  /** {@return FAILED where somebody said or did something wrong, TRUNCATED where it just ended} */
  public static Verdict of(Cause cause) {
    return switch (cause) {
      case CONNECTION_FAILED,
          PROVIDER_ERROR,
          PROTOCOL_VIOLATION,
          RATE_LIMITED,
          OVERLOADED,
          REJECTED,
          BUDGET_EXHAUSTED ->
          new Verdict.Failed(cause);
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
          RETRIES_EXHAUSTED,
          JOURNAL_FAILED ->
          new Verdict.Truncated(cause);
      case CANCELLED -> new Verdict.Cancelled();
    };
  }
}
