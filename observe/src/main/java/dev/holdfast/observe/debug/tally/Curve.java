package dev.holdfast.observe.debug.tally;

import java.util.ArrayList;
import java.util.List;

/**
 * The chunks over time, in constant memory: at most 600 points. Once there are more, neighbours are
 * merged, so that a long stream is drawn more coarsely.
 */
public final class Curve {
  private static final int MAX = 600;

  /**
   * One or more chunks.
   *
   * @param atNanos when the last of them arrived
   * @param totalBytes of the body up to there
   * @param largest bytes of the largest of them
   */
  public record Point(long atNanos, long totalBytes, long largest) {}

  private final List<Point> points = new ArrayList<>();
  private int perPoint = 1;
  private int inLast;

  void add(long atNanos, long totalBytes, long bytes) {
    if (inLast == 0 || inLast == perPoint) {
      if (points.size() == MAX) {
        halve();
      }
      points.add(new Point(atNanos, totalBytes, bytes));
      inLast = 1;
    } else {
      var last = points.removeLast();
      points.add(new Point(atNanos, totalBytes, Math.max(last.largest(), bytes)));
      inLast++;
    }
  }

  private void halve() {
    var halved = new ArrayList<Point>();
    for (int i = 0; i + 1 < points.size(); i += 2) {
      var later = points.get(i + 1);
      halved.add(
          new Point(
              later.atNanos(),
              later.totalBytes(),
              Math.max(points.get(i).largest(), later.largest())));
    }
    points.clear();
    points.addAll(halved);
    perPoint *= 2;
  }

  public List<Point> points() {
    return List.copyOf(points);
  }

  /** {@return number of chunks per point} */
  public int perPoint() {
    return perPoint;
  }
}
