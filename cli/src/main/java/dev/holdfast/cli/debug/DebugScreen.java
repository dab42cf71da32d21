package dev.holdfast.cli.debug;

import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Style;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.TextWrapper;
import dev.holdfast.observe.debug.clients.ClientBreak;
import dev.holdfast.observe.debug.report.DebugReport;
import dev.holdfast.observe.debug.report.ReportRows;
import dev.holdfast.observe.debug.rules.Finding;
import dev.holdfast.observe.debug.wire.DebugEvent;
import java.util.List;
import java.util.Locale;

/** Events as they come and the report at the end, for people. */
final class DebugScreen {
  /** Chunks and frames that are shown one by one; what follows is counted. */
  private static final int SHOWN = 400;

  private static final int NAME_WIDTH = 12;

  private final Terminal terminal;
  private final boolean quiet;
  private final Style style;
  private final int width;
  private long pieces;

  DebugScreen(Terminal terminal, boolean quiet) {
    this.terminal = terminal;
    this.quiet = quiet;
    this.style = terminal.style();
    // A pipe gets whole lines; a terminal gets lines that fit.
    this.width = terminal.screen().out() ? Math.max(40, terminal.screen().columns()) : 200;
  }

  void show(DebugEvent.Timed timed) {
    if (quiet || isSurplus(timed.event())) {
      return;
    }
    var row = ReportRows.event(timed.event());
    String time = String.format(Locale.ROOT, "%8.3f s", timed.atNanos() / 1e9);
    String name = padded(cut(row.name(), NAME_WIDTH), NAME_WIDTH);
    String words = cut(row.words(), width - time.length() - NAME_WIDTH - 4);
    terminal.line(style.dim(time) + "  " + coloured(timed.event(), name) + "  " + words);
  }

  private boolean isSurplus(DebugEvent event) {
    boolean piece =
        event instanceof DebugEvent.ChunkArrived
            || event instanceof DebugEvent.FrameArrived
            || event instanceof DebugEvent.HeartbeatArrived;
    if (!piece) {
      return false;
    }
    pieces++;
    if (pieces == SHOWN + 1) {
      terminal.line(style.dim("            ... more chunks and frames, not shown ..."));
    }
    return pieces > SHOWN;
  }

  private String coloured(DebugEvent event, String name) {
    return switch (event) {
      case DebugEvent.ParseFailed failed -> style.red(name);
      case DebugEvent.ErrorArrived error -> style.red(name);
      case DebugEvent.Completed completed -> style.green(name);
      case DebugEvent.FrameArrived frame -> frame.content() ? style.cyan(name) : name;
      case DebugEvent.HeartbeatArrived beat -> style.yellow(name);
      default -> style.bold(name);
    };
  }

  /** One line, fit for a terminal, cut to so many columns. */
  private static String cut(String text, int columns) {
    String line = SafeText.line(text);
    if (TextWrapper.columns(line) <= columns) {
      return line;
    }
    var out = new StringBuilder();
    int used = 0;
    for (int i = 0; i < line.length(); i = line.offsetByCodePoints(i, 1)) {
      String one = Character.toString(line.codePointAt(i));
      used += TextWrapper.columns(one);
      if (used > columns - 3) {
        break;
      }
      out.append(one);
    }
    return out + "...";
  }

  private static String padded(String text, int columns) {
    return text + " ".repeat(Math.max(0, columns - TextWrapper.columns(text)));
  }

  /**
   * Shows a report.
   *
   * @param origin what made it and when
   */
  void show(DebugReport report, String origin) {
    var verdict = report.verdict();
    boolean whole = verdict != null && verdict.isComplete();
    var glyphs = terminal.glyphs();
    String verdictName = verdict == null ? "not ended" : verdict.name();
    var cause = report.cause();
    String headline =
        (whole ? glyphs.yes() : glyphs.no())
            + " "
            + verdictName
            + (cause == null ? "" : " " + glyphs.dot() + " " + cause.id());
    terminal.line("");
    terminal.line(style.bold(whole ? style.green(headline) : style.red(headline)));
    finding(report.diagnosis().main());
    for (Finding note : report.diagnosis().notes()) {
      terminal.line("");
      terminal.line(style.bold("Also worth knowing"));
      finding(note);
    }
    clients(report);
    terminal.line("");
    for (ReportRows.Row row : ReportRows.of(report)) {
      wrapped(padded(row.name(), NAME_WIDTH), SafeText.line(row.words()));
    }
    spreads(report);
    terminal.line("");
    terminal.line(style.dim(origin));
    if (cause != null) {
      terminal.line(style.dim("More about this cause: holdfast explain " + cause.id()));
    }
  }

  private void clients(DebugReport report) {
    var breaks = report.facts().clients();
    if (breaks.isEmpty()) {
      return;
    }
    terminal.line("");
    terminal.line(style.bold("Clients"));
    for (ClientBreak found : breaks) {
      wrapped("", SafeText.line(ReportRows.heading(found)));
      for (ReportRows.Row row : ReportRows.clients(found)) {
        wrapped("  ", SafeText.line(row.name() + ": " + row.words()));
      }
    }
  }

  private void finding(Finding finding) {
    wrapped("", SafeText.line(finding.summary()));
    terminal.line(style.dim("[" + finding.attribution() + "]"));
    lines("seen", finding.evidence());
    lines("change", finding.advice());
  }

  private void lines(String name, List<String> lines) {
    for (String line : lines) {
      wrapped(padded(name, NAME_WIDTH), SafeText.line(line));
    }
  }

  private void wrapped(String name, String words) {
    String indent = " ".repeat(TextWrapper.columns(name));
    boolean first = true;
    for (String line : TextWrapper.wrap(words, Math.min(width, 100) - indent.length())) {
      terminal.line((first ? style.dim(name) : indent) + line);
      first = false;
    }
  }

  private void spreads(DebugReport report) {
    var pace = report.facts().pace();
    if (pace.chunks().count() == 0) {
      return;
    }
    terminal.line("");
    String layout = "%-12s%7s%9s%9s%9s%9s%9s%9s";
    terminal.line(
        style.dim(
            String.format(
                Locale.ROOT, layout, "", "count", "min", "average", "p50", "p90", "p99", "max")));
    for (ReportRows.SpreadRow row : ReportRows.spreads(pace)) {
      var cells = row.cells();
      terminal.line(
          String.format(
              Locale.ROOT,
              layout,
              row.name(),
              cells.get(0),
              cells.get(1),
              cells.get(2),
              cells.get(3),
              cells.get(4),
              cells.get(5),
              cells.get(6)));
    }
  }
}
