package dev.holdfast.core.continuation;

import dev.holdfast.core.policy.RetryPolicy;
import java.time.Duration;
import java.util.random.RandomGenerator;

/** How long to wait before the next attempt. */
public final class Backoff {
  private final RetryPolicy policy;
  private final RandomGenerator random;

  public Backoff(RetryPolicy policy, RandomGenerator random) {
    this.policy = policy;
    this.random = random;
  }

  /**
   * {@return the wait before attempt number {@code failures} + 1 in a row}
   *
   * <p>Full jitter: anything from zero to the doubled bound, so that a thousand cut streams do not
   * come back at once.
   */
  public Duration before(int failures) {
    int doublings = Math.min(Math.max(0, failures - 1), 30);
    long bound =
        Math.min(policy.maxDelay().toNanos(), saturated(policy.firstDelay().toNanos(), doublings));
    return Duration.ofNanos(random.nextLong(bound + 1));
  }

  /** {@return what to add to a wait that many streams share} */
  public Duration spread() {
    return before(1);
  }

  private static long saturated(long value, int doublings) {
    return value > (Long.MAX_VALUE >> doublings) ? Long.MAX_VALUE - 1 : value << doublings;
  }
}
