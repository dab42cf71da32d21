package dev.holdfast.observe.debug.tally;

import dev.holdfast.observe.debug.facts.Spread;
import dev.holdfast.observe.parts.Histogram;
import java.util.ArrayList;

/** How numbers are distributed, in constant memory: percentiles are within 1% of the truth. */
final class PieceDistribution {
  private final Histogram histogram = new Histogram();

  /** Adds a number; negative ones count as 0. */
  void add(long number) {
    histogram.add(Math.max(0, number), 1);
  }

  Spread spread() {
    if (histogram.count() == 0) {
      return Spread.NONE;
    }
    var steps = new ArrayList<Long>();
    long before = 0;
    for (long step : Spread.STEPS) {
      long below = histogram.below(step);
      steps.add(below - before);
      before = below;
    }
    return new Spread(
        histogram.count(),
        histogram.min(),
        histogram.max(),
        histogram.mean(),
        histogram.percentile(50),
        histogram.percentile(90),
        histogram.percentile(95),
        histogram.percentile(99),
        steps);
  }
}
