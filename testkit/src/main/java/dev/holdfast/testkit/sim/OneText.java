package dev.holdfast.testkit.sim;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.Continuation;
import java.util.ArrayList;
import java.util.List;

/**
 * PREFIX, NO-DUP, NO-GAP: what a consumer has is a prefix of the one true answer, whatever the
 * model tried, and all of it in the end. Only a model that answers the same request in other words
 * may have another answer delivered: a whole one.
 */
final class OneText extends Invariant {
  /** Visible characters that have to be repeated before two texts are joined. */
  private static final int EVIDENCE = 12;

  private final String truth;
  private final String thoughts;
  private final List<String> answers = new ArrayList<>();
  private int checked;

  OneText(Seen seen, List<String> violations) {
    super(seen, violations);
    truth = seen.situation.answer().text();
    thoughts = seen.situation.answer().reasoning();
    answers.add(truth);
  }

  @Override
  void acted(Action action, long now) {
    switch (action) {
      case Action.OpenAttempt open -> opened();
      case Action.Deliver(StreamEvent.TextDelta(int choice, var more)) -> text(more);
      case Action.Deliver(StreamEvent.SeamMarked(var seam)) -> joined(seam);
      case Action.Deliver(StreamEvent.ReasoningDelta delta) -> {
        if (!thoughts.startsWith(seen.reasoning.toString())) {
          violate("PREFIX", "reasoning '" + seen.reasoning + "'");
        }
      }
      default -> {
        // Carries no text.
      }
    }
  }

  private void opened() {
    var made = seen.tries.getLast();
    if (seen.upstreamOf(made).continuation() instanceof Continuation.Drift && made.number > 1) {
      String whole = Said.text(made.reply);
      if (whole.startsWith(seen.text.toString())) {
        answers.add(whole);
      }
    }
  }

  /**
   * A model that ignores the anchor but happens to repeat the end of the text, since its answer
   * does, sends what an obedient model with another answer would send: nobody can tell. And where
   * another answer was begun, what the next model makes of it is the answer.
   */
  private void joined(Seam seam) {
    var made = seen.tries.getLast();
    boolean disobeys = seen.upstreamOf(made).continuation() instanceof Continuation.NoAnchor;
    boolean another = !truth.startsWith(seen.text.toString());
    if (!disobeys && !another) {
      return;
    }
    String said = Said.text(made.reply);
    String repeated = said.substring(0, Math.min(seam.overlap(), said.length()));
    boolean proves = repeated.chars().filter(c -> !Character.isWhitespace(c)).count() >= EVIDENCE;
    if (proves && seen.text.toString().endsWith(repeated)) {
      answers.add(seen.text + said.substring(repeated.length()));
    }
  }

  private void text(String more) {
    int at = checked;
    checked += more.length();
    if (more.isEmpty()) {
      violate("PREFIX", "an empty piece of text");
    }
    answers.removeIf(answer -> !answer.startsWith(more, at));
    if (answers.isEmpty()) {
      violate(nameOf(more, at), "'" + tail() + "' is no prefix of '" + truth + "'");
    }
  }

  /** Which of the three it is, for the reader of the report. */
  private String nameOf(String more, int at) {
    String probe = more.substring(0, Math.min(more.length(), 6));
    if (at <= truth.length() && truth.lastIndexOf(probe, Math.max(0, at - 1)) >= 0 && at > 0) {
      return "NO-DUP";
    }
    return truth.indexOf(probe, at) >= 0 ? "NO-GAP" : "PREFIX";
  }

  private String tail() {
    return seen.text.substring(Math.max(0, seen.text.length() - 80));
  }

  @Override
  void finished(Ending ending, long now) {
    if (!(ending.verdict() instanceof Verdict.Complete)) {
      return;
    }
    if (answers.stream().noneMatch(answer -> answer.length() == checked)) {
      violate("NO-GAP", "COMPLETE with '" + tail() + "' of '" + truth + "'");
    }
    boolean unbroken = ending.attempts().stream().filter(made -> made.events() > 0).count() == 1;
    if (unbroken && !thoughts.contentEquals(seen.reasoning) && answers.contains(truth)) {
      violate("NO-GAP", "COMPLETE with reasoning '" + seen.reasoning + "' of '" + thoughts + "'");
    }
  }
}
