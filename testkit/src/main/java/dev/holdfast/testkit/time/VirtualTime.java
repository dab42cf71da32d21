package dev.holdfast.testkit.time;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.Comparator;
import java.util.PriorityQueue;

/**
 * A clock that moves only by calls, and the tasks waiting for it. Deterministic: tasks of the same
 * time run in the order they were scheduled. Not thread-safe.
 */
public final class VirtualTime {
  private final PriorityQueue<Task> tasks =
      new PriorityQueue<>(Comparator.comparingLong(Task::atNanos).thenComparingLong(Task::number));
  private long nowNanos;
  private long scheduled;

  private record Task(long atNanos, long number, Runnable run) {}

  /** Begins at zero. */
  public VirtualTime() {
    this(0);
  }

  /** Begins at a time of the caller's, so that code that presumes zero is found out. */
  public VirtualTime(long nowNanos) {
    this.nowNanos = nowNanos;
  }

  /** {@return the time} */
  public long nowNanos() {
    return nowNanos;
  }

  /** Runs a task at a time; at once, after those due already, if that time is past. */
  public void at(long atNanos, Runnable task) {
    tasks.add(new Task(Math.max(atNanos, nowNanos), scheduled++, task));
  }

  /** Runs a task after a while. */
  public void after(Duration delay, Runnable task) {
    at(nowNanos + delay.toNanos(), task);
  }

  /** {@return how many tasks wait} */
  public int waiting() {
    return tasks.size();
  }

  /**
   * Moves to the next task and runs it.
   *
   * @return false if there was none; the time does not move then
   */
  public boolean step() {
    Task next = tasks.poll();
    if (next == null) {
      return false;
    }
    nowNanos = next.atNanos();
    next.run().run();
    return true;
  }

  /** Moves on by a while, running everything that is due on the way. */
  public void advance(Duration span) {
    Check.that(!span.isNegative(), "advance", "must not be negative", span);
    long until = nowNanos + span.toNanos();
    while (!tasks.isEmpty() && tasks.peek().atNanos() <= until) {
      step();
    }
    nowNanos = until;
  }

  /**
   * Runs until nothing waits.
   *
   * @param maxSteps bound against tasks that schedule each other without end
   * @throws IllegalStateException if the bound is reached
   */
  public void runAll(int maxSteps) {
    for (int i = 0; step(); i++) {
      if (i >= maxSteps) {
        throw new IllegalStateException(
            "tasks: must come to an end within " + maxSteps + " steps, was " + waiting());
      }
    }
  }
}
