package dev.holdfast.benchmarks.sockets;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/** Counts the events that consumers receive, and how long each was under way. Thread-safe. */
final class EventCount {
  /** Buckets of a sixteenth of a power of two, from a microsecond on. */
  private static final int BUCKETS = 16 * 32;

  private final AtomicLong events = new AtomicLong();
  private final AtomicLongArray delays = new AtomicLongArray(BUCKETS);

  /** Takes one event: its text, or the data that it is in. */
  void take(String text) {
    events.incrementAndGet();
    int mark = text.indexOf('@');
    if (mark >= 0 && text.length() > mark + 16) {
      long sent = Long.parseUnsignedLong(text, mark + 1, mark + 17, 16);
      if (sent != 0) {
        delays.incrementAndGet(bucket((System.nanoTime() - sent) / 1000));
      }
    }
  }

  long events() {
    return events.get();
  }

  /** Forgets the delays so far. */
  void restart() {
    for (int i = 0; i < BUCKETS; i++) {
      delays.set(i, 0);
    }
  }

  /** {@return what a part of the delays does not exceed, in microseconds; 0 if there are none} */
  double delay(double part) {
    long all = 0;
    for (int i = 0; i < BUCKETS; i++) {
      all += delays.get(i);
    }
    long left = (long) Math.ceil(all * part);
    for (int i = 0; i < BUCKETS; i++) {
      left -= delays.get(i);
      if (left <= 0 && all > 0) {
        return Math.pow(2, (i + 1) / 16.0);
      }
    }
    return 0;
  }

  private static int bucket(long micros) {
    return micros <= 1
        ? 0
        : (int) Math.min(BUCKETS - 1, Math.floor(16 * Math.log((double) micros) / Math.log(2)));
  }
}
