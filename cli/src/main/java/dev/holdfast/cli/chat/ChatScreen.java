package dev.holdfast.cli.chat;

import dev.holdfast.cli.stream.Meter;
import dev.holdfast.cli.stream.OutcomeLines;
import dev.holdfast.cli.terminal.Phrases;
import dev.holdfast.cli.terminal.SafeText;
import dev.holdfast.cli.terminal.Style;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.client.Outcome;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.stream.StreamEvent;

/** Shows an answer: its text and nothing else on stdout, everything about it on stderr. */
final class ChatScreen {
  private final Terminal terminal;
  private final Redactor redactor;
  private final Style style;
  private final StringBuilder refusal = new StringBuilder();
  private boolean spoken;
  private boolean lineOpen;

  /** A screen that shows nothing which the redactor removes, except in the answer. */
  ChatScreen(Terminal terminal, Redactor redactor) {
    this.terminal = terminal;
    this.redactor = redactor;
    style = terminal.errStyle();
  }

  void show(StreamEvent event) {
    switch (event) {
      case StreamEvent.TextDelta(int choice, String text) -> text(text);
      case StreamEvent.RefusalDelta(int choice, String text) -> refusal.append(text);
      case StreamEvent.AttemptFailed(int attempt, var failure) ->
          aside(Phrases.failure(failure, redactor));
      case StreamEvent.Retrying retrying ->
          aside("trying again in " + Phrases.time(retrying.delay()));
      default -> {}
    }
  }

  /** Ends the line and reports the result of the answer. */
  void close(Outcome outcome, Meter meter) {
    if (terminal.screen().out() && lineOpen) {
      terminal.print("\n");
    }
    if (!refusal.isEmpty()) {
      terminal.note(style.yellow("refused: " + SafeText.line(refusal.toString())));
    }
    String verdict = outcome.verdict().name();
    String facts = OutcomeLines.sentence(outcome, meter, terminal.glyphs(), redactor);
    terminal.note(
        (outcome.isComplete() ? style.green(verdict) : style.red(verdict))
            + " "
            + style.dim(SafeText.line(facts)));
  }

  private void text(String text) {
    terminal.print(terminal.screen().out() ? SafeText.lines(text) : text);
    lineOpen = !text.endsWith("\n");
    spoken = true;
  }

  /** Before the first word there is nothing that a note on the same screen could tear apart. */
  private void aside(String fact) {
    if (!spoken) {
      terminal.note(style.dim(SafeText.line(fact)));
    }
  }
}
