package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Rung;

/** Builds the request that continues an answer. */
final class Continuations {
  /** Characters per token, on the low side, so that the output limit is never overdrawn. */
  private static final int CHARS_PER_TOKEN = 4;

  private Continuations() {}

  static String body(UpstreamPlan plan, RungChoice choice, CharSequence delivered, Cause cause) {
    String before = delivered.subSequence(0, choice.start()).toString();
    String after = delivered.subSequence(choice.start(), delivered.length()).toString();
    var partial =
        choice.rung() == Rung.ANCHOR
            ? new Partial(before + after, after.strip(), cause, tokens(delivered.length()))
            : new Partial(before, "", cause, tokens(before.length()));
    return plan.dialect()
        .continuation(plan.body(), partial, choice.rung(), plan.capability().prefill());
  }

  private static int tokens(int chars) {
    return chars / CHARS_PER_TOKEN;
  }
}
