package dev.holdfast.cli.demo;

import dev.holdfast.cli.terminal.Glyphs;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Style;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.TextWrapper;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.fault.Protocol;
import java.time.Duration;
import java.util.List;
import java.util.function.UnaryOperator;

/** The demo for people: the text as it comes, every break named where it happens. */
final class DemoScreen implements DemoView {
  /** Blank columns left of the text; side lines put their sign there. */
  static final int MARGIN = 2;

  private static final int MAX_WIDTH = 76;

  private final Terminal terminal;
  private final Style style;
  private final Glyphs glyphs;
  private final int width;
  private final TextWrapper page;
  private int next = 1;

  DemoScreen(Terminal terminal) {
    this.terminal = terminal;
    style = terminal.style();
    glyphs = terminal.glyphs();
    width = Math.min(MAX_WIDTH, terminal.screen().columns() - 2 * MARGIN);
    page = new TextWrapper(terminal::print, MARGIN, width);
  }

  @Override
  public void open(long seed, Protocol protocol, String url) {
    open(
        "seed %d %s %s %s %s".formatted(seed, glyphs.dot(), protocol.id(), glyphs.dot(), url),
        "A server on this machine breaks its own answer on purpose.");
  }

  /** Writes the head: facts on the first line, then what happens. */
  void open(String facts, String what) {
    String margin = " ".repeat(MARGIN);
    terminal.line(margin + style.bold("holdfast demo") + "  " + style.dim(facts));
    terminal.line(margin + style.dim(what));
    terminal.print("\n");
  }

  @Override
  public void show(StreamEvent event) {
    switch (event) {
      case StreamEvent.TextDelta(int choice, String text) -> page.text(SafeText.lines(text));
      case StreamEvent.FrameRejected(Failure failure) ->
          broke(Phrases.failure(failure, terminal.redactor()));
      case StreamEvent.AttemptFailed(int attempt, Failure failure) -> {
        broke(Phrases.failure(failure, terminal.redactor()));
        next = attempt + 1;
      }
      case StreamEvent.Retrying(int retry, int max, Duration delay, Rung rung) ->
          mended(
              glyphs.retry(),
              "attempt "
                  + next
                  + " continues "
                  + Phrases.rung(rung)
                  + (delay.isZero() ? ", at once" : ", in " + Phrases.time(delay)));
      case StreamEvent.SeamMarked(Seam seam) -> {
        mended(glyphs.seam(), Phrases.seam(seam));
        page.mark(style.cyan(glyphs.seam()));
      }
      default -> {}
    }
  }

  @Override
  public void close(DemoResult result) {
    close(new DemoSummary(result, style, glyphs).lines());
  }

  /** Ends the text, and writes these lines below it. */
  void close(List<String> lines) {
    page.close();
    terminal.print("\n");
    lines.forEach(line -> terminal.line((" ".repeat(MARGIN) + line).stripTrailing()));
  }

  private void broke(String what) {
    aside(style.red(glyphs.cut()), what, style::red);
  }

  private void mended(String sign, String how) {
    aside(style.cyan(sign), how, style::dim);
  }

  /** A side line: a sign in the margin, then what happened. */
  private void aside(String sign, String fact, UnaryOperator<String> paint) {
    String margin = sign + " ";
    for (String line : TextWrapper.wrap(SafeText.line(fact), width)) {
      page.aside(margin + paint.apply(line));
      margin = glyphs.dot() + " "; // Plain, a blank margin would look like the answer's text.
    }
  }
}
