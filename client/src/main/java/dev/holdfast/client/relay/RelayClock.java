package dev.holdfast.client.relay;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One daemon thread that wakes relays at their times; of all relays of a process. */
final class RelayClock {
  private static final ScheduledThreadPoolExecutor TIMER = timer();

  private RelayClock() {}

  private static ScheduledThreadPoolExecutor timer() {
    var timer =
        new ScheduledThreadPoolExecutor(
            1, task -> Thread.ofPlatform().daemon().name("holdfast-relay-clock").unstarted(task));
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  /** Runs a task that never blocks, once. */
  static Future<?> in(long nanos, Runnable task) {
    return TIMER.schedule(task, Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }
}
