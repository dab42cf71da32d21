package dev.holdfast.cli;

import dev.holdfast.client.Outcome;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** The demo for people: the text as it comes, every break named where it happens, a summary. */
final class DemoScreen implements DemoView {
  private static final int MARGIN = 2;
  private static final int MAX_WIDTH = 76;

  private final Terminal terminal;
  private final Style style;
  private final Glyphs glyphs;
  private final int width;
  private final Page page;

  DemoScreen(Terminal terminal) {
    this.terminal = terminal;
    style = terminal.style();
    glyphs = terminal.glyphs();
    width = Math.min(MAX_WIDTH, terminal.screen().columns() - 2 * MARGIN);
    page = new Page(terminal::print, MARGIN, width);
  }

  @Override
  public void open(DemoPlan plan) {
    String facts = "seed %d, %s at %s".formatted(plan.seed(), plan.protocol().id(), plan.url());
    line(style.bold("holdfast demo") + "  " + style.dim(facts));
    line(style.dim("a server on this machine breaks its own answer; watch it arrive whole"));
    terminal.print("\n");
  }

  @Override
  public void show(StreamEvent event) {
    switch (event) {
      case StreamEvent.TextDelta(int choice, String text) -> page.text(SafeText.lines(text));
      case StreamEvent.FrameRejected(Failure failure) -> aside(glyphs.cut(), failed(failure));
      case StreamEvent.AttemptFailed(int attempt, Failure failure) ->
          aside(glyphs.cut(), "attempt " + attempt + " " + failed(failure));
      case StreamEvent.Retrying(int retry, int max, Duration delay, var rung) ->
          aside(
              glyphs.retry(),
              "goes on "
                  + Phrases.rung(rung)
                  + (delay.isZero() ? ", at once" : ", in " + Phrases.time(delay)));
      case StreamEvent.SeamMarked(Seam seam) -> {
        aside(glyphs.seam(), Phrases.seam(seam));
        page.mark(style.cyan(glyphs.seam()));
      }
      default -> {}
    }
  }

  @Override
  public void close(DemoResult result) {
    page.close();
    terminal.print("\n");
    Outcome outcome = result.outcome();
    line(verdict(result));
    terminal.print("\n");
    line(style.dim("attempt  what the server did      what holdfast named         bytes  status"));
    List<AttemptReport> attempts = outcome.attempts();
    for (int i = 0; i < attempts.size(); i++) {
      line(row(attempts.get(i), i < result.injected().size() ? result.injected().get(i) : "?"));
    }
    terminal.print("\n");
    fact("exactness", exactness(outcome));
    fact("bytes", Phrases.number(outcome.bytes()) + " received over all attempts");
    fact("time", OutcomeLines.times(outcome, result.meter()));
    fact("gaps", "median " + Phrases.time(result.meter().median()) + " between two pieces");
  }

  private String verdict(DemoResult result) {
    Outcome outcome = result.outcome();
    String characters = Phrases.number(result.text().length());
    if (result.isWhole()) {
      return style.green(glyphs.yes() + " COMPLETE")
          + "  all " + characters + " characters are those of the uninterrupted answer";
    }
    String name = outcome.verdict().name();
    String why = outcome.failure().map(Phrases::failure).orElse("");
    if (!outcome.isComplete()) {
      return style.red(glyphs.no() + " " + name) + "  " + SafeText.line(why);
    }
    return style.red(glyphs.no() + " " + name)
        + "  but the text differs from character "
        + Phrases.number(result.firstDifference());
  }

  private String row(AttemptReport attempt, String injected) {
    Failure failure = attempt.failure();
    String named = failure == null ? "whole" : failure.cause().id();
    return String.format(
        Locale.ROOT,
        "%7d  %-24s %s %,10d  %6d",
        attempt.number(),
        injected,
        failure == null
            ? style.green("%-22s".formatted(named))
            : style.yellow("%-22s".formatted(named)),
        attempt.bytes(),
        attempt.httpStatus());
  }

  private static String exactness(Outcome outcome) {
    String seams =
        outcome.seams().isEmpty()
            ? "no seam"
            : "joined at "
                + String.join(
                    ", ",
                    outcome.seams().stream().map(seam -> Phrases.number(seam.offset())).toList());
    return EventLines.id(outcome.exactness()) + ", " + seams;
  }

  private static String failed(Failure failure) {
    return Phrases.failure(failure);
  }

  private void fact(String name, String fact) {
    line(style.dim("%-10s".formatted(name)) + fact);
  }

  private void line(String text) {
    terminal.line(" ".repeat(MARGIN) + text);
  }

  /** A side line: a sign in the margin, then what happened, wrapped by words. */
  private void aside(String sign, String fact) {
    var lines = Page.wrap(SafeText.line(fact), width);
    for (int i = 0; i < lines.size(); i++) {
      String painted = sign.equals(glyphs.cut()) ? style.red(lines.get(i)) : style.dim(lines.get(i));
      String margin = i == 0 ? style.red(sign) + " " : "  ";
      page.aside(margin + painted);
    }
  }
}
