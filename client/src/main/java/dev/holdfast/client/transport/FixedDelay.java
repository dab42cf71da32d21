package dev.holdfast.client.transport;

import java.time.Duration;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Runs tasks a fixed time later, in order, on one virtual thread that ends when none is left. The
 * tasks must not block.
 */
final class FixedDelay implements Executor {
  private final long delayNanos;
  private final Queue<Due> tasks = new ConcurrentLinkedQueue<>();
  private final AtomicBoolean runs = new AtomicBoolean();

  private record Due(long nanos, Runnable task) {}

  FixedDelay(Duration delay) {
    delayNanos = delay.toNanos();
  }

  @Override
  public void execute(Runnable task) {
    tasks.add(new Due(System.nanoTime() + delayNanos, task));
    if (!runs.get() && runs.compareAndSet(false, true)) {
      Thread.ofVirtual().name("holdfast-later").start(this::run);
    }
  }

  /** {@return whether its thread runs} */
  boolean isRunning() {
    return runs.get();
  }

  private void run() {
    do {
      for (var next = tasks.peek(); next != null; next = tasks.peek()) {
        long left = next.nanos() - System.nanoTime();
        if (left > 0) {
          sleep(left);
        } else {
          tasks.remove();
          run(next.task());
        }
      }
      runs.set(false);
      // A task that came meanwhile may have seen the thread run.
    } while (!tasks.isEmpty() && runs.compareAndSet(false, true));
  }

  private static void sleep(long nanos) {
    try {
      TimeUnit.NANOSECONDS.sleep(nanos);
    } catch (InterruptedException e) {
      // Nothing has this thread to interrupt it; the task is due when it is due.
    }
  }

  private static void run(Runnable task) {
    try {
      task.run();
    } catch (RuntimeException e) {
      // A transport that fails to close one exchange must not keep the others open.
    }
  }
}
