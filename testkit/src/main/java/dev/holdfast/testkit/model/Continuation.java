package dev.holdfast.testkit.model;

import dev.holdfast.core.stream.Check;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a model does when it is asked to continue a partial answer. In a prefill the last message is
 * the partial. In an anchor turn, a user turn after the partial asks to repeat its last characters
 * first. All of it was seen in the field.
 */
public sealed interface Continuation {
  /** Continues exactly where the partial ends; repeats an anchor verbatim. */
  record Exact() implements Continuation {}

  /**
   * Repeats characters of the partial before it continues; in an anchor turn, those before the
   * anchor as well.
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
   * Talks to the user first, then continues as asked.
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

  /** Continues exactly but ignores the anchor it was asked to repeat, so the seam is unproven. */
  record NoAnchor() implements Continuation {}

  /** Refuses a trailing assistant message with HTTP 400 but answers an anchor turn exactly. */
  record RefusePrefill() implements Continuation {}

  /** Refuses every continuation with HTTP 400; only the first request again works. */
  record RefuseAll() implements Continuation {}

  /** Refuses continuations, and writes other text from some word on when asked again. */
  record Drift() implements Continuation {}

  /** Repeats what it was asked to repeat, and stops. Asked by prefill, it writes nothing. */
  record StopAtAnchor() implements Continuation {
    /**
     * {@return whether an answer can end where a text does: after a sentence or a closed block of
     * code, with nothing open} There a model that stops early cannot be distinguished from one that
     * is done.
     */
    public static boolean mayBeDone(String text) {
      return TextEnds.mayBeDone(text);
    }
  }

  /**
   * Repeats an anchor twice, and continues.
   *
   * @param form how: one after the other, in lines of their own, quoted first, quoted second
   */
  record AnchorTwice(int form) implements Continuation {
    /** Checks the bound. */
    public AnchorTwice {
      Check.that(form >= 0 && form < 4, "anchor-twice", "must be 0 to 3", form);
    }
  }

  /**
   * Puts an anchor in marks, and continues.
   *
   * @param marks which of {@link #MARKS}
   */
  record QuotedAnchor(int marks) implements Continuation {
    /** Checks the bound. */
    public QuotedAnchor {
      Check.that(
          marks >= 0 && marks < MARKS.size(),
          "quoted-anchor",
          "must be 0 to " + (MARKS.size() - 1),
          marks);
    }

    String around(String anchor) {
      String pair = MARKS.get(marks);
      int gap = pair.indexOf(' ');
      return pair.substring(0, gap) + anchor + pair.substring(gap + 1);
    }
  }

  /**
   * Puts an ellipsis before and after an anchor.
   *
   * @param form which of {@link #DOTS}
   */
  record Ellipses(int form) implements Continuation {
    /** Checks the bound. */
    public Ellipses {
      Check.that(
          form >= 0 && form < DOTS.size(), "ellipses", "must be 0 to " + (DOTS.size() - 1), form);
    }
  }

  /**
   * Repeats an anchor, then talks about its answer instead of continuing.
   *
   * @param wording which of {@link #TALK}
   */
  record TalkAfter(int wording) implements Continuation {
    /** Checks the bound. */
    public TalkAfter {
      Check.that(
          wording >= 0 && wording < TALK.size(),
          "talk-after",
          "must be 0 to " + (TALK.size() - 1),
          wording);
    }
  }

  /** Marks that models put around what they quote; a space is between the two. */
  List<String> MARKS =
      List.of(
          "\u00ab \u00bb",
          "\u201c \u201d",
          "\u201e \u201c",
          "\" \"",
          "\u2018 \u2019",
          "' '",
          "` `",
          "* *",
          "** **",
          "_ _",
          "( )",
          "[ ]",
          "{ }",
          "\u300c \u300d",
          "```\n \n```\n");

  /** Ellipses that models write. */
  List<String> DOTS = List.of("\u2026", "...", "\u22ef", "....");

  /** What models write after a repetition. */
  List<String> TALK =
      List.of(
          "[End of answer]",
          "Continuing from there:",
          "I'm sorry, but I cannot continue",
          "[Ende der Antwort]",
          "Es tut mir leid, ich kann nicht fortfahren.",
          "Je suis d\u00e9sol\u00e9, mais je ne peux pas continuer.",
          "Lo siento, no puedo continuar.",
          "\u62b1\u6b49\uff0c\u6211\u65e0\u6cd5\u7ee7\u7eed\u3002",
          "\u7533\u3057\u8a33\u3042\u308a\u307e\u305b\u3093\u3002",
          "**End of answer**");

  /** What models write before they continue. */
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

  /**
   * {@return more of them, one of each: ways to continue that look like good ones} A list of its
   * own, so that what was drawn from {@link #examples()} is drawn again.
   */
  static List<Continuation> lookalikes() {
    return List.of(
        new StopAtAnchor(),
        new AnchorTwice(0),
        new QuotedAnchor(0),
        new Ellipses(0),
        new TalkAfter(0));
  }

  /** {@return {@link #examples()}, then {@link #lookalikes()}} */
  static List<Continuation> all() {
    return Stream.concat(examples().stream(), lookalikes().stream()).toList();
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
      case StopAtAnchor() -> "stop-at-anchor";
      case AnchorTwice(int form) -> "anchor-twice:" + form;
      case QuotedAnchor(int marks) -> "quoted-anchor:" + marks;
      case Ellipses(int form) -> "ellipses:" + form;
      case TalkAfter(int wording) -> "talk-after:" + wording;
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
    for (Continuation example : all()) {
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
            + String.join(", ", all().stream().map(Continuation::spec).toList())
            + ", was "
            + spec);
  }

  private static Continuation counted(Continuation example, String number) {
    if (number.isEmpty()) {
      return example;
    }
    Check.that(number.matches("\\d{1,6}"), "continuation", "must end with a count", number);
    int count = Integer.parseInt(number);
    return switch (example) {
      case Overlap overlap -> new Overlap(count);
      case AnchorTwice twice -> new AnchorTwice(count);
      case QuotedAnchor quoted -> new QuotedAnchor(count);
      case Ellipses ellipses -> new Ellipses(count);
      case TalkAfter talk -> new TalkAfter(count);
      default -> new Preamble(count);
    };
  }
}
