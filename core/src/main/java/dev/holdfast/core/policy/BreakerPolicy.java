package dev.holdfast.core.policy;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.Objects;

/**
 * When an upstream is skipped for a while.
 *
 * @param failureShare which share of the attempts must have failed, above 0 and at most 1
 * @param minAttempts of how many attempts at least, so that two failures in a row prove nothing
 * @param window how far back attempts count
 * @param coolDown how long the circuit stays open before a probe; the true length is drawn between
 *     its half and its whole
 * @param maxCoolDown the longest that a provider's {@code Retry-After} can make it
 */
public record BreakerPolicy(
    double failureShare,
    int minAttempts,
    Duration window,
    Duration coolDown,
    Duration maxCoolDown) {
  /** Half of at least 10 within 30 s, 4 s, 60 s. docs/decisions/0011 */
  public static final BreakerPolicy DEFAULT =
      new BreakerPolicy(
          0.5, 10, Duration.ofSeconds(30), Duration.ofSeconds(4), Duration.ofSeconds(60));

  /** Never opens the circuit. */
  public static final BreakerPolicy OFF =
      new BreakerPolicy(
          1, Integer.MAX_VALUE, DEFAULT.window(), DEFAULT.coolDown(), DEFAULT.maxCoolDown());

  /** Checks the bounds named above. */
  public BreakerPolicy {
    Objects.requireNonNull(window, "window");
    Objects.requireNonNull(coolDown, "coolDown");
    Objects.requireNonNull(maxCoolDown, "maxCoolDown");
    Check.that(
        failureShare > 0 && failureShare <= 1,
        "failureShare",
        "must be above 0 and at most 1",
        failureShare);
    Check.that(minAttempts >= 1, "minAttempts", "must be at least 1", minAttempts);
    Check.that(window.toMillis() >= 1000, "window", "must be at least 1 s", window);
    Check.that(coolDown.isPositive(), "coolDown", "must be positive", coolDown);
    Check.that(
        maxCoolDown.compareTo(coolDown) >= 0, "maxCoolDown", "must be >= coolDown", maxCoolDown);
  }

  /** {@return a copy with another share of failed attempts, above 0 and at most 1} */
  public BreakerPolicy withFailureShare(double failureShare) {
    return new BreakerPolicy(failureShare, minAttempts, window, coolDown, maxCoolDown);
  }

  /** {@return a copy with another least number of attempts, at least 1} */
  public BreakerPolicy withMinAttempts(int minAttempts) {
    return new BreakerPolicy(failureShare, minAttempts, window, coolDown, maxCoolDown);
  }

  /** {@return a copy with another window, of at least 1 s} */
  public BreakerPolicy withWindow(Duration window) {
    return new BreakerPolicy(failureShare, minAttempts, window, coolDown, maxCoolDown);
  }

  /** {@return a copy with other cool-downs, the second no shorter than the first} */
  public BreakerPolicy withCoolDown(Duration coolDown, Duration maxCoolDown) {
    return new BreakerPolicy(failureShare, minAttempts, window, coolDown, maxCoolDown);
  }
}
