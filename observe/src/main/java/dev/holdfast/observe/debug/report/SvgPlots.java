package dev.holdfast.observe.debug.report;

import dev.holdfast.observe.debug.facts.Spread;
import dev.holdfast.observe.debug.rules.Words;
import dev.holdfast.observe.debug.wire.DebugEvent;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** The plots of a report, as SVG without script. Numbers only: no untrusted text goes in. */
final class SvgPlots {
  private static final int WIDTH = 960;
  private static final int HEIGHT = 240;
  private static final int LEFT = 70;
  private static final int RIGHT = 20;
  private static final int TOP = 14;
  private static final int BOTTOM = 34;
  private static final int MAX_MARKS = 300;

  private final DebugReport report;
  private final long end;

  SvgPlots(DebugReport report) {
    this.report = report;
    var pace = report.facts().pace();
    this.end = Math.max(1, Math.max(pace.endAt(), pace.lastByteAt()));
  }

  /** {@return sizes of chunks over time, on a logarithmic scale; empty without a chunk} */
  String timeline() {
    var points = report.curve();
    if (points.isEmpty() || !report.facts().pace().known()) {
      return "";
    }
    double most = Math.log10((double) Math.max(10, report.facts().pace().chunks().max()));
    var svg = begin("Sizes of chunks over time");
    for (int power = 0; power <= most; power++) {
      gridLine(svg, TOP + height() * (1 - power / most), Words.bytes((long) Math.pow(10, power)));
    }
    timeAxis(svg);
    marks(svg);
    for (var point : points) {
      double y = TOP + height() * (1 - Math.log10((double) Math.max(1, point.largest())) / most);
      svg.append(
          String.format(
              Locale.ROOT,
              "<circle class=\"dot\" cx=\"%.1f\" cy=\"%.1f\" r=\"2.5\"/>\n",
              x(point.atNanos()),
              y));
    }
    return svg.append("</svg>\n").toString();
  }

  private void marks(StringBuilder svg) {
    Stream.concat(report.first().stream(), report.last().stream())
        .filter(timed -> !style(timed.event()).isEmpty())
        .limit(MAX_MARKS)
        .forEach(timed ->
            svg.append(
                String.format(
                    Locale.ROOT,
                    "<line class=\"%s\" x1=\"%.1f\" x2=\"%.1f\" y1=\"%d\" y2=\"%d\"/>\n",
                    style(timed.event()),
                    x(timed.atNanos()),
                    x(timed.atNanos()),
                    TOP,
                    HEIGHT - BOTTOM)));
  }

  private static String style(DebugEvent event) {
    return switch (event) {
      case DebugEvent.HeartbeatArrived beat -> "beat";
      case DebugEvent.ParseFailed failed -> "err";
      case DebugEvent.ErrorArrived error -> "err";
      default -> "";
    };
  }

  /** {@return bytes so far over time; empty without a chunk} */
  String cumulative() {
    var points = report.curve();
    if (points.isEmpty() || !report.facts().pace().known()) {
      return "";
    }
    double total = Math.max(1, report.facts().pace().bodyBytes());
    var svg = begin("Bytes so far over time");
    long step = round(total / 4);
    for (long bytes = 0; bytes <= total; bytes += step) {
      gridLine(svg, TOP + height() * (1 - bytes / total), Words.bytes(bytes));
    }
    timeAxis(svg);
    svg.append("<polyline class=\"curve\" points=\"");
    double lastY = TOP + height();
    svg.append(String.format(Locale.ROOT, "%.1f,%.1f ", x(points.getFirst().atNanos()), lastY));
    for (var point : points) {
      // Steps, for between two chunks nothing comes.
      double y = TOP + height() * (1 - point.totalBytes() / total);
      svg.append(
          String.format(
              Locale.ROOT,
              "%.1f,%.1f %.1f,%.1f ",
              x(point.atNanos()),
              lastY,
              x(point.atNanos()),
              y));
      lastY = y;
    }
    svg.append(String.format(Locale.ROOT, "%.1f,%.1f", x(end), lastY));
    return svg.append("\"/>\n</svg>\n").toString();
  }

  /** {@return a histogram of the gaps; empty without any} */
  String gaps() {
    var gaps = report.facts().pace().gaps();
    if (gaps.count() == 0 || !report.facts().pace().known()) {
      return "";
    }
    // From 100 us: shorter gaps are one bar.
    int from = Spread.STEPS.indexOf(100_000L);
    int to = Math.max(from + 3, lastUsed(gaps.steps()) + 1);
    int bars = to - from + 1;
    long first = gaps.steps().subList(0, from + 1).stream().mapToLong(Long::longValue).sum();
    long most = Math.max(1, first);
    for (int i = from + 1; i < to; i++) {
      most = Math.max(most, gaps.steps().get(i));
    }
    var svg = begin("How many gaps were how long");
    gridLine(svg, TOP, String.format(Locale.ROOT, "%,d", most));
    gridLine(svg, TOP + height(), "0");
    double step = (double) width() / bars;
    for (int i = from; i < to; i++) {
      long count = i == from ? first : gaps.steps().get(i);
      double tall = height() * (double) count / most;
      double left = LEFT + (i - from) * step;
      svg.append(
          String.format(
              Locale.ROOT,
              "<rect class=\"bar\" x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\"/>\n",
              left + 2,
              TOP + height() - tall,
              Math.max(1, step - 4),
              tall));
      // Side by side they have room for twelve.
      if (bars <= 12 || (to - 1 - i) % 2 == 0) {
        svg.append(
            String.format(
                Locale.ROOT,
                "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">&lt;%s</text>\n",
                left + step / 2,
                HEIGHT - 12,
                shortTime(Spread.STEPS.get(i))));
      }
    }
    return svg.append("</svg>\n").toString();
  }

  private static int lastUsed(List<Long> steps) {
    int last = 0;
    for (int i = 0; i < steps.size(); i++) {
      last = steps.get(i) > 0 ? i : last;
    }
    return last;
  }

  private static String shortTime(long nanos) {
    if (nanos < 1_000_000) {
      return nanos / 1_000 + " \u00b5s";
    }
    return nanos < 1_000_000_000L ? nanos / 1_000_000 + " ms" : nanos / 1_000_000_000L + " s";
  }

  private static StringBuilder begin(String label) {
    return new StringBuilder(
        String.format(
            Locale.ROOT,
            "<svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"%s\">\n",
            WIDTH,
            HEIGHT,
            label));
  }

  private void timeAxis(StringBuilder svg) {
    long step = round(end / 6.0);
    for (long at = 0; at <= end; at += step) {
      svg.append(
          String.format(
              Locale.ROOT,
              "<text x=\"%.1f\" y=\"%d\" text-anchor=\"middle\">%s</text>\n",
              Math.min(x(at), WIDTH - 34),
              HEIGHT - 12,
              at == 0 ? "0" : Words.time(at)));
    }
  }

  /** {@return the next of 1, 2, 5, 10, 20, ... from here up} */
  private static long round(double atLeast) {
    double power = Math.pow(10, Math.floor(Math.log10(Math.max(1, atLeast))));
    double times = atLeast / power;
    return (long) (power * (times <= 1 ? 1 : times <= 2 ? 2 : times <= 5 ? 5 : 10));
  }

  private static void gridLine(StringBuilder svg, double y, String label) {
    svg.append(
        String.format(
            Locale.ROOT,
            "<line class=\"grid\" x1=\"%d\" x2=\"%d\" y1=\"%.1f\" y2=\"%.1f\"/>\n",
            LEFT,
            WIDTH - RIGHT,
            y,
            y));
    svg.append(
        String.format(
            Locale.ROOT,
            "<text x=\"%d\" y=\"%.1f\" text-anchor=\"end\">%s</text>\n",
            LEFT - 8,
            y + 4,
            label));
  }

  private double x(long atNanos) {
    return LEFT + (double) width() * Math.clamp(atNanos, 0, end) / end;
  }

  private static int width() {
    return WIDTH - LEFT - RIGHT;
  }

  private static int height() {
    return HEIGHT - TOP - BOTTOM;
  }
}
