package dev.holdfast.client.transport;

import dev.holdfast.core.engine.Signal;
import java.util.ArrayDeque;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Signals on their way from the transport's threads to the consumer's. Bounded by the driver's
 * demand: a few chunks and three other signals per attempt.
 */
public final class Mailbox {
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<Signal> mail = new ArrayDeque<>();
  private boolean stirred;

  /** Leaves a signal. Never blocks. */
  void put(Signal signal) {
    lock.lock();
    try {
      mail.add(signal);
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** Makes {@link #take} return, now and ever after. Never blocks. */
  public void wake() {
    lock.lock();
    try {
      stirred = true;
      changed.signal();
    } finally {
      lock.unlock();
    }
  }

  /** {@return the next signal, or null once {@code deadlineNanos} has come or it was stirred} */
  @Nullable public Signal take(long deadlineNanos, TimeSource time) throws InterruptedException {
    lock.lockInterruptibly();
    try {
      while (mail.isEmpty() && !stirred) {
        long left =
            deadlineNanos == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNanos - time.nanoTime();
        if (left <= 0) {
          return null;
        }
        time.await(lock, changed, left);
      }
      return stirred ? null : mail.poll();
    } finally {
      lock.unlock();
    }
  }
}
