package dev.holdfast.observe.parts;

import dev.holdfast.core.stream.Check;
import java.util.Arrays;

/**
 * Counts of numbers, each known to within 1%. Numbers up to 255 have a bucket each; above, every
 * octave has 128. It grows to the octave of the greatest number: 16 KB for the microseconds of a
 * day, 29 KB for every number. Count, mean, least and greatest are exact. Not thread-safe.
 *
 * <pre>
 *   number    0 .. 255      bucket = number
 *   above     1mmm mmmm x..x  (s bits x)   bucket = 128 s + 1mmmmmmm
 * </pre>
 */
public final class Histogram {
  private static final int PRECISION = 7;
  private static final int PER_OCTAVE = 1 << PRECISION;

  private int[] counts = new int[0];
  private long count;
  private double sum;
  private long min = Long.MAX_VALUE;
  private long max;

  /**
   * Adds a number some times over. A bucket that holds 2^31 - 1 takes no more.
   *
   * @param number at least 0
   * @param times at least 0
   */
  public void add(long number, long times) {
    Check.that(number >= 0, "number", "must not be negative", number);
    Check.that(times >= 0, "times", "must not be negative", times);
    if (times == 0) {
      return;
    }
    int bucket = bucket(number);
    grow(bucket + 1);
    counts[bucket] = saturated(counts[bucket], times);
    count += times;
    sum += (double) number * times;
    min = Math.min(min, number);
    max = Math.max(max, number);
  }

  /** Adds what another one holds. */
  public void addAll(Histogram other) {
    grow(other.counts.length);
    for (int i = 0; i < other.counts.length; i++) {
      counts[i] = saturated(counts[i], other.counts[i]);
    }
    count += other.count;
    sum += other.sum;
    min = Math.min(min, other.min);
    max = Math.max(max, other.max);
  }

  /** Forgets all numbers and keeps the memory. */
  public void clear() {
    Arrays.fill(counts, 0);
    count = 0;
    sum = 0;
    min = Long.MAX_VALUE;
    max = 0;
  }

  /** {@return how many numbers were added} */
  public long count() {
    return count;
  }

  /** {@return their average, exactly; 0 of none} */
  public double mean() {
    return count == 0 ? 0 : sum / count;
  }

  /** {@return the least, exactly; 0 of none} */
  public long min() {
    return count == 0 ? 0 : min;
  }

  /** {@return the greatest, exactly; 0 of none} */
  public long max() {
    return max;
  }

  /**
   * {@return a number that so many percent of all do not exceed; 0 of none} It is the upper end of
   * its bucket, so never less than the truth, and at most 1% more.
   *
   * @param percent 0 to 100
   */
  public long percentile(double percent) {
    Check.that(percent >= 0 && percent <= 100, "percent", "must be 0 to 100", percent);
    long rank = Math.max(1, (long) Math.ceil(percent / 100 * count));
    long seen = 0;
    for (int i = 0; i < counts.length; i++) {
      seen += counts[i];
      if (seen >= rank) {
        return Math.clamp(greatest(i), min(), max);
      }
    }
    return max;
  }

  /** {@return how many are less than {@code limit}, which counts as the least of its bucket} */
  public long below(long limit) {
    int end = limit <= 0 ? 0 : Math.min(counts.length, bucket(limit));
    long below = 0;
    for (int i = 0; i < end; i++) {
      below += counts[i];
    }
    return below;
  }

  private static int bucket(long number) {
    int high = 63 - Long.numberOfLeadingZeros(number | 1);
    int shift = Math.max(0, high - PRECISION);
    return (shift << PRECISION) + (int) (number >>> shift);
  }

  private static long greatest(int bucket) {
    int shift = Math.max(0, (bucket >>> PRECISION) - 1);
    long first = ((long) bucket - ((long) shift << PRECISION)) << shift;
    return first + (1L << shift) - 1;
  }

  private static int saturated(int held, long more) {
    return (int) Math.min(Integer.MAX_VALUE, held + more);
  }

  private void grow(int buckets) {
    if (buckets > counts.length) {
      counts = Arrays.copyOf(counts, (buckets + PER_OCTAVE - 1) & -PER_OCTAVE);
    }
  }
}
