package dev.holdfast.client.transport;

import dev.holdfast.core.engine.Signal;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Signals on their way from the transport's threads to the consumer's. Bounded by the driver's
 * demand: a few chunks and three other signals per attempt.
 *
 * <p>Concurrency: any thread puts and wakes, one thread at a time takes. There is no lock, for the
 * threads meet here for every event. A reader writes {@code reader} and then looks once more; a
 * writer leaves its signal and then reads {@code reader}. So one of them notices the other.
 */
public final class Mailbox {
  private final Queue<Signal> mail = new ConcurrentLinkedQueue<>();
  private volatile boolean stirred;

  /** The thread that waits, or null. */
  private volatile @Nullable Thread reader;

  /** Whether a ticker knows this mailbox. Like the next field, it is the ticker's. */
  final AtomicBoolean known = new AtomicBoolean();

  /** When the ticker ends the wait, by {@link System#nanoTime}. */
  volatile long untilNanos;

  /** Leaves a signal. Never blocks. */
  void put(Signal signal) {
    mail.add(signal);
    rouse();
  }

  /** Makes {@link #take} return, now and ever after. Never blocks. */
  public void wake() {
    stirred = true;
    rouse();
  }

  /** Has a thread that waits look at its limit. Never blocks. */
  void rouse() {
    var waiting = reader;
    if (waiting != null) {
      LockSupport.unpark(waiting);
    }
  }

  /** {@return whether a thread waits} */
  boolean isAwaited() {
    return reader != null;
  }

  /** {@return the next signal, or null once {@code deadlineNanos} has come or it was stirred} */
  @Nullable public Signal take(long deadlineNanos, TimeSource time) throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    Signal next = stirred ? null : mail.poll();
    if (next != null || stirred) {
      return next;
    }
    reader = Thread.currentThread();
    try {
      while (!stirred) {
        next = mail.poll();
        if (next != null) {
          return next;
        }
        long left =
            deadlineNanos == Long.MAX_VALUE ? Long.MAX_VALUE : deadlineNanos - time.nanoTime();
        if (left <= 0) {
          return null;
        }
        time.park(this, left);
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
      }
      return null;
    } finally {
      reader = null;
    }
  }
}
