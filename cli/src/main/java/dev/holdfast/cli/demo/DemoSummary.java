package dev.holdfast.cli.demo;

import dev.holdfast.cli.stream.EventLines;
import dev.holdfast.cli.stream.OutcomeLines;
import dev.holdfast.cli.terminal.Glyphs;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Style;
import dev.holdfast.client.Outcome;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** The last lines of the demo: what it was, and whether it is what it should be. */
final class DemoSummary {
  private static final String ROW = "%7s  %-23s  %s %s %8s %9s";

  private final DemoResult result;
  private final Outcome outcome;
  private final Style style;
  private final Glyphs glyphs;

  DemoSummary(DemoResult result, Style style, Glyphs glyphs) {
    this.result = result;
    this.style = style;
    this.glyphs = glyphs;
    outcome = result.outcome();
  }

  /** {@return the lines, each at most 76 columns wide unless a failure is long} */
  List<String> lines() {
    var lines = new ArrayList<String>();
    lines.add(verdict());
    lines.add("");
    lines.add(
        style.dim(
            ROW.formatted(
                "attempt", "the server did", column("holdfast named"), " ", "bytes", "time")));
    outcome.attempts().forEach(attempt -> lines.add(row(attempt)));
    lines.add("");
    lines.add(fact("exactness", EventLines.id(outcome.exactness()) + ", " + seams()));
    lines.add(fact("bytes", Phrases.number(outcome.bytes()) + " over all attempts"));
    lines.add(fact("waste", waste()));
    lines.add(fact("times", OutcomeLines.times(outcome)));
    lines.add(fact("gaps", OutcomeLines.gaps(result.meter())));
    return lines;
  }

  private String verdict() {
    if (result.isWhole()) {
      return style.green(style.bold(glyphs.yes() + " COMPLETE"))
          + "  all %s characters are those of the uninterrupted answer"
              .formatted(Phrases.number(result.text().length()));
    }
    String name = style.red(style.bold(glyphs.no() + " " + outcome.verdict().name()));
    String why =
        outcome.isComplete()
            ? "but the text differs from the uninterrupted answer at character "
                + Phrases.number(result.firstDifference())
            : outcome
                .failure()
                .map(failure -> Phrases.failure(failure, Redactor.SHAPES))
                .orElse("");
    return name + "  " + SafeText.line(why);
  }

  private String row(AttemptReport attempt) {
    Failure failure = attempt.failure().orElse(null);
    Cause named = failure == null ? null : failure.cause();
    var request = result.received(attempt.number());
    boolean right = request.isPresent() && request.get().cause() == named;
    String breaks = request.map(DemoResult::breaks).orElse("unknown");
    String name = column(named == null ? "whole" : named.id());
    return ROW.formatted(
        attempt.number(),
        breaks.isEmpty() ? "no fault" : breaks,
        named == null ? style.green(name) : style.red(name),
        right ? style.green(glyphs.yes()) : style.red(glyphs.no()),
        Phrases.number(attempt.bytes()),
        Phrases.number((attempt.endNanos() - attempt.startNanos()) / 1_000_000) + " ms");
  }

  /** Padded before it is painted, since colours have no width. */
  private static String column(String name) {
    return "%-16s".formatted(name);
  }

  private String waste() {
    var waste = outcome.waste();
    return "%s characters were repeated or thrown away, about %s tokens"
        .formatted(Phrases.number(waste.characters()), Phrases.number(waste.tokens()));
  }

  private String seams() {
    return outcome.seams().isEmpty()
        ? "no seam"
        : outcome.seams().stream()
            .map(seam -> Phrases.number(seam.offset()))
            .collect(Collectors.joining(", ", "joined at characters ", ""));
  }

  private String fact(String name, String fact) {
    return style.dim("%-11s".formatted(name)) + fact;
  }
}
