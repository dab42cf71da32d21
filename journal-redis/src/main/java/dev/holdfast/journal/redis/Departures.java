package dev.holdfast.journal.redis;

import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/**
 * Lets what comes at about the same time leave together, on one event loop: it shares a wake-up, a
 * write, and as a rule the read of its answers. What comes alone leaves at once. Thread-safe.
 */
final class Departures<T> {
  /** The shortest time between two departures, of which the first was of several. */
  static final long PAUSE_NANOS = 1_000_000;

  /** An event loop. */
  interface Loop {
    /**
     * Runs an action on the loop.
     *
     * @param delayNanos after which time; zero for at once
     * @throws RejectedExecutionException if the loop has ended
     */
    void run(Runnable action, long delayNanos);
  }

  private final Loop loop;
  private final LongSupplier nanoTime;
  private final Consumer<? super T> leave;
  private final Consumer<? super T> refuse;
  private final Queue<T> waiting = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean scheduled = new AtomicBoolean();
  private volatile long lastNanos;
  private volatile boolean crowded;
  private volatile boolean closed;

  /**
   * Departures, none of them yet.
   *
   * @param leave sends one; on the loop
   * @param refuse receives what cannot leave, as the loop has ended
   */
  Departures(
      Loop loop, LongSupplier nanoTime, Consumer<? super T> leave, Consumer<? super T> refuse) {
    this.loop = loop;
    this.nanoTime = nanoTime;
    this.leave = leave;
    this.refuse = refuse;
    lastNanos = nanoTime.getAsLong();
  }

  /** Adds one. */
  void add(T departure) {
    waiting.add(departure);
    if (closed) {
      each(refuse);
      return;
    }
    if (scheduled.get() || !scheduled.compareAndSet(false, true)) {
      return;
    }
    long rest = crowded ? lastNanos + PAUSE_NANOS - nanoTime.getAsLong() : 0;
    try {
      loop.run(this::depart, Math.max(0, rest));
    } catch (RejectedExecutionException e) {
      close();
    }
  }

  private void depart() {
    lastNanos = nanoTime.getAsLong();
    scheduled.set(false); // What comes from now on may need the next departure.
    crowded = each(leave) > 1;
  }

  private int each(Consumer<? super T> action) {
    int count = 0;
    for (T next = waiting.poll(); next != null; next = waiting.poll()) {
      action.accept(next);
      count++;
    }
    return count;
  }

  /** Refuses what has not left, and what comes. */
  void close() {
    closed = true;
    each(refuse);
  }
}
