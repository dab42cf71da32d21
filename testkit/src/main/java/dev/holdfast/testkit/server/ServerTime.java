package dev.holdfast.testkit.server;

import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** The clock of a server: the machine's, or one that moves only by calls. Thread-safe. */
final class ServerTime {
  private final boolean virtual;
  private final long startNanos;
  private final AtomicLong advancedNanos = new AtomicLong();

  private ServerTime(boolean virtual) {
    this.virtual = virtual;
    startNanos = System.nanoTime();
  }

  static ServerTime ofTheMachine() {
    return new ServerTime(false);
  }

  static ServerTime virtual() {
    return new ServerTime(true);
  }

  boolean isVirtual() {
    return virtual;
  }

  /** {@return the time, comparable to other times of this clock alone} */
  long nowNanos() {
    return virtual ? startNanos + advancedNanos.get() : System.nanoTime();
  }

  /** {@return how long after the start of this clock a time is} */
  Duration uptime(long nanos) {
    return Duration.ofNanos(nanos - startNanos);
  }

  void advance(Duration by) {
    if (!virtual) {
      throw new IllegalStateException("advance: must be of a server with virtual time");
    }
    Check.that(!by.isNegative(), "advance", "must not be negative", by);
    advancedNanos.addAndGet(by.toNanos());
  }
}
