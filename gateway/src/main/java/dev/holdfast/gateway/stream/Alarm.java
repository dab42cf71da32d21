package dev.holdfast.gateway.stream;

import io.netty.channel.EventLoop;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One timer on an event loop. Moving it later, which streams do with every event, costs nothing: it
 * rings at the old time and then sleeps on.
 */
public final class Alarm {
  static final long NEVER = Long.MAX_VALUE;

  private final EventLoop loop;
  private final LongSupplier clock;
  private final Runnable action;
  private long dueNanos = NEVER;
  private long scheduledNanos = NEVER;
  private @Nullable Future<?> scheduled;

  /** An alarm that is not set; {@code action} runs on the loop. */
  public Alarm(EventLoop loop, LongSupplier clock, Runnable action) {
    this.loop = loop;
    this.clock = clock;
    this.action = action;
  }

  /** Rings at this time, and not at the one set before. */
  public void set(long dueNanos) {
    this.dueNanos = dueNanos;
    if (dueNanos < scheduledNanos) {
      schedule(dueNanos);
    }
  }

  /** Rings no more. */
  public void cancel() {
    dueNanos = NEVER;
    scheduledNanos = NEVER;
    if (scheduled != null) {
      scheduled.cancel(false);
      scheduled = null;
    }
  }

  private void schedule(long atNanos) {
    if (scheduled != null) {
      scheduled.cancel(false);
    }
    scheduledNanos = atNanos;
    long wait = Math.max(0, atNanos - clock.getAsLong());
    scheduled = loop.schedule(this::ring, wait, TimeUnit.NANOSECONDS);
  }

  private void ring() {
    scheduled = null;
    scheduledNanos = NEVER;
    if (dueNanos == NEVER) {
      return;
    }
    if (clock.getAsLong() < dueNanos) {
      schedule(dueNanos);
      return;
    }
    dueNanos = NEVER;
    action.run();
  }
}
