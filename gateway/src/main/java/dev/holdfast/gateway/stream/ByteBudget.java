package dev.holdfast.gateway.stream;

import java.util.concurrent.atomic.AtomicLong;

/** Counts bytes that are kept over all streams, up to a limit. Thread-safe. */
public final class ByteBudget {
  private final long limit;
  private final AtomicLong used = new AtomicLong();

  /** An unused budget. */
  public ByteBudget(long limit) {
    this.limit = limit;
  }

  /** Claims bytes if they fit, and returns whether they do; give them back by {@link #release}. */
  boolean claim(long bytes) {
    long now = used.get();
    while (now + bytes <= limit) {
      if (used.compareAndSet(now, now + bytes)) {
        return true;
      }
      now = used.get();
    }
    return false;
  }

  void release(long bytes) {
    used.addAndGet(-bytes);
  }

  /** {@return the bytes that are kept now} */
  public long used() {
    return used.get();
  }
}
