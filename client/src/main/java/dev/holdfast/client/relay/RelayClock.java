package dev.holdfast.client.relay;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** One daemon thread that wakes relays at their times; of all relays of a process. */
final class RelayClock {
  private static final ScheduledThreadPoolExecutor TIMER = timer();

  /** How long a whole answer's connection gets to reach the end of its body. */
  private static final long GRACE_NANOS = 250_000_000;

  private RelayClock() {}

  private static ScheduledThreadPoolExecutor timer() {
    var timer =
        new ScheduledThreadPoolExecutor(
            1, task -> Thread.ofPlatform().daemon().name("holdfast-relay-clock").unstarted(task));
    timer.setRemoveOnCancelPolicy(true);
    return timer;
  }

  /** Ends the connection of a whole answer that has not reached the end of its body in time. */
  static Future<?> afterGrace(Runnable abort) {
    return in(GRACE_NANOS, abort);
  }

  /** Runs a task that never blocks, once. */
  static Future<?> in(long nanos, Runnable task) {
    return TIMER.schedule(task, Math.max(0, nanos), TimeUnit.NANOSECONDS);
  }
}
