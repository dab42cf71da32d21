package dev.holdfast.core.engine;

import java.util.List;
import java.util.Locale;

/** Says why a continuation was refused: a polite preamble is worth telling apart. */
final class Preambles {
  private static final List<String> OPENINGS =
      List.of(
          "sure",
          "of course",
          "certainly",
          "here is",
          "here's",
          "continuing",
          "sorry",
          "i apologize",
          "as i was saying",
          "absolutely",
          "no problem",
          "okay",
          "let me continue",
          "picking up");

  private Preambles() {}

  /** {@return one sentence about a continuation that begins like {@code held}} */
  static String describe(CharSequence held) {
    String start =
        held.subSequence(0, Math.min(40, held.length()))
            .toString()
            .strip()
            .toLowerCase(Locale.ROOT);
    for (String opening : OPENINGS) {
      if (start.startsWith(opening)) {
        return "the continuation opens with a preamble instead of the delivered text";
      }
    }
    return held.isEmpty()
        ? "the continuation is empty"
        : "the continuation does not repeat the delivered text";
  }
}
