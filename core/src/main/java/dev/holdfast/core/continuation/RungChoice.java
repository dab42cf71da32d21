package dev.holdfast.core.continuation;

import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.seam.Evidence;
import dev.holdfast.core.seam.TextIndex;
import dev.holdfast.core.stream.Rung;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which rung continues a stream after content was delivered, and from where. One pure function;
 * every refusal names the rules that refused. Its table is {@code fixtures/engine/rungs.txt}.
 *
 * @param rung the rung, or {@link Rung#REFUSE}
 * @param start index in the delivered text where the continuation is asked to begin
 * @param reason why nothing better was possible; empty unless refused
 */
public record RungChoice(Rung rung, int start, String reason) {
  /**
   * Characters of an answer that is requested again, although chance may make another one, where no
   * seam could be proven. An answer that differs is closed at its first other character.
   */
  private static final int REPEATED_ANSWER = 1024;

  private static final String NO_RUNG = "no rung of this model fits";
  private static final String FOREIGN_REASONING =
      "an exact answer is required, and its reasoning would be another generation's";

  /** What the provider still has of the generation that broke. */
  public enum Kept {
    /** Nothing. */
    NOTHING,
    /** The whole of it, as one document. */
    DOCUMENT,
    /** Its events from where they broke. */
    EVENTS
  }

  /**
   * Why a rung is passed over.
   *
   * @param reason the rule that refused, in a few words
   * @param bySeam whether the upstream continued, and the seam could not be proven
   */
  public record Refusal(String reason, boolean bySeam) {}

  /**
   * What the consumer has, as far as a continuation must know.
   *
   * @param text the delivered text of choice 0
   * @param index of it
   * @param textLost whether there is more text than was kept
   * @param reasoning whether reasoning was delivered
   * @param refusal whether part of a refusal was delivered
   * @param liveTools whether fragments of a tool call were delivered
   * @param otherChoices whether content of a choice other than 0 was delivered
   */
  public record Delivered(
      CharSequence text,
      TextIndex index,
      boolean textLost,
      boolean reasoning,
      boolean refusal,
      boolean liveTools,
      boolean otherChoices) {}

  /**
   * {@return the first rung that capability, request, policy and state allow}
   *
   * @param kept what is left of the broken generation
   * @param missing rungs that this upstream refused or that did not fit, earlier in this stream,
   *     and why
   */
  public static RungChoice of(
      Capability capability,
      RequestFacts facts,
      boolean requireExact,
      Delivered delivered,
      Kept kept,
      Map<Rung, Refusal> missing) {
    boolean cursor = capability.rungs().contains(Rung.CURSOR) && !missing.containsKey(Rung.CURSOR);
    if (cursor && kept == Kept.EVENTS) {
      return new RungChoice(Rung.CURSOR, 0, ""); // The same events: nothing to decide.
    }
    String never = ruleAgainstAll(facts, delivered);
    if (never != null) {
      return refuse(never);
    }
    if (cursor && kept == Kept.DOCUMENT) {
      return new RungChoice(Rung.CURSOR, 0, "");
    }
    if (delivered.text().isEmpty()) {
      // Only reasoning was delivered: a new answer joins nothing.
      return requireExact && delivered.reasoning()
          ? refuse(FOREIGN_REASONING)
          : new RungChoice(Rung.REPLAY, 0, "");
    }
    List<String> refusals = new ArrayList<>();
    boolean unproven = false;
    for (Rung rung : capability.rungs()) {
      int start = start(rung, delivered);
      var refusal = missing.get(rung);
      boolean noSeam = start < 0 || (refusal != null && refusal.bySeam());
      unproven |= noSeam && !facts.structured() && !requireExact;
      if (rung == Rung.REPLAY
          && unproven
          && refusal == null
          && delivered.text().length() <= REPEATED_ANSWER) {
        return new RungChoice(rung, start, "");
      }
      String rule =
          refusal != null
              ? refusal.reason()
              : ruleAgainst(rung, facts, requireExact, delivered, start);
      if (rule == null) {
        return new RungChoice(rung, start, "");
      }
      refusals.add(rung.name().toLowerCase(Locale.ROOT).replace('_', ' ') + ": " + rule);
    }
    return refuse(refusals.isEmpty() ? NO_RUNG : String.join("; ", refusals));
  }

  /**
   * {@return the rules against the rungs of a capability, in its order} A rung against which there
   * is none is left out.
   */
  public static Map<Rung, String> rules(
      Capability capability,
      RequestFacts facts,
      boolean requireExact,
      Delivered delivered,
      Map<Rung, Refusal> missing) {
    Map<Rung, String> rules = new LinkedHashMap<>();
    String never = ruleAgainstAll(facts, delivered);
    for (Rung rung : capability.rungs()) {
      var refusal = missing.get(rung);
      String rule =
          never != null && rung != Rung.CURSOR
              ? never
              : refusal != null
                  ? refusal.reason()
                  : ruleAgainst(rung, facts, requireExact, delivered, start(rung, delivered));
      if (rule != null) {
        rules.put(rung, rule);
      }
    }
    return rules;
  }

  private static @Nullable String ruleAgainstAll(RequestFacts facts, Delivered delivered) {
    if (facts.choices() > 1 || delivered.otherChoices()) {
      return "several choices cannot be continued";
    }
    if (delivered.liveTools()) {
      return "fragments of a tool call were delivered";
    }
    if (delivered.refusal()) {
      return "a refusal cannot be continued";
    }
    return delivered.textLost() ? "more text was delivered than is kept for recovery" : null;
  }

  private static @Nullable String ruleAgainst(
      Rung rung, RequestFacts facts, boolean requireExact, Delivered delivered, int start) {
    return switch (rung) {
      case CURSOR -> "the provider keeps nothing of this generation";
      case TOKEN_IDS -> {
        if (facts.structured()) {
          yield "structured output begins anew with each request";
        }
        if (facts.tools()) {
          yield "tools are offered, and a completion knows none";
        }
        yield delivered.reasoning()
            ? "reasoning was delivered, which the prompt would lack"
            : ruleOfEvidence(start);
      }
      case CONTINUE, PREFILL, ANCHOR -> {
        if (facts.structured()) {
          yield "structured output is continued by exact rungs only";
        }
        yield requireExact ? "an exact answer is required" : ruleOfEvidence(start);
      }
      case REPLAY -> {
        if (requireExact && delivered.reasoning()) {
          yield FOREIGN_REASONING;
        }
        yield facts.deterministic() || isShort(delivered.text())
            ? null
            : "the request has neither temperature 0 nor a seed";
      }
      case REFUSE -> "is no way to continue";
    };
  }

  private static @Nullable String ruleOfEvidence(int start) {
    return start < 0 ? "the delivered text is too short or too repetitive to prove a seam" : null;
  }

  private static int start(Rung rung, Delivered delivered) {
    var text = delivered.text();
    var index = delivered.index();
    return switch (rung) {
      case CURSOR, REPLAY, REFUSE -> 0;
      case TOKEN_IDS, CONTINUE, PREFILL -> Evidence.startFor(text, index, Evidence.MIN_VISIBLE);
      case ANCHOR -> {
        int start = Evidence.startFor(text, index, Evidence.MIN_ANCHOR);
        yield start >= 0 ? start : Evidence.shortStartFor(text, index);
      }
    };
  }

  /** A few words are cheap to request again, and a whole answer is no splice. */
  private static boolean isShort(CharSequence text) {
    return text.length() <= 2 * Evidence.MIN_ANCHOR;
  }

  private static RungChoice refuse(String reason) {
    return new RungChoice(Rung.REFUSE, 0, reason);
  }
}
