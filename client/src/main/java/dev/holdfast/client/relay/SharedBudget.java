package dev.holdfast.client.relay;

import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.health.RetryBudget;
import java.util.concurrent.locks.ReentrantLock;

/** The retry budget of one host, which its streams share. Thread-safe. */
final class SharedBudget {
  private final ReentrantLock lock = new ReentrantLock();
  private final RetryBudget budget = RetryBudget.ofDefaults();

  boolean allowsRetry() {
    lock.lock();
    try {
      return budget.allowsRetry();
    } finally {
      lock.unlock();
    }
  }

  /** Records the result of an attempt; only whole answers and failures that may pass count. */
  void score(AttemptResult result) {
    boolean whole = result instanceof AttemptResult.Whole;
    boolean failed =
        result instanceof AttemptResult.Failed(var failure, boolean hadContent)
            && failure.isRetryable();
    if (whole || failed) {
      lock.lock();
      try {
        budget.score(whole);
      } finally {
        lock.unlock();
      }
    }
  }
}
