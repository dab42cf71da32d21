package dev.holdfast.journal.redis;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Lets what comes at about the same time leave together, on one event loop: it shares a wake-up, a
 * write, and as a rule the read of its answers. What comes alone leaves at once. Thread-safe.
 */
final class Departures<T> {
  /** The time between two departures, of which the first was of several. */
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
  private final Consumer<? super List<T>> leave;
  private final Consumer<? super T> refuse;
  private final Queue<T> waiting = new ConcurrentLinkedQueue<>();

  /** Whether a departure is to come. */
  private final AtomicBoolean scheduled = new AtomicBoolean();

  private volatile boolean closed;

  /**
   * Departures, none of them yet.
   *
   * @param leave sends those that leave together, in their order; on the loop
   * @param refuse receives what cannot leave, as the loop has ended
   */
  Departures(Loop loop, Consumer<? super List<T>> leave, Consumer<? super T> refuse) {
    this.loop = loop;
    this.leave = leave;
    this.refuse = refuse;
  }

  /** Adds one. */
  void add(T departure) {
    waiting.add(departure);
    if (closed) {
      refuseAll();
    } else {
      schedule();
    }
  }

  private void schedule() {
    if (!scheduled.get() && scheduled.compareAndSet(false, true)) {
      run(0);
    }
  }

  private void run(long delayNanos) {
    try {
      loop.run(this::depart, delayNanos);
    } catch (RejectedExecutionException e) {
      close();
    }
  }

  private void depart() {
    var leaving = new ArrayList<T>();
    for (T next = waiting.poll(); next != null; next = waiting.poll()) {
      leaving.add(next);
    }
    if (leaving.size() > 1) {
      run(PAUSE_NANOS); // From the loop itself, which costs no wake-up.
    } else {
      scheduled.set(false);
      if (!waiting.isEmpty()) {
        schedule();
      }
    }
    if (!leaving.isEmpty()) {
      leave.accept(leaving);
    }
  }

  /** Refuses what has not left, and what comes. */
  void close() {
    closed = true;
    refuseAll();
  }

  private void refuseAll() {
    for (T next = waiting.poll(); next != null; next = waiting.poll()) {
      refuse.accept(next);
    }
  }
}
