package dev.holdfast.core.stream;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Why one attempt failed, and whether trying again can help.
 *
 * @param cause the named cause
 * @param detail one sentence for people; no prompt text, no key
 * @param mayHeal whether an identical attempt, later, could succeed
 * @param retryAfter how long the provider asked to wait; null if it did not say, never negative
 * @param httpStatus the response status, or 0 where there was no response
 * @param provider what the provider said, or null
 * @param starting whether the server is not up yet: it refused the connection, or loads its model;
 *     nothing can have been generated
 */
public record Failure(
    Cause cause,
    String detail,
    boolean mayHeal,
    @Nullable Duration retryAfter,
    int httpStatus,
    @Nullable ProviderError provider,
    boolean starting) {
  /** A failure of a server that is up, or of what lies before it. */
  public Failure(
      Cause cause,
      String detail,
      boolean mayHeal,
      @Nullable Duration retryAfter,
      int httpStatus,
      @Nullable ProviderError provider) {
    this(cause, detail, mayHeal, retryAfter, httpStatus, provider, false);
  }

  /** Checks that the wait is not negative. */
  public Failure {
    Check.that(
        retryAfter == null || !retryAfter.isNegative(),
        "retryAfter",
        "must not be negative",
        String.valueOf(retryAfter));
  }

  /** {@return a failure of the network or of the wire, which may heal} */
  public static Failure passing(Cause cause, String detail) {
    return new Failure(cause, detail, true, null, 0, null);
  }

  /** {@return a connection that was refused: the server is not up} */
  public static Failure refused(String detail) {
    return new Failure(Cause.CONNECTION_FAILED, detail, true, null, 0, null, true);
  }

  /** {@return a failure that no repetition can heal} */
  public static Failure lasting(Cause cause, String detail) {
    return new Failure(cause, detail, false, null, 0, null);
  }
}
