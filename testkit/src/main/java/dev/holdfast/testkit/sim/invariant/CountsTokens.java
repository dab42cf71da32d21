package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.Waste;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.sim.upstream.SimulatedAttempt;
import java.util.List;
import java.util.OptionalLong;

/**
 * TOKENS: the answer costs as many tokens as it has, however often it was cut. Exactly as many
 * where one generation wrote all of it and its provider reported that. Else the number is an
 * estimate, which is marked. The prompt counts once, and what the attempts wasted adds up.
 */
public final class CountsTokens extends Invariant {
  /** Tokens by which the estimate of a part may differ: a seam cuts one on each side. */
  private static final int SLACK = 3;

  private static final OptionalLong NONE = OptionalLong.empty();

  public CountsTokens(SimulationState seen, List<String> violations) {
    super(seen, violations);
  }

  @Override
  public void finished(Ending ending, long now) {
    var wasted =
        ending.attempts().stream().map(AttemptReport::waste).reduce(Waste.NONE, Waste::plus);
    if (!wasted.equals(ending.waste())) {
      violate("TOKENS", "the attempts wasted " + wasted + ", the stream " + ending.waste());
    }
    var usage = ending.usage().orElse(null);
    if (usage == null) {
      return;
    }
    prompt(ending, usage);
    long output = usage.output().orElse(-1);
    if (!isWholeAnswer(ending) || !isReported(ending) || output < 0) {
      return;
    }
    int truth = seen.situation.answer().parts().size();
    if (isOneGeneration(ending) && !hasForeignReasoning(ending)) {
      if (output != truth || usage.isOutputEstimated()) {
        violate("TOKENS", "one answer of " + truth + " tokens was counted as " + usage);
      }
    } else if (isEstimatable() && isFarFrom(truth, output, ending.attempts().size())) {
      violate("TOKENS", "an answer of " + truth + " tokens was estimated as " + usage);
    } else if (!isOneGeneration(ending) && !usage.isOutputEstimated()) {
      violate("TOKENS", "a continued answer has no mark that it was estimated: " + usage);
    }
  }

  /** Whether an estimate is possible: the model counts a whole tool call as one token. */
  private boolean isEstimatable() {
    return seen.situation.answer().tools().isEmpty();
  }

  /** No part is free, scripts differ in their rate, and no character costs more than a token. */
  private boolean isFarFrom(int truth, long output, int attempts) {
    int slack = SLACK * attempts + truth / 3;
    return output < truth - slack || output > seen.text.length() + seen.reasoning.length() + slack;
  }

  private void prompt(Ending ending, TokenUsage usage) {
    long most =
        ending.attempts().stream()
            .mapToLong(made -> made.usage().map(TokenUsage::input).orElse(NONE).orElse(-1))
            .max()
            .orElse(-1);
    if (usage.input().orElse(-1) > most) {
      violate("TOKENS", "the prompt was counted more than once: " + usage);
    }
  }

  /** Whether the consumer has all of the one true answer, which has a known number of tokens. */
  private boolean isWholeAnswer(Ending ending) {
    var answer = seen.situation.answer();
    return ending.verdict().isComplete()
        && ending.finishes().size() == 1
        && seen.otherTexts.isEmpty()
        && answer.text().contentEquals(seen.text)
        && answer.reasoning().contentEquals(seen.reasoning)
        && answer.tools().size() == ending.toolCalls().size();
  }

  /** Whether the last attempt reported its tokens, and no fault touched events or reports. */
  private boolean isReported(Ending ending) {
    return ending.attempts().getLast().usage().isPresent()
        && seen.tries.stream().allMatch(CountsTokens::isUntouched);
  }

  private static boolean isUntouched(SimulatedAttempt made) {
    return made.lie == null
        && made.transmission.struck().stream()
            .noneMatch(fault -> fault instanceof Fault.Shaped || fault instanceof Fault.NoUsage);
  }

  /** Whether the text may be another generation's than the reasoning. */
  private boolean hasForeignReasoning(Ending ending) {
    return !seen.reasoning.isEmpty() && !ending.seams().isEmpty();
  }

  /** Whether the report of one generation covers all that was delivered. */
  private static boolean isOneGeneration(Ending ending) {
    var seams = ending.seams();
    int replay = -1;
    for (int i = 0; i < seams.size(); i++) {
      replay = seams.get(i).rung() == Rung.REPLAY ? i : replay;
    }
    return seams.subList(replay + 1, seams.size()).stream()
        .allMatch(seam -> seam.rung() == Rung.CURSOR);
  }
}
