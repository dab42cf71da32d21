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
   * @param form which of {@link #TWICE}
   */
  record AnchorTwice(int form) implements Continuation {
    /** Checks the bound. */
    public AnchorTwice {
      Check.that(
          form >= 0 && form < TWICE.size(),
          "anchor-twice",
          "must be 0 to " + (TWICE.size() - 1),
          form);
    }

    String of(String anchor) {
      return TWICE.get(form).replace("@", anchor);
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

  /** How models repeat an anchor twice; it is put for each {@code @}. New ones are added behind. */
  List<String> TWICE =
      List.of(
          "@@",
          "@\n\n@",
          "\u00ab@\u00bb\n\n@",
          "@\n\u201c@\u201d",
          "@ \u2014 @",
          "@: @",
          "@, @",
          "@ / @",
          "@ \u2192 @",
          "@ (again) @",
          "@\n1. @",
          "@\n\u2022 @",
          "@ \uff08@\uff09",
          "@ \u300a@\u300b",
          "@ \u3010@\u3011",
          "@ $@$",
          "@ \\(@\\)",
          "\u00ab@\u00bb: @",
          "@ and again: @",
          "@ [repeated as you asked] @");

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
          "```\n \n```\n",
          "\uff08 \uff09",
          "\u300a \u300b",
          "\u3010 \u3011",
          "\u300e \u300f",
          "\u3008 \u3009",
          "$ $",
          "\\( \\)",
          "~~ ~~");

  /** Ellipses that models write. */
  List<String> DOTS =
      List.of(
          "\u2026",
          "...",
          "\u22ef",
          "....",
          "\u00b7\u00b7\u00b7",
          "\u30fb\u30fb\u30fb",
          "\u2024\u2024\u2024",
          "\u22ee",
          "\u2025",
          ". . .",
          "[\u2026]",
          "\u2022\u2022\u2022",
          "--",
          "\u2014");

  /** What models write after a repetition, after a space if it does not begin with a mark. */
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
          "**End of answer**",
          ". I'm sorry, but I cannot continue.",
          ".\n\n[End of answer]",
          ", continuing from there:",
          ": Continuing from there:",
          "\ud83d\udc4d I'm sorry, but I cannot continue.",
          "`[End of answer]`",
          "! Unable to continue.",
          "I'm afraid I can't continue.",
          "; to pick up where I left off:",
          "(no further output)",
          "? I will stop here.",
          ".\n\n\u2705 Done.",
          "\u201d\n\nMy response was interrupted.",
          ". Mehr wei\u00df ich nicht.",
          ". Je m'arr\u00eate ici.",
          ", no puedo seguir con esto.",
          ". Mi fermo qui.",
          ". N\u00e3o consigo continuar.",
          ". Ik ga niet verder.",
          ". \u041f\u0440\u043e\u0434\u043e\u043b\u0436\u0430\u044e:",
          "\uff0c\u4ee5\u4e0b\u7ee7\u7eed\uff1a",
          "\u3002\u4ee5\u4e0a\u3067\u7d42\u308f\u308a\u3067\u3059\u3002",
          ". \uc774\uc0c1\uc785\ub2c8\ub2e4.");

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
