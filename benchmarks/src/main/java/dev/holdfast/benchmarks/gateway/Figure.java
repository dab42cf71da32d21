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
 * @param peer of nginx, or of the program that the name begins with
 * @param gateway ours
 * @param goal the largest allowed, or the smallest; infinite for none
 * @param kind what the goal limits
 */
record Figure(
    String name,
    String unit,
    List<Double> direct,
    List<Double> peer,
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
    ABSOLUTE,
    /** The peer's as a multiple of ours, which must be at least so much. */
    PEER_RATIO
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
      case RATIO -> ours / median(peer);
      case ADDED -> (ours - median(direct)) / (median(peer) - median(direct));
      case ABSOLUTE -> ours;
      case PEER_RATIO -> median(peer) / ours;
    };
  }

  /** {@return whether the figures allow a judgement: what each adds must be more than nothing} */
  private boolean isClear() {
    double judged = judged();
    return switch (kind) {
      case RATIO, ABSOLUTE, PEER_RATIO -> judged >= 0;
      case ADDED -> judged >= 0 && median(peer) > median(direct);
    };
  }

  boolean isMet() {
    double judged = judged();
    return isClear() && (kind == Kind.PEER_RATIO ? judged >= goal : judged <= goal);
  }

  private boolean isGoalless() {
    return Double.isInfinite(goal);
  }

  static String head() {
    return String.format(
        Locale.ROOT,
        "%-52s %-9s %9s %9s %9s %9s %9s  %s",
        "figure",
        "unit",
        "direct",
        "peer",
        "gateway",
        "judged",
        "goal",
        "");
  }

  String line() {
    return String.format(
        Locale.ROOT,
        "%-52s %-9s %9s %9s %9s %9s %9s  %s  %s",
        name,
        unit,
        text(median(direct)),
        text(median(peer)),
        text(median(gateway)),
        text(judged()) + (kind == Kind.ABSOLUTE ? "" : "x"),
        isGoalless() ? "-" : text(goal) + (kind == Kind.ABSOLUTE ? "" : "x"),
        isGoalless() ? "" : isMet() ? "met" : isClear() ? "MISSED" : "UNCLEAR",
        spread());
  }

  private String spread() {
    return gateway.size() < 2 ? "" : "rounds: peer " + all(peer) + ", gateway " + all(gateway);
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
