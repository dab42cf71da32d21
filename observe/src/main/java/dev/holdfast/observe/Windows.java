package dev.holdfast.observe;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;

/**
 * The last hour in slots: a second each for the last minute, ten seconds each for the last five
 * minutes, a minute each for the whole. So a window of a report reaches back at least its length,
 * and at most one slot further. Thread-safe: a lock around plain state, taken for a few streams'
 * worth of numbers at a time. At most 10 MB, and a tenth of it with a handful of models.
 */
final class Windows {
  static final List<Duration> LENGTHS =
      List.of(Duration.ofMinutes(1), Duration.ofMinutes(5), Duration.ofMinutes(60));

  /** What a rate needs of a step that is under way; of another one, it needs the half. */
  private static final long LEAST_NANOS = Duration.ofSeconds(3).toNanos();

  private static final double NANOS = 1e9;

  private final ReentrantLock lock = new ReentrantLock();
  private final Ring seconds = new Ring(Duration.ofSeconds(1), 61);
  private final Ring fine = new Ring(Duration.ofSeconds(10), 31);
  private final Ring coarse = new Ring(Duration.ofMinutes(1), 61);
  private final long madeNanos;

  /** Slots of one length, the oldest of which are used again. */
  private static final class Ring {
    final long stepNanos;
    final Slot[] slots;

    Ring(Duration step, int count) {
      stepNanos = step.toNanos();
      slots = new Slot[count];
      for (int i = 0; i < count; i++) {
        slots[i] = new Slot();
      }
    }

    Slot at(long nowNanos) {
      long number = Math.floorDiv(nowNanos, stepNanos);
      Slot slot = slots[(int) Math.floorMod(number, (long) slots.length)];
      // A late thread may report old news: they count in the slot that replaced theirs.
      if (slot.number < number) {
        slot.reset(number);
      }
      return slot;
    }

    WindowReport report(long nowNanos, Duration length) {
      long number = Math.floorDiv(nowNanos, stepNanos);
      long first = number - length.toNanos() / stepNanos;
      var sum = new Slot();
      for (Slot slot : slots) {
        if (slot.number >= 0 && slot.number <= number && slot.number >= first) {
          sum.add(slot);
        }
      }
      return sum.report(length, Duration.ofNanos(nowNanos - first * stepNanos));
    }
  }

  Windows(long madeNanos) {
    this.madeNanos = madeNanos;
  }

  /** Adds to the slots of {@code nowNanos}. */
  void add(long nowNanos, Consumer<Slot> news) {
    lock.lock();
    try {
      news.accept(seconds.at(nowNanos));
      news.accept(fine.at(nowNanos));
      news.accept(coarse.at(nowNanos));
    } finally {
      lock.unlock();
    }
  }

  /** {@return a report for each of {@link #LENGTHS}} */
  List<WindowReport> reports(long nowNanos) {
    lock.lock();
    try {
      return LENGTHS.stream()
          .map(length -> (length.toMinutes() <= 5 ? fine : coarse).report(nowNanos, length))
          .toList();
    } finally {
      lock.unlock();
    }
  }

  /**
   * {@return the steps of one of {@link #LENGTHS}}
   *
   * @param now the same moment as {@code nowNanos}
   * @param active streams that are not over now
   */
  StreamHistory history(Duration length, long nowNanos, Instant now, long active) {
    Ring ring = length.toMinutes() <= 1 ? seconds : length.toMinutes() <= 5 ? fine : coarse;
    var points = new ArrayList<StreamHistory.Point>();
    lock.lock();
    try {
      long number = Math.floorDiv(nowNanos, ring.stepNanos);
      long oldest = number - length.toNanos() / ring.stepNanos;
      long left = active;
      for (long step = number; step >= oldest; step--) {
        long end = Math.min(nowNanos, (step + 1) * ring.stepNanos);
        if (end <= madeNanos) {
          break;
        }
        Slot found = ring.slots[(int) Math.floorMod(step, (long) ring.slots.length)];
        Slot slot = found.number == step ? found : new Slot();
        long lasted = end - Math.max(madeNanos, step * ring.stepNanos);
        boolean over = end < nowNanos || end == (step + 1) * ring.stepNanos;
        if (lasted > 0) {
          boolean rated = lasted >= LEAST_NANOS || (over && lasted >= ring.stepNanos / 2);
          double seconds = rated ? lasted / NANOS : Double.NaN;
          points.addFirst(slot.point(now.minusNanos(nowNanos - end), seconds, left));
        }
        left = Math.max(0, left - slot.started + slot.ended());
      }
    } finally {
      lock.unlock();
    }
    return new StreamHistory(length, Duration.ofNanos(ring.stepNanos), points);
  }
}
