package dev.holdfast.journal.redis;

import java.time.Duration;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** The system's clock, and one thread. */
final class SystemClockwork implements Clockwork {
  private final ScheduledExecutorService timer =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("holdfast-redis-timer").factory());

  @Override
  public long nanoTime() {
    return System.nanoTime();
  }

  @Override
  public void later(Duration delay, Runnable action) {
    try {
      var unused = timer.schedule(action, delay.toNanos(), TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      // Closed: what was not stored by now is not.
    }
  }

  @Override
  public void every(Duration period, Runnable action) {
    long nanos = period.toNanos();
    var unused = timer.scheduleAtFixedRate(action, nanos, nanos, TimeUnit.NANOSECONDS);
  }

  @Override
  public void awaitZero(AtomicInteger number, Duration most) {
    long deadline = System.nanoTime() + most.toNanos();
    boolean interrupted = false;
    synchronized (number) {
      long left = deadline - System.nanoTime();
      while (number.get() > 0 && left > 0 && !interrupted) {
        try {
          TimeUnit.NANOSECONDS.timedWait(number, left);
        } catch (InterruptedException e) {
          interrupted = true;
        }
        left = deadline - System.nanoTime();
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    timer.shutdownNow();
  }
}
