package dev.holdfast.core.policy;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.Objects;

/**
 * How often and how fast to try again.
 *
 * @param maxAttempts consecutive attempts without new content, the first included; at least 1
 * @param maxContinuations continuations per stream after content was delivered; 0 switches recovery
 *     off
 * @param firstDelay upper bound of the first random delay, doubling from then on
 * @param maxDelay upper bound of every random delay
 * @param maxRetryAfter the longest wait a provider may ask for; a longer one ends the stream
 */
public record RetryPolicy(
    int maxAttempts,
    int maxContinuations,
    Duration firstDelay,
    Duration maxDelay,
    Duration maxRetryAfter) {
  /** 3 attempts, 8 continuations, 500 ms doubling to 20 s, 60 s. docs/decisions/0007 */
  public static final RetryPolicy DEFAULT =
      new RetryPolicy(3, 8, Duration.ofMillis(500), Duration.ofSeconds(20), Duration.ofSeconds(60));

  /** One attempt and no continuation. */
  public static final RetryPolicy NONE =
      new RetryPolicy(1, 0, Duration.ofMillis(500), Duration.ofSeconds(20), Duration.ZERO);

  /**
   * {@return this policy for a request whose sender retries itself} The sender's tries are
   * subtracted, down to one attempt: two layers of three attempts make at most six, not nine.
   *
   * @param retries the sender's {@code X-Stainless-Retry-Count}
   */
  public RetryPolicy withSenderRetries(int retries) {
    Check.that(retries >= 0, "retries", "must not be negative", retries);
    int left = Math.max(1, maxAttempts - retries);
    return new RetryPolicy(left, maxContinuations, firstDelay, maxDelay, maxRetryAfter);
  }

  /** Checks the bounds named above. */
  public RetryPolicy {
    Objects.requireNonNull(firstDelay, "firstDelay");
    Objects.requireNonNull(maxDelay, "maxDelay");
    Objects.requireNonNull(maxRetryAfter, "maxRetryAfter");
    Check.that(maxAttempts >= 1, "maxAttempts", "must be at least 1", maxAttempts);
    Check.that(maxContinuations >= 0, "maxContinuations", "must not be negative", maxContinuations);
    Check.that(firstDelay.isPositive(), "firstDelay", "must be positive", firstDelay);
    Check.that(maxDelay.compareTo(firstDelay) >= 0, "maxDelay", "must be >= firstDelay", maxDelay);
    Check.that(!maxRetryAfter.isNegative(), "maxRetryAfter", "must not be negative", maxRetryAfter);
  }

  /** {@return a copy with another number of consecutive attempts, at least 1} */
  public RetryPolicy withMaxAttempts(int maxAttempts) {
    return new RetryPolicy(maxAttempts, maxContinuations, firstDelay, maxDelay, maxRetryAfter);
  }

  /** {@return a copy with another number of continuations; 0 switches recovery off} */
  public RetryPolicy withMaxContinuations(int maxContinuations) {
    return new RetryPolicy(maxAttempts, maxContinuations, firstDelay, maxDelay, maxRetryAfter);
  }

  /** {@return a copy with other bounds of the random delay, the first no longer than the last} */
  public RetryPolicy withDelays(Duration firstDelay, Duration maxDelay) {
    return new RetryPolicy(maxAttempts, maxContinuations, firstDelay, maxDelay, maxRetryAfter);
  }

  /** {@return a copy with another longest wait that a provider may ask for; zero allows none} */
  public RetryPolicy withMaxRetryAfter(Duration maxRetryAfter) {
    return new RetryPolicy(maxAttempts, maxContinuations, firstDelay, maxDelay, maxRetryAfter);
  }
}
