package dev.holdfast.observe;

import java.time.Duration;

/**
 * Times in buckets that grow by the fourth root of two, so a value is known to within 10%. One
 * bucket is for everything below 64 µs, 104 reach to over an hour. It has counts for the span of
 * what was added, at most 436 bytes. Not thread-safe.
 */
final class LogBuckets {
  private static final int PER_OCTAVE = 4;
  private static final int LOWEST_BITS = 6;
  private static final int OCTAVES = 26;
  private static final int BUCKETS = 1 + PER_OCTAVE * OCTAVES;

  /** So many buckets more than needed are made on each side. */
  private static final int MARGIN = 4;

  /** The bucket of the first count. */
  private int first;

  private int[] counts = {};
  private long count;
  private long sumMicros;
  private long maxMicros;

  void add(long micros, long times) {
    if (times == 0) {
      return; // Counts of other times alone need no room for this one.
    }
    addTo(bucket(micros), times);
    count += times;
    sumMicros += micros * times;
    maxMicros = Math.max(maxMicros, micros);
  }

  /** Adds what another one holds. */
  void addAll(LogBuckets other) {
    for (int i = 0; i < other.counts.length; i++) {
      if (other.counts[i] > 0) {
        addTo(other.first + i, other.counts[i]);
      }
    }
    count += other.count;
    sumMicros += other.sumMicros;
    maxMicros = Math.max(maxMicros, other.maxMicros);
  }

  private void addTo(int bucket, long times) {
    int at = bucket - first;
    if (at < 0 || at >= counts.length) {
      widen(bucket);
      at = bucket - first;
    }
    counts[at] = (int) Math.min(Integer.MAX_VALUE, counts[at] + times);
  }

  private void widen(int bucket) {
    boolean isNew = counts.length == 0;
    int low = Math.max(0, (isNew ? bucket : Math.min(first, bucket)) - MARGIN);
    int last = isNew ? bucket : Math.max(first + counts.length - 1, bucket);
    int high = Math.min(BUCKETS - 1, last + MARGIN);
    var wider = new int[high - low + 1];
    System.arraycopy(counts, 0, wider, isNew ? 0 : first - low, counts.length);
    counts = wider;
    first = low;
  }

  /** {@return the bucket of a time: the octave by its highest bit, the quarter by the next two} */
  private static int bucket(long micros) {
    if (micros < 1L << LOWEST_BITS) {
      return 0;
    }
    int high = 63 - Long.numberOfLeadingZeros(micros);
    int quarter = (int) (micros >>> (high - 2)) & (PER_OCTAVE - 1);
    return Math.min(BUCKETS - 1, 1 + (high - LOWEST_BITS) * PER_OCTAVE + quarter);
  }

  /** {@return the middle of a bucket, in microseconds} */
  private static long middle(int bucket) {
    if (bucket == 0) {
      return 1L << (LOWEST_BITS - 1);
    }
    int octave = (bucket - 1) / PER_OCTAVE;
    int quarter = (bucket - 1) % PER_OCTAVE;
    long step = 1L << (octave + LOWEST_BITS - 2);
    return step * (PER_OCTAVE + quarter) + step / 2;
  }

  private Duration percentile(double percent) {
    long rank = Math.max(1, (long) Math.ceil(percent / 100 * count));
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= rank) {
        return Distribution.micros(Math.min(middle(first + i), maxMicros));
      }
    }
    return Distribution.micros(maxMicros);
  }

  Distribution distribution() {
    return count == 0
        ? Distribution.NONE
        : new Distribution(
            count,
            Distribution.micros(sumMicros / count),
            percentile(50),
            percentile(95),
            percentile(99),
            Distribution.micros(maxMicros));
  }
}
