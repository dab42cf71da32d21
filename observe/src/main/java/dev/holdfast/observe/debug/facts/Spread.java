package dev.holdfast.observe.debug.facts;

import java.util.List;

/**
 * A distribution in a few numbers.
 *
 * @param count how many there were; 0 makes all others 0
 * @param mean the average, exact as are least and greatest
 * @param steps how many fell below the first of {@link #STEPS}, how many between that and the next,
 *     and so on; none if count is 0
 */
public record Spread(
    long count,
    long min,
    long max,
    double mean,
    long p50,
    long p90,
    long p95,
    long p99,
    List<Long> steps) {
  /** 1, 2, 5, 10, 20, ... up to 5e11: nanoseconds to minutes, bytes to gigabytes. */
  public static final List<Long> STEPS = bounds();

  /** Of nothing. */
  public static final Spread NONE = new Spread(0, 0, 0, 0, 0, 0, 0, 0, List.of());

  /** Copies the steps. */
  public Spread {
    steps = List.copyOf(steps);
  }

  private static List<Long> bounds() {
    var steps = new java.util.ArrayList<Long>();
    for (long power = 1; power <= 100_000_000_000L; power *= 10) {
      steps.addAll(List.of(power, 2 * power, 5 * power));
    }
    return List.copyOf(steps);
  }
}
