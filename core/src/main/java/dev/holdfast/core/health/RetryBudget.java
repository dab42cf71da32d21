package dev.holdfast.core.health;

import dev.holdfast.core.stream.Check;

/**
 * A token bucket that stops retries while most attempts fail, after gRPC A6. A failure that may
 * heal takes one token, a success returns a tenth, and retries are allowed above half. One per
 * upstream, shared by its streams; not thread-safe, the driver locks it.
 */
public final class RetryBudget {
  private static final int TENTHS = 10;

  private final int maxTenths;
  private int tenths;

  /** A full bucket of {@code maxTokens}, at least 1. */
  public RetryBudget(int maxTokens) {
    Check.that(maxTokens >= 1, "maxTokens", "must be at least 1", maxTokens);
    maxTenths = maxTokens * TENTHS;
    tenths = maxTenths;
  }

  /** {@return a bucket of 100 tokens: 50 failures in a row stop the retries} */
  public static RetryBudget ofDefaults() {
    return new RetryBudget(100);
  }

  /** Records the result of an attempt. */
  public void score(boolean success) {
    tenths = success ? Math.min(maxTenths, tenths + 1) : Math.max(0, tenths - TENTHS);
  }

  /** {@return what a full bucket has, in tenths of tokens} */
  public int maxTenths() {
    return maxTenths;
  }

  /** {@return what it has, in tenths of tokens} */
  public int tenths() {
    return tenths;
  }

  /** Replaces what it has by what several processes have together, in tenths of tokens. */
  public void adopt(int tenths) {
    this.tenths = Math.clamp(tenths, 0, maxTenths);
  }

  /** {@return whether another attempt is allowed now} */
  public boolean allowsRetry() {
    return tenths > maxTenths / 2;
  }
}
