package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.ScriptedModel;
import dev.holdfast.testkit.sim.upstream.ContinuationRequest;
import dev.holdfast.testkit.sim.upstream.ReplyText;
import dev.holdfast.testkit.sim.upstream.SimulatedAttempt;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * PREFIX, NO-DUP, NO-GAP: what a consumer has is a prefix of the one true answer, under any
 * behaviour of the model, and all of it in the end. Only a model that answers the same request in
 * other words may have another answer delivered: a whole one.
 */
public final class DeliversOneText extends Invariant {
  /** Visible characters that have to be repeated before two texts are joined. */
  private static final int EVIDENCE = 12;

  private static final Set<Shape> EMPTY = EnumSet.of(Shape.EMPTY_ANSWER);

  private final String truth;
  private final String thoughts;
  private final boolean skips;
  private final List<String> answers = new ArrayList<>();

  /** What may be shown but never called complete. */
  private final Set<String> lies = new HashSet<>();

  /** What the model writes in the choices after the first. */
  private final Map<Integer, String> others = new HashMap<>();

  private int checked;

  public DeliversOneText(SimulationState seen, List<String> violations) {
    super(seen, violations);
    truth = seen.situation.answer().text();
    thoughts = seen.situation.answer().reasoning();
    answers.add(truth);
    skips = seen.situation.policy().recovery().malformed() == RecoveryPolicy.Malformed.SKIP;
  }

  @Override
  public void acted(Action action, long now) {
    switch (action) {
      case Action.OpenAttempt open -> opened();
      case Action.Deliver(StreamEvent.TextDelta(int choice, var more)) -> {
        if (choice == 0) {
          text(more);
        } else {
          otherChoice(choice);
        }
      }
      case Action.Deliver(StreamEvent.SeamMarked(var seam)) -> joined(seam);
      case Action.Deliver(StreamEvent.ReasoningDelta delta) -> {
        if (!thoughts.startsWith(seen.reasoning.toString()) && !isLossy()) {
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
    if (isLossy(made)) {
      answers.add(ReplyText.text(made.readable()));
    }
    if (made.lies(Shape.RESUMED_IN_ANOTHER_ANSWER)) {
      // Another answer under the right numbers shows only where its end repeats it.
      String other = seen.text + ReplyText.text(made.reply);
      if (seen.text.isEmpty()) {
        answers.add(other); // All of it, and nothing that contradicts it.
      } else {
        mayBeShown(other);
      }
    }
    if (made.lies(Shape.RESUMED_ONE_TOO_LOW)) {
      oneTooLow(made);
    }
    if (made.isShaped(EMPTY)) {
      answers.add(seen.text.toString()); // The model has visibly nothing more to write.
    }
    if (seen.upstreamOf(made).continuation() instanceof Continuation.Drift
        && made.number > 1
        && made.asked.makesWrite()) {
      String whole = ReplyText.text(made.reply);
      if (whole.startsWith(seen.text.toString())) {
        answers.add(whole);
      }
    }
  }

  /**
   * The first piece of the rest has the number of the last one that came. Where both have the same
   * content, it is taken for that one until the end repeats the text.
   */
  private void oneTooLow(SimulatedAttempt made) {
    var events = made.reply.frames();
    int next = made.again + 1;
    if (next > events.size()) {
      return;
    }
    String taken = ReplyText.text(events.subList(made.again, next));
    String without = seen.text + ReplyText.text(events.subList(next, events.size()));
    if (!taken.isEmpty() && seen.text.toString().endsWith(taken) && !without.equals(truth)) {
      mayBeShown(without);
    }
  }

  /** A lie that shows only when the stream ends. */
  private void mayBeShown(String lie) {
    if (!answers.contains(lie)) {
      answers.add(lie);
      lies.add(lie);
    }
  }

  /**
   * A model may ignore the anchor but repeat the end of the text, since its answer does. An
   * obedient model with another answer would send the same: they cannot be distinguished. And where
   * another answer was begun, what the next model makes of it is the answer.
   */
  private void joined(Seam seam) {
    var made = seen.tries.getLast();
    if (isLossy(made)) {
      lossy(seam, made);
    }
    if (seen.upstreamOf(made).continuation() instanceof Continuation.StopAtAnchor
        && Continuation.StopAtAnchor.mayBeDone(seen.text.toString())) {
      // Where a sentence ends, a model that stops early cannot be distinguished from one that is
      // done.
      answers.add(seen.text.toString());
    }
    boolean disobeys = seen.upstreamOf(made).continuation() instanceof Continuation.NoAnchor;
    boolean another = !truth.startsWith(seen.text.toString());
    if (!disobeys && !another) {
      return;
    }
    String replyText = unquoted(seen.upstreamOf(made).continuation(), ReplyText.text(made.reply));
    int marks = ReplyText.text(made.reply).length() - replyText.length();
    String repeated =
        replyText.substring(0, Math.clamp(seam.overlap() - marks, 0, replyText.length()));
    boolean proves = repeated.chars().filter(c -> !Character.isWhitespace(c)).count() >= EVIDENCE;
    // A model that is shown another answer as its own continues it in its own way.
    boolean misled =
        another && seen.tries.stream().anyMatch(each -> each.lies(Shape.RESUMED_IN_ANOTHER_ANSWER));
    if (misled || (proves && folded(seen.text.toString()).endsWith(folded(repeated)))) {
      String joined = seen.text + replyText.substring(repeated.length());
      answers.add(joined);
      lies.remove(joined); // The model that repeated it was shown it as its own answer.
    }
  }

  /** {@return an answer without the marks around what it repeats first} */
  private static String unquoted(Continuation continuation, String replyText) {
    if (!(continuation instanceof Continuation.QuotedAnchor(int marks))) {
      return replyText;
    }
    String pair = Continuation.MARKS.get(marks);
    int gap = pair.indexOf(' ');
    int close = replyText.indexOf(pair.substring(gap + 1), gap);
    return replyText.startsWith(pair.substring(0, gap)) && close >= 0
        ? replyText.substring(gap, close) + replyText.substring(close + pair.length() - gap - 1)
        : replyText;
  }

  /** Where a model's answer continues, except what could not be read. */
  private void lossy(Seam seam, SimulatedAttempt made) {
    if (made.asked.kind() != ContinuationRequest.Kind.EVENTS) {
      String rest = ReplyText.text(made.readable());
      answers.add(seen.text + rest.substring(Math.min(seam.overlap(), rest.length())));
      return;
    }
    // Some of the events may have come before: the rest of the answer begins where it fits.
    var events = made.reply.frames();
    for (int from = 0; from < events.size(); from++) {
      String rest = ReplyText.text(events.subList(from, events.size()));
      int whole = seen.text.length() + rest.length();
      if (answers.stream().anyMatch(answer -> answer.length() == whole && answer.endsWith(rest))
          && answers.contains(seen.text + rest)) {
        answers.add(seen.text + ReplyText.text(made.readable(from)));
      }
    }
  }

  /** White space may differ in amount and kind. */
  private static String folded(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }

  /** Whether events that could not be read were passed over. */
  private boolean isLossy(SimulatedAttempt made) {
    return skips && made.readable().size() < made.reply.frames().size();
  }

  private boolean isLossy() {
    return seen.tries.stream().anyMatch(this::isLossy);
  }

  private void otherChoice(int choice) {
    var replyText = seen.otherTexts.get(choice);
    if (replyText != null && !other(choice).startsWith(replyText.toString()) && !isLossy()) {
      violate("PREFIX", "choice " + choice + " '" + replyText + "'");
    }
  }

  private String other(int choice) {
    return others.computeIfAbsent(
        choice,
        number -> {
          var upstream = seen.situation.upstreams().getFirst();
          return new ScriptedModel(
                  upstream.protocol(),
                  seen.situation.answer(),
                  upstream.continuation(),
                  seen.situation.seed())
              .answer(number)
              .text();
        });
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
  public void finished(Ending ending, long now) {
    if (!(ending.verdict() instanceof Verdict.Complete)) {
      return;
    }
    if (answers.stream()
        .filter(answer -> !lies.contains(answer) || answer.equals(truth))
        .noneMatch(answer -> answer.length() == checked)) {
      violate("NO-GAP", "COMPLETE with '" + tail() + "' of '" + truth + "'");
    }
    for (int choice : ending.finishes().keySet()) {
      var replyText = choice == 0 ? null : seen.otherTexts.get(choice);
      if (choice != 0
          && !isLossy()
          && !(replyText != null && other(choice).contentEquals(replyText))) {
        violate("NO-GAP", "COMPLETE with choice " + choice + " '" + replyText + "'");
      }
    }
    if (isUnbroken(ending)
        && !isLossy()
        && seen.tries.stream().noneMatch(made -> made.isShaped(EMPTY))
        && !thoughts.contentEquals(seen.reasoning)
        && answers.contains(truth)) {
      violate("NO-GAP", "COMPLETE with reasoning '" + seen.reasoning + "' of '" + thoughts + "'");
    }
  }

  /** Whether one generation wrote all of it, taken up by cursor or not at all. */
  private boolean isUnbroken(Ending ending) {
    var authors =
        ending.attempts().stream()
            .filter(made -> made.events() > 0)
            .map(made -> seen.tries.get(made.number() - 1))
            .toList();
    return authors.stream().map(made -> made.generation).distinct().count() == 1
        && authors.stream()
            .noneMatch(made -> made.asked.kind() == ContinuationRequest.Kind.DOCUMENT);
  }
}
