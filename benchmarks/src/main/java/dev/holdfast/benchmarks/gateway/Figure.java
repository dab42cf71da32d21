package dev.holdfast.benchmarks.gateway;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * One line of the table: the medians of what was measured, and the goal.
 *
 * @param name what it is
 * @param unit of the three figures
 * @param direct without a relay; empty where that means nothing
 * @param nginx of the peer
 * @param gateway ours
 * @param goal the largest allowed
 * @param kind what the goal limits
 */
record Figure(
    String name,
    String unit,
    List<Double> direct,
    List<Double> nginx,
    List<Double> gateway,
    double goal,
    Kind kind) {
  /** What a goal limits. */
  enum Kind {
    /** Ours as a multiple of the peer's. */
    RATIO,
    /** As before, of what each adds to the direct figure. */
    ADDED,
    /** Ours alone. */
    ABSOLUTE
  }

  static double median(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(value -> value).sorted().toArray();
    return sorted.length == 0
        ? Double.NaN
        : (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private double judged() {
    double ours = median(gateway);
    return switch (kind) {
      case RATIO -> ours / median(nginx);
      case ADDED -> (ours - median(direct)) / (median(nginx) - median(direct));
      case ABSOLUTE -> ours;
    };
  }

  /** {@return whether the figures allow a judgement: what each adds must be more than nothing} */
  private boolean isClear() {
    double judged = judged();
    return switch (kind) {
      case RATIO, ABSOLUTE -> judged >= 0;
      case ADDED -> judged >= 0 && median(nginx) > median(direct);
    };
  }

  boolean isMet() {
    return isClear() && judged() <= goal;
  }

  static String head() {
    return String.format(
        Locale.ROOT,
        "%-34s %-9s %9s %9s %9s %9s %9s  %s",
        "figure",
        "unit",
        "direct",
        "nginx",
        "gateway",
        "judged",
        "goal",
        "");
  }

  String line() {
    return String.format(
        Locale.ROOT,
        "%-34s %-9s %9s %9s %9s %9s %9s  %s  %s",
        name,
        unit,
        text(median(direct)),
        text(median(nginx)),
        text(median(gateway)),
        text(judged()) + (kind == Kind.ABSOLUTE ? "" : "x"),
        text(goal) + (kind == Kind.ABSOLUTE ? "" : "x"),
        isMet() ? "met" : isClear() ? "MISSED" : "UNCLEAR",
        spread());
  }

  private String spread() {
    return gateway.size() < 2 ? "" : "rounds: nginx " + all(nginx) + ", gateway " + all(gateway);
  }

  private static String all(List<Double> values) {
    return Arrays.toString(values.stream().map(Figure::text).toArray());
  }

  private static String text(double value) {
    return Double.isNaN(value)
        ? "-"
        : String.format(Locale.ROOT, value < 10 ? "%.2f" : value < 100 ? "%.1f" : "%.0f", value);
  }
}
