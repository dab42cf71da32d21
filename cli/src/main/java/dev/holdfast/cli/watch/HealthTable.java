package dev.holdfast.cli.watch;

import dev.holdfast.cli.terminal.Glyphs;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Style;
import dev.holdfast.cli.terminal.TextWrapper;
import dev.holdfast.core.json.Json;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * A monitor's news as a table of at most so many columns and rows. What is missing in the news is
 * shown as "n/a": they may come from another version, or from a stranger.
 */
final class HealthTable {
  private static final String NONE = "n/a";
  private static final int LABEL = 16;
  private static final int CELL = 21;
  private static final List<String> COUNTS =
      List.of("active", "total", "successful", "truncated", "failed", "cancelled");
  private static final Set<String> BAD = Set.of("truncated", "failed");
  private static final int ERRORS = 3;
  private static final int ID = 26;
  private static final int NUMBERS = 32;

  private final Style style;
  private final Glyphs glyphs;
  private final int columns;
  private final int rows;

  HealthTable(Style style, Glyphs glyphs, int columns, int rows) {
    this.style = style;
    this.glyphs = glyphs;
    this.columns = Math.min(columns, 100);
    this.rows = rows;
  }

  /** {@return the lines, none wider than the screen} */
  List<String> lines(Json.Obj news, String from) {
    Json.Obj report = member(news, "report");
    var lines = new ArrayList<String>();
    String about =
        from + " " + glyphs.dot() + " up " + time(report.get("uptime_ms")) + clock(report);
    lines.add(
        style.bold("holdfast watch") + "  " + style.dim(cut(about, columns - 16).stripTrailing()));
    lines.add(counts(report));
    lines.add("");
    List<Json.Obj> windows = objects(report, "windows");
    windows = windows.subList(0, Math.min(3, windows.size()));
    table(lines, windows);
    errors(lines, windows);
    streams(lines, objects(news, "live"));
    return lines;
  }

  private String counts(Json.Obj report) {
    int width = 0;
    var counts = new ArrayList<String>();
    for (String name : COUNTS) {
      long count = report.number(name, 0);
      String number = Phrases.number(count);
      boolean bad = BAD.contains(name) && count > 0;
      width += name.length() + 1 + number.length();
      counts.add(style.dim(name) + " " + (bad ? style.red(number) : style.bold(number)));
    }
    int gaps = counts.size() - 1;
    return String.join(" ".repeat(Math.clamp((columns - width) / gaps, 1, 3)), counts);
  }

  private void table(List<String> lines, List<Json.Obj> windows) {
    row(lines, "", windows, window -> minutes(window.number("minutes", 0)), style::dim);
    row(lines, "streams ended", windows, window -> number(window, "ended"));
    row(
        lines,
        "success rate",
        windows,
        window -> rate(window.get("success_rate")),
        cell -> cell.strip().startsWith("100") ? style.green(cell) : cell);
    row(lines, "retries each", windows, window -> decimal(window.get("retries_per_stream"), 2));
    row(
        lines,
        "recovered each",
        windows,
        window -> decimal(window.get("recoveries_per_stream"), 2));
    row(lines, "output tokens", windows, HealthTable::tokens);
    row(lines, "average bytes", windows, window -> decimal(window.get("average_bytes"), 0));
    row(lines, "p50 / p95 / p99", windows, window -> "", style::dim);
    row(lines, "  duration", windows, window -> percentiles(member(window, "duration")));
    row(lines, "  first token", windows, window -> percentiles(member(window, "first_token")));
    row(lines, "  gap", windows, window -> percentiles(member(window, "gaps")));
  }

  private void errors(List<String> lines, List<Json.Obj> windows) {
    if (windows.isEmpty()) {
      return;
    }
    Json.Obj window = windows.get(Math.min(1, windows.size() - 1));
    lines.add("");
    lines.add(style.dim("common errors, " + minutes(window.number("minutes", 0))));
    var causes = tallies(window, "errors_by_cause");
    var upstreams = tallies(window, "errors_by_upstream");
    if (causes.isEmpty()) {
      lines.add("  none");
    }
    for (int i = 0; i < Math.min(ERRORS, causes.size()); i++) {
      String left = fit("  " + causes.get(i), columns / 2);
      String right = i < upstreams.size() ? cut(upstreams.get(i), columns / 2 - 4) : "";
      lines.add((left + "  " + right).stripTrailing());
    }
  }

  private void streams(List<String> lines, List<Json.Obj> live) {
    int room = rows - lines.size() - 2;
    if (room < 1) {
      return;
    }
    lines.add("");
    String heading = live.size() > room ? "the oldest live streams" : "live streams";
    lines.add(
        style.dim(
            fit("  " + heading, ID)
                + fit("model", Math.max(10, columns - ID - NUMBERS))
                + "  tokens  tries  seams      age"));
    if (live.isEmpty()) {
      lines.add("  none");
    }
    for (Json.Obj stream : live.subList(0, Math.min(room, live.size()))) {
      String line =
          fit("  " + SafeText.line(stream.text("id")), ID)
              + fit(SafeText.line(stream.text("model")), Math.max(10, columns - ID - NUMBERS))
              + String.format(
                  Locale.ROOT,
                  "%8s  %5s  %5s %8s",
                  tokens(stream),
                  number(stream, "attempts"),
                  number(stream, "seams"),
                  time(stream.get("duration_ms")));
      lines.add(stream.number("errors", 0) > 0 ? style.yellow(line) : line);
    }
  }

  private void row(
      List<String> lines, String label, List<Json.Obj> windows, Function<Json.Obj, String> cell) {
    row(lines, label, windows, cell, text -> text);
  }

  private void row(
      List<String> lines,
      String label,
      List<Json.Obj> windows,
      Function<Json.Obj, String> cell,
      Function<String, String> paint) {
    var line = new StringBuilder(style.dim(fit(label, LABEL)));
    int width = Math.min(CELL, (columns - LABEL) / Math.max(1, windows.size()));
    for (Json.Obj window : windows) {
      String text = cut(cell.apply(window), width - 1);
      line.append(paint.apply(" ".repeat(width - TextWrapper.columns(text)) + text));
    }
    lines.add(line.toString().stripTrailing());
  }

  private static String percentiles(Json.Obj values) {
    return values.number("count", 0) == 0
        ? NONE
        : brief(values.get("p50_ms"))
            + " "
            + brief(values.get("p95_ms"))
            + " "
            + brief(values.get("p99_ms"));
  }

  /** {@return a time in at most six columns} */
  private static String brief(@Nullable Json json) {
    double millis = real(json);
    if (Double.isNaN(millis)) {
      return NONE;
    }
    if (millis < 999.5) {
      return String.format(Locale.ROOT, millis < 9.95 ? "%.1fms" : "%.0fms", millis);
    }
    double seconds = millis / 1000;
    if (seconds < 600) {
      return String.format(Locale.ROOT, seconds < 99.5 ? "%.1fs" : "%.0fs", seconds);
    }
    return String.format(Locale.ROOT, "%.0fm", seconds / 60);
  }

  private static String time(@Nullable Json json) {
    double millis = real(json);
    return Double.isNaN(millis) ? NONE : Phrases.time(Duration.ofMillis((long) millis));
  }

  private static String clock(Json.Obj report) {
    String at = SafeText.line(report.text("at"));
    return at.length() < 19 ? "" : " at " + at.substring(11, 19) + " UTC";
  }

  private static String minutes(long minutes) {
    return "last " + (minutes == 1 ? "minute" : minutes + " minutes");
  }

  private static String number(Json.Obj from, String name) {
    return Phrases.number(from.number(name, 0));
  }

  private static String tokens(Json.Obj from) {
    boolean estimated = from.get("tokens_estimated") instanceof Json.Bool(boolean truth) && truth;
    return (estimated ? "~" : "") + number(from, "output_tokens");
  }

  private static String rate(@Nullable Json json) {
    double rate = real(json);
    // Rounded down: no 100 % where something failed.
    return Double.isNaN(rate)
        ? NONE
        : String.format(Locale.ROOT, "%.1f %%", Math.floor(rate * 1000) / 10);
  }

  private static String decimal(@Nullable Json json, int places) {
    double number = real(json);
    return Double.isNaN(number) ? NONE : String.format(Locale.ROOT, "%,." + places + "f", number);
  }

  private static double real(@Nullable Json json) {
    try {
      return json instanceof Json.Num(String text) ? Double.parseDouble(text) : Double.NaN;
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private static Json.Obj member(Json.Obj from, String name) {
    Json.Obj found = from.object(name);
    return found == null ? Json.object(Map.of()) : found;
  }

  private static List<Json.Obj> objects(Json.Obj from, String name) {
    Json.Arr found = from.array(name);
    return found == null
        ? List.of()
        : found.items().stream()
            .filter(Json.Obj.class::isInstance)
            .map(Json.Obj.class::cast)
            .toList();
  }

  private static List<String> tallies(Json.Obj window, String name) {
    return objects(window, name).stream()
        .map(tally ->
            String.format(Locale.ROOT, "%7s  ", number(tally, "count"))
                + SafeText.line(tally.text("name")))
        .toList();
  }

  /** {@return the text in exactly so many columns} */
  private static String fit(String text, int width) {
    String kept = cut(text, width - 1);
    return kept + " ".repeat(width - TextWrapper.columns(kept));
  }

  /** {@return the text in at most so many columns} */
  private static String cut(String text, int width) {
    if (TextWrapper.columns(text) <= width) {
      return text;
    }
    var kept = new StringBuilder();
    int used = 0;
    for (int point : text.codePoints().toArray()) {
      int more = TextWrapper.columns(Character.toString(point));
      if (used + more > width) {
        break;
      }
      kept.appendCodePoint(point);
      used += more;
    }
    return kept.toString();
  }
}
