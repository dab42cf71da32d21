package dev.holdfast.core.health;

import dev.holdfast.core.stream.Check;

/**
 * An upstream's availability at the time of a signal, as shared by its streams.
 *
 * @param retryAllowed whether its {@link RetryBudget} allows another attempt
 * @param waitNanos how long its {@link CircuitBreaker} still refuses attempts; 0 if it admits them
 * @param answered whether it has ever answered
 */
public record Availability(boolean retryAllowed, long waitNanos, boolean answered) {
  /** It may be asked. */
  public static final Availability GOOD = new Availability(true, 0);

  /** An upstream that is not known to have answered. */
  public Availability(boolean retryAllowed, long waitNanos) {
    this(retryAllowed, waitNanos, false);
  }

  /** Checks that the wait is not negative. */
  public Availability {
    Check.that(waitNanos >= 0, "waitNanos", "must not be negative", waitNanos);
  }

  /** The availability of every upstream of a plan. */
  @FunctionalInterface
  public interface Lookup {
    /** {@return an upstream's current availability} The same answer until the signal is over. */
    Availability of(int upstream);
  }
}
