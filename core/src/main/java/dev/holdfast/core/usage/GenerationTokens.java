package dev.holdfast.core.usage;

import dev.holdfast.core.stream.TokenUsage;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The tokens of one generation, over all attempts that brought a part of it. */
final class GenerationTokens {
  final List<AttemptTokens> attempts = new ArrayList<>(1);
  private final OutputTally tally;

  /** The document that shows it, with a report of all of it; else null. */
  private @Nullable OutputTally document;

  private boolean callsDelivered;
  private OutputTally.Count answer = OutputTally.Count.NONE;
  private OutputTally.Count unreported = OutputTally.Count.NONE;
  private OutputTally.Count thoughts = OutputTally.Count.NONE;
  private OutputTally.Count unreportedThoughts = OutputTally.Count.NONE;

  /** Reported tokens of the answer and of the reasoning; -1 if there is no credible report. */
  private long reportedAnswer = -1;

  private long reportedReasoning = -1;

  /** Tokens of the answer, reported and estimated together. */
  long answerTokens;

  /** Tokens of the reasoning, visible or not. */
  long reasoningTokens;

  boolean isEstimated;

  GenerationTokens(OutputTally tally) {
    this.tally = tally;
  }

  void add(AttemptTokens attempt) {
    attempts.add(attempt);
    callsDelivered |= attempt.hasDeliveredCalls();
    if (attempt.kind == AttemptTokens.Kind.DOCUMENT && attempt.output.report() != null) {
      document = attempt.output;
    }
  }

  AttemptTokens first() {
    return attempts.getFirst();
  }

  /** {@return whether the tool calls of it were handed on} */
  boolean hasDeliveredCalls() {
    return callsDelivered;
  }

  /** {@return the last report on it that has a number, or null} */
  @Nullable TokenUsage report() {
    var report = document != null && document.isWhole() ? document.report() : tally.report();
    boolean empty = report != null && report.input().isEmpty() && report.output().isEmpty();
    return empty ? null : report;
  }

  boolean isWhole() {
    return tally.isWhole();
  }

  /** Reads the report, as far as it is one. */
  void read() {
    long more = 0;
    for (var attempt : attempts) {
      if (attempt.kind == AttemptTokens.Kind.DOCUMENT) {
        more += attempt.deliveredAnswer();
      }
    }
    var own = tally.answer();
    answer = new OutputTally.Count(own.events() + (more > 0 ? 1 : 0), own.characters() + more);
    thoughts = tally.reasoning();
    boolean all = document != null && document.isWhole();
    var covered = all ? answer : tally.reportedAnswer();
    var coveredThoughts = all ? thoughts : tally.reportedReasoning();
    unreported = answer;
    unreportedThoughts = thoughts;
    var report = report();
    long output = report == null ? -1 : report.output().orElse(-1);
    if (report == null || output < 0) {
      return;
    }
    long length = covered.characters() + coveredThoughts.characters();
    long hidden = ReasoningTokens.of(report);
    boolean credible =
        (tally.isWhole() && unwritten(covered, coveredThoughts))
            || (length > 0 && output > 0 && output >= length / TokenRate.MOST_CHARS_PER_TOKEN);
    if (!credible) {
      // A first report, before any content, holds a place; only reasoning may have come.
      reportedReasoning = thoughts.characters() == 0 ? hidden : -1;
      return;
    }
    reportedReasoning =
        hidden >= 0
            ? hidden
            : length == 0 ? 0 : Math.round((double) output * coveredThoughts.characters() / length);
    reportedAnswer = output - reportedReasoning;
    unreported = answer.minus(covered);
    unreportedThoughts = thoughts.minus(coveredThoughts);
  }

  private boolean unwritten(OutputTally.Count covered, OutputTally.Count coveredThoughts) {
    return answer.minus(covered).characters() == 0
        && thoughts.minus(coveredThoughts).characters() == 0;
  }

  /** {@return how many tokens its provider counted for what it wrote; null if that is unknown} */
  @Nullable TokenRate rate() {
    var covered = answer.minus(unreported);
    return reportedAnswer < 0
        ? null
        : TokenRate.of(reportedAnswer, covered.events(), covered.characters());
  }

  /**
   * Completes the report by an estimate of the rest.
   *
   * @param other the rate of another generation of the same upstream; null if there is none
   */
  void estimate(@Nullable TokenRate other) {
    var own = rate();
    var rate = own == null ? other : own;
    answerTokens = Math.max(0, reportedAnswer) + estimate(rate, unreported);
    reasoningTokens = Math.max(0, reportedReasoning) + estimate(rate, unreportedThoughts);
    isEstimated =
        (reportedAnswer < 0 && answer.characters() > 0)
            || unreported.characters() > 0
            || unreportedThoughts.characters() > 0;
  }

  private long estimate(@Nullable TokenRate rate, OutputTally.Count part) {
    if (part.characters() == 0) {
      return 0;
    }
    long likely = tally.estimate(part);
    if (rate == null) {
      return likely;
    }
    long rated = rate.tokens(part.events(), part.characters());
    // Reasoning that is not shown makes a rate too high.
    return tally.isWide() ? rated : Math.min(rated, 2 * likely);
  }

  // ---------------------------------------------------------------- what was delivered

  /** {@return characters of its answer that were handed on as something new} */
  long deliveredAnswer() {
    long delivered = 0;
    long held = 0;
    for (var attempt : attempts) {
      delivered += attempt.deliveredAnswer();
      held += attempt.kind == AttemptTokens.Kind.DOCUMENT ? 0 : attempt.heldCalls();
    }
    return delivered + (callsDelivered ? held : 0);
  }

  /** {@return characters of its reasoning that were handed on} */
  long deliveredReasoning() {
    long delivered = 0;
    for (var attempt : attempts) {
      delivered += attempt.deliveredReasoning();
    }
    return delivered;
  }

  /** {@return whether it answers from the start what an earlier one began, and continues it} */
  boolean replays() {
    return first().kind == AttemptTokens.Kind.REPLAY && first().isJoined();
  }

  /** {@return whether anything of the answer is by it} */
  boolean isUsed() {
    return deliveredAnswer() > 0 || deliveredReasoning() > 0 || replays() || tally.isWhole();
  }

  /** {@return tokens of its answer that were written and are no part of the delivered answer} */
  long lostAnswerTokens() {
    boolean fromTheStart = first().kind != AttemptTokens.Kind.CONTINUATION;
    if (answer.characters() == 0 || (fromTheStart && tally.isWhole())) {
      return 0;
    }
    long repeated = replays() ? first().joinedAt() : 0;
    long lost = Math.max(0, answer.characters() - repeated - deliveredAnswer());
    return Math.round((double) answerTokens * lost / answer.characters());
  }

  /** {@return tokens of its visible reasoning that were handed on; -1 if none is visible} */
  long deliveredReasoningTokens() {
    return thoughts.characters() == 0
        ? -1
        : Math.round((double) reasoningTokens * deliveredReasoning() / thoughts.characters());
  }
}
