package dev.holdfast.client;

import dev.holdfast.core.engine.RetryBudget;
import java.util.concurrent.locks.ReentrantLock;

/** An upstream's retry budget, shared by its streams. */
final class Budget {
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

  void score(boolean success) {
    lock.lock();
    try {
      budget.score(success);
    } finally {
      lock.unlock();
    }
  }
}
