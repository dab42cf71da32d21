package dev.holdfast.testkit;

import dev.holdfast.core.stream.Check;
import java.util.List;

/**
 * What a model does when it is asked to go on with a partial answer, by prefill (the last message
 * is the partial) or by an anchor turn (a user turn after the partial asks to repeat its last
 * characters first). All of it was seen in the field.
 */
public sealed interface Continuation {
  /** Goes on exactly where the partial ends; repeats an anchor verbatim. */
  record Exact() implements Continuation {}

  /**
   * Repeats characters of the partial before it goes on; in an anchor turn, those before the anchor
   * as well.
   *
   * @param chars UTF-16 units repeated beyond what was asked for, at least 1
   */
  record Overlap(int chars) implements Continuation {
    /** Checks the bound. */
    public Overlap {
      Check.that(chars >= 1, "overlap", "must be at least 1", chars);
    }
  }

  /** Starts the whole answer again. */
  record Restart() implements Continuation {}

  /**
   * Talks to the user first, then goes on as asked.
   *
   * @param wording which of {@link #PREAMBLES}
   */
  record Preamble(int wording) implements Continuation {
    /** Checks the bound. */
    public Preamble {
      Check.that(
          wording >= 0 && wording < PREAMBLES.size(),
          "preamble",
          "must be 0 to " + (PREAMBLES.size() - 1),
          wording);
    }
  }

  /** Writes about something else. */
  record OtherText() implements Continuation {}

  /** Goes on exactly but ignores the anchor it was asked to repeat, so the seam is unproven. */
  record NoAnchor() implements Continuation {}

  /** Refuses a trailing assistant message with HTTP 400 but answers an anchor turn exactly. */
  record RefusePrefill() implements Continuation {}

  /** Refuses every continuation with HTTP 400; only the first request again works. */
  record RefuseAll() implements Continuation {}

  /** Refuses continuations, and says something else from some word on when asked again. */
  record Drift() implements Continuation {}

  /** What models say before they go on. */
  List<String> PREAMBLES =
      List.of(
          "Sure, here is the rest: ",
          "Of course! Continuing from where I left off:\n\n",
          "Apologies for the interruption. ",
          "Certainly. As I was saying, ",
          "[continued]\n");

  /** {@return one of each, for matrices and random choice} */
  static List<Continuation> examples() {
    return List.of(
        new Exact(),
        new Overlap(12),
        new Restart(),
        new Preamble(0),
        new OtherText(),
        new NoAnchor(),
        new RefusePrefill(),
        new RefuseAll(),
        new Drift());
  }

  /** {@return the behaviour's name in scenario files, for example {@code overlap:12}} */
  default String spec() {
    return switch (this) {
      case Exact() -> "exact";
      case Overlap(int chars) -> "overlap:" + chars;
      case Restart() -> "restart";
      case Preamble(int wording) -> "preamble:" + wording;
      case OtherText() -> "other-text";
      case NoAnchor() -> "no-anchor";
      case RefusePrefill() -> "refuse-prefill";
      case RefuseAll() -> "refuse-all";
      case Drift() -> "drift";
    };
  }

  /**
   * {@return the behaviour with a name}
   *
   * @throws IllegalArgumentException if there is none
   */
  static Continuation parse(String spec) {
    int colon = spec.indexOf(':');
    String name = colon < 0 ? spec : spec.substring(0, colon);
    for (Continuation example : examples()) {
      String known = example.spec();
      if (colon < 0 && known.equals(spec)) {
        return example;
      }
      if (known.startsWith(name + ":")) {
        return counted(example, colon < 0 ? "" : spec.substring(colon + 1));
      }
    }
    throw new IllegalArgumentException(
        "continuation: must be one of "
            + String.join(", ", examples().stream().map(Continuation::spec).toList())
            + ", was "
            + spec);
  }

  private static Continuation counted(Continuation example, String number) {
    if (number.isEmpty()) {
      return example;
    }
    Check.that(number.matches("\\d{1,6}"), "continuation", "must end with a count", number);
    int count = Integer.parseInt(number);
    return example instanceof Overlap ? new Overlap(count) : new Preamble(count);
  }
}
