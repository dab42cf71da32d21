package dev.holdfast.observe;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The last hour in slots: ten seconds each for the last five minutes, a minute each for the whole.
 * So a window reaches back at least its length, and at most one slot further. Thread-safe: a lock
 * around plain state, taken for a few streams' worth of numbers at a time. At most 4 MB.
 */
final class Windows {
  static final List<Duration> LENGTHS =
      List.of(Duration.ofMinutes(1), Duration.ofMinutes(5), Duration.ofMinutes(60));

  private static final long FINE_NANOS = Duration.ofSeconds(10).toNanos();
  private static final long COARSE_NANOS = Duration.ofMinutes(1).toNanos();

  private final ReentrantLock lock = new ReentrantLock();
  private final Slot[] fine = slots(31);
  private final Slot[] coarse = slots(61);

  private static Slot[] slots(int count) {
    var slots = new Slot[count];
    for (int i = 0; i < count; i++) {
      slots[i] = new Slot();
    }
    return slots;
  }

  /** Adds to the slots of {@code nowNanos}. */
  void add(long nowNanos, Consumer<Slot> news) {
    lock.lock();
    try {
      news.accept(at(fine, nowNanos / FINE_NANOS));
      news.accept(at(coarse, nowNanos / COARSE_NANOS));
    } finally {
      lock.unlock();
    }
  }

  /** {@return a report for each of {@link #LENGTHS}} */
  List<WindowReport> reports(long nowNanos) {
    lock.lock();
    try {
      return LENGTHS.stream()
          .map(length ->
              length.toNanos() < 31 * FINE_NANOS
                  ? sum(fine, nowNanos / FINE_NANOS, length.toNanos() / FINE_NANOS).report(length)
                  : sum(coarse, nowNanos / COARSE_NANOS, length.toNanos() / COARSE_NANOS)
                      .report(length))
          .toList();
    } finally {
      lock.unlock();
    }
  }

  private static Slot at(Slot[] slots, long number) {
    Slot slot = slots[(int) (number % slots.length)];
    // A late thread may report old news: they count in the slot that replaced theirs.
    if (slot.number < number) {
      slot.reset(number);
    }
    return slot;
  }

  private static Slot sum(Slot[] slots, long number, long back) {
    var sum = new Slot();
    for (Slot slot : slots) {
      if (slot.number >= 0 && slot.number <= number && slot.number >= number - back) {
        sum.add(slot);
      }
    }
    return sum;
  }
}
