package dev.holdfast.observe;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/** Time in the test's hands; it begins at noon of a day in 2026. */
final class HandClock implements MonitorClock {
  static final long NOON = 1_782_043_200_000L;

  private final AtomicLong nanos = new AtomicLong();

  void advance(Duration by) {
    nanos.addAndGet(by.toNanos());
  }

  @Override
  public long nanoTime() {
    return nanos.get();
  }

  @Override
  public long epochMillis() {
    return NOON + nanos.get() / 1_000_000;
  }
}
