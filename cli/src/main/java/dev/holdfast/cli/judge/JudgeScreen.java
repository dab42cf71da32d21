package dev.holdfast.cli.judge;

import dev.holdfast.cli.terminal.Glyphs;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Style;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.TextWrapper;
import dev.holdfast.testkit.judge.JudgeFinding;
import dev.holdfast.testkit.judge.Judgement;
import dev.holdfast.testkit.judge.Ruling;
import dev.holdfast.testkit.judge.TrialCase;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Shows how clients are judged, case by case. */
final class JudgeScreen {
  private static final int ID = 26;

  private final Terminal terminal;
  private final boolean json;
  private final Style style;
  private final Glyphs glyphs;

  JudgeScreen(Terminal terminal, boolean json) {
    this.terminal = terminal;
    this.json = json;
    style = terminal.style();
    glyphs = terminal.glyphs();
  }

  void list(List<TrialCase> cases) {
    for (TrialCase one : cases) {
      terminal.line(
          json
              ? JsonLine.of("case")
                  .with("id", one.id())
                  .with("title", one.title())
                  .with("demand", one.demand().name().toLowerCase(Locale.ROOT))
              : padded(one.id()) + one.title());
    }
  }

  void open(JudgeEntry entry, int cases) {
    if (!json) {
      terminal.line(
          "%s  %s\n"
              .formatted(
                  style.bold("holdfast judge"),
                  style.dim(
                      "%s %s %s %s %s"
                          .formatted(
                              SafeText.line(entry.name()),
                              glyphs.dot(),
                              entry.protocol(),
                              glyphs.dot(),
                              Phrases.count(cases, "case")))));
    }
  }

  void show(JudgeEntry entry, Ruling ruling) {
    terminal.line(json ? line(entry, ruling) : row(ruling));
  }

  /** Reports that a client's rulings were read, not made. */
  void known(Judgement judgement, Path file) {
    if (!json) {
      terminal.line(
          "%s  %s"
              .formatted(
                  style.bold("holdfast judge"),
                  style.dim(
                      "%s %s %s %s judged before: %s"
                          .formatted(
                              SafeText.line(judgement.client()),
                              glyphs.dot(),
                              judgement.protocol(),
                              glyphs.dot(),
                              SafeText.line(file.toString())))));
    }
    close(judgement);
  }

  void close(Judgement judgement) {
    terminal.line(json ? line(judgement) : summary(judgement));
  }

  private String row(Ruling ruling) {
    String id = padded(ruling.trial().id());
    if (ruling.passed()) {
      String how = ruling.recovered() ? "recovered" : end(ruling);
      return "  " + style.green(glyphs.yes()) + " " + id + style.dim(how);
    }
    String margin = "\n    " + " ".repeat(ID);
    int width = Math.max(30, terminal.screen().columns() - ID - 6);
    String findings = String.join(margin, TextWrapper.wrap(titles(ruling), width));
    String story =
        String.join(
            margin,
            TextWrapper.wrap(SafeText.line(ruling.story()), width).stream()
                .map(style::dim)
                .toList());
    return "  " + style.red(glyphs.no()) + " " + id + style.red(findings) + margin + story;
  }

  private static String end(Ruling ruling) {
    return switch (ruling.run().end()) {
      case CLAIMED -> "whole";
      case FAILED -> "failed";
      case CANCELLED -> "cancelled";
      case HUNG -> "hung";
    };
  }

  private static String titles(Ruling ruling) {
    return findings(ruling).map(JudgeFinding::title).collect(Collectors.joining(", "));
  }

  private static java.util.stream.Stream<JudgeFinding> findings(Ruling ruling) {
    return Arrays.stream(JudgeFinding.values()).filter(ruling.findings()::contains);
  }

  private String summary(Judgement judgement) {
    int all = judgement.rulings().size();
    boolean sound = judgement.passed() == all;
    String score = "%d of %s passed".formatted(judgement.passed(), Phrases.count(all, "case"));
    String more =
        "untrue in %d %s recovered in %d"
            .formatted(judgement.lies(), glyphs.dot(), judgement.recovered());
    var out = new StringBuilder("\n  ");
    out.append(sound ? style.green(score) : style.red(score))
        .append(' ')
        .append(glyphs.dot())
        .append(' ')
        .append(more)
        .append('\n');
    for (JudgeFinding finding : JudgeFinding.values()) {
      long count = judgement.count(finding);
      if (count > 0) {
        out.append(String.format(Locale.ROOT, "  %4d  %s%n", count, finding.title()));
      }
    }
    return out.toString();
  }

  private static JsonLine line(JudgeEntry entry, Ruling ruling) {
    var run = ruling.run();
    return JsonLine.of("ruling")
        .with("client", entry.name())
        .with("protocol", entry.protocol().id())
        .with("case", ruling.trial().id())
        .with("passed", ruling.passed())
        .with("findings", findings(ruling).map(JudgeFinding::id).toList())
        .with("end", run.end().name().toLowerCase(Locale.ROOT))
        .with("recovered", ruling.recovered())
        .with("requests", run.requests())
        .with("characters", run.text().length())
        .with("expected", ruling.trial().answer().text().length())
        .with("complaint", run.complaint())
        .with("peak_bytes", run.peakBytes())
        .with("millis", run.elapsedNanos() / 1_000_000);
  }

  private static JsonLine line(Judgement judgement) {
    var counts = new JsonLine();
    for (JudgeFinding finding : JudgeFinding.values()) {
      counts.with(finding.id(), judgement.count(finding));
    }
    return JsonLine.of("judgement")
        .with("client", judgement.client())
        .with("protocol", judgement.protocol().id())
        .with("cases", judgement.rulings().size())
        .with("passed", judgement.passed())
        .with("untrue", judgement.lies())
        .with("recovered", judgement.recovered())
        .with("findings", counts);
  }

  private static String padded(String id) {
    return String.format("%-" + ID + "s", id);
  }
}
