package dev.holdfast.observe.debug;

import java.util.ArrayList;
import org.HdrHistogram.Histogram;

/** How numbers are distributed, in constant memory: percentiles are within 1% of the truth. */
final class Distribution {
  private final Histogram histogram = new Histogram(2);
  private double sum;
  private long min = Long.MAX_VALUE;
  private long max;

  /** Adds a number; negative ones count as 0. */
  void add(long number) {
    long value = Math.max(0, number);
    histogram.recordValue(value);
    sum += value;
    min = Math.min(min, value);
    max = Math.max(max, value);
  }

  Spread spread() {
    long count = histogram.getTotalCount();
    if (count == 0) {
      return Spread.NONE;
    }
    var steps = new ArrayList<Long>();
    long from = 0;
    for (long step : Spread.STEPS) {
      steps.add(histogram.getCountBetweenValues(from, step - 1));
      from = step;
    }
    return new Spread(count, min, max, sum / count, at(50), at(90), at(95), at(99), steps);
  }

  private long at(double percentile) {
    return Math.clamp(histogram.getValueAtPercentile(percentile), min, max);
  }
}
