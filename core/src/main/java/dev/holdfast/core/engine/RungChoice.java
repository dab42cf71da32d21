package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.stream.Rung;
import java.util.Set;

/**
 * Which rung continues a stream after content was delivered, and from where. One pure function;
 * every refusal names the rule that refused.
 *
 * @param rung the rung, or {@link Rung#REFUSE}
 * @param start index in the delivered text where the continuation is asked to begin
 * @param reason why nothing better was possible; empty unless refused
 */
record RungChoice(Rung rung, int start, String reason) {
  private static final String FOREIGN_REASONING =
      "an exact answer is required, and its reasoning would be another generation's";

  /**
   * What the consumer has, as far as a continuation must know.
   *
   * @param text the delivered text of choice 0
   * @param textLost whether there is more text than was kept
   * @param reasoning whether reasoning was delivered
   * @param refusal whether part of a refusal was delivered
   * @param liveTools whether fragments of a tool call were delivered
   * @param otherChoices whether content of a choice other than 0 was delivered
   */
  record Delivered(
      CharSequence text,
      boolean textLost,
      boolean reasoning,
      boolean refusal,
      boolean liveTools,
      boolean otherChoices) {}

  /**
   * {@return the first rung that capability, request, policy and state allow}
   *
   * @param missing rungs that this upstream refused or that did not fit, earlier in this stream
   */
  static RungChoice of(
      Capability capability,
      RequestFacts facts,
      boolean requireExact,
      Delivered delivered,
      Set<Rung> missing) {
    if (facts.choices() > 1 || delivered.otherChoices()) {
      return refuse("several choices cannot be continued");
    }
    if (delivered.liveTools()) {
      return refuse("fragments of a tool call were delivered");
    }
    if (delivered.refusal()) {
      return refuse("a refusal cannot be continued");
    }
    if (delivered.textLost()) {
      return refuse("more text was delivered than is kept for recovery");
    }
    boolean replayIsExact = !delivered.reasoning();
    if (delivered.text().isEmpty()) {
      // Only reasoning was delivered: a new answer joins nothing.
      return requireExact && !replayIsExact
          ? refuse(FOREIGN_REASONING)
          : new RungChoice(Rung.REPLAY, 0, "");
    }
    String reason = "no rung of this model fits";
    for (Rung rung : capability.rungs()) {
      if (missing.contains(rung)) {
        continue;
      }
      boolean continues = rung == Rung.CONTINUE || rung == Rung.PREFILL || rung == Rung.ANCHOR;
      if (continues && (facts.structured() || requireExact)) {
        reason =
            facts.structured()
                ? "structured output is continued by exact rungs only"
                : "an exact answer is required";
        continue;
      }
      if (continues) {
        int start = startFor(rung, delivered.text());
        if (start >= 0) {
          return new RungChoice(rung, start, "");
        }
        reason = "the delivered text is too short or too repetitive to prove a seam";
      }
      if (rung == Rung.REPLAY && requireExact && !replayIsExact) {
        reason = FOREIGN_REASONING;
        continue;
      }
      if (rung == Rung.REPLAY && (facts.deterministic() || isShort(delivered.text()))) {
        return new RungChoice(Rung.REPLAY, 0, "");
      }
    }
    return refuse(reason);
  }

  private static int startFor(Rung rung, CharSequence text) {
    int start = rung == Rung.ANCHOR ? Evidence.startFor(text, Evidence.MIN_ANCHOR) : -1;
    return start >= 0 ? start : Evidence.startFor(text, Evidence.MIN_VISIBLE);
  }

  /** A few words are cheap to ask for again, and a whole answer is no splice. */
  private static boolean isShort(CharSequence text) {
    return text.length() <= 2 * Evidence.MIN_ANCHOR;
  }

  private static RungChoice refuse(String reason) {
    return new RungChoice(Rung.REFUSE, 0, reason);
  }
}
