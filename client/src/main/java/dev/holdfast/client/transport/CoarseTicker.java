package dev.holdfast.client.transport;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Waits with a limit, without a timer for each wait: a stream waits anew for every event, and
 * nearly every wait ends by the event. One thread wakes the waits whose limit is near, and these
 * wait for the rest with a timer of their own. The thread ends when nothing waits.
 *
 * <p>Concurrency: a wait is in the set before it gives up its lock, and the thread signals under
 * that lock. So no signal comes before its wait.
 */
final class CoarseTicker {
  private static final Duration TICK = Duration.ofMillis(100);

  /** Limits that are nearer have a timer of their own; a tick may come late. */
  private static final long NEAR_NANOS = TICK.toNanos() * 3;

  /** The one of this process. */
  static final CoarseTicker SHARED = new CoarseTicker();

  private final Set<Waiting> waiting = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean ticking = new AtomicBoolean();

  /** One wait. Compared by identity. */
  private static final class Waiting {
    private final ReentrantLock lock;
    private final Condition changed;
    private final long untilNanos;

    Waiting(ReentrantLock lock, Condition changed, long untilNanos) {
      this.lock = lock;
      this.changed = changed;
      this.untilNanos = untilNanos;
    }

    void wake() {
      lock.lock();
      try {
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  /**
   * Waits until {@code changed} is signalled, the limit has come, or for no reason.
   *
   * @param lock that of the condition, which the caller holds
   */
  @SuppressWarnings({"WaitNotInLoop", "AwaitReturnValueIgnored"}) // The caller loops.
  void await(ReentrantLock lock, Condition changed, long nanos) throws InterruptedException {
    if (nanos <= NEAR_NANOS) {
      long unused = changed.awaitNanos(nanos);
      return;
    }
    var wait = new Waiting(lock, changed, System.nanoTime() + nanos);
    waiting.add(wait);
    if (!ticking.get() && ticking.compareAndSet(false, true)) {
      Thread.ofVirtual().name("holdfast-ticker").start(this::tick);
    }
    try {
      changed.await();
    } finally {
      waiting.remove(wait);
    }
  }

  /** {@return whether its thread runs} */
  boolean isTicking() {
    return ticking.get();
  }

  private void tick() {
    do {
      do {
        try {
          TimeUnit.NANOSECONDS.sleep(TICK.toNanos());
        } catch (InterruptedException e) {
          // Nothing has this thread to interrupt it; a tick that is early does no harm.
        }
        long now = System.nanoTime();
        for (Waiting wait : waiting) {
          if (wait.untilNanos - now <= NEAR_NANOS) {
            wait.wake();
          }
        }
      } while (!waiting.isEmpty());
      ticking.set(false);
      // A wait that came meanwhile may have seen the thread run.
    } while (!waiting.isEmpty() && ticking.compareAndSet(false, true));
  }
}
