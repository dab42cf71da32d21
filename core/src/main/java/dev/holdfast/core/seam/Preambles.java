package dev.holdfast.core.seam;

import java.util.List;
import java.util.Locale;

/** Names why a continuation was refused: a polite preamble has a reason of its own. */
final class Preambles {
  private static final int SHOWN = 40;

  private static final List<String> OPENINGS =
      List.of(
          "sure",
          "of course",
          "certainly",
          "absolutely",
          "understood",
          "got it",
          "no problem",
          "no worries",
          "okay",
          "ok,",
          "alright",
          "great",
          "here is",
          "here's",
          "here are",
          "continu",
          "[continu",
          "(continu",
          "*continu",
          "**continu",
          "resum",
          "picking up",
          "let me continue",
          "let me pick",
          "i'll continue",
          "i will continue",
          "as i was saying",
          "as requested",
          "sorry",
          "i'm sorry",
          "i apologi",
          "apologies",
          "my apologies",
          "thank",
          "gerne",
          "natürlich",
          "entschuldigung",
          "bien sûr",
          "désolé",
          "claro",
          "por supuesto",
          "lo siento",
          "当然",
          "好的",
          "抱歉",
          "对不起",
          "もちろん",
          "申し訳",
          "続き");

  private Preambles() {}

  /** {@return one sentence about a continuation that begins like {@code held}} */
  static String describe(CharSequence held) {
    String start =
        held.subSequence(0, Math.min(SHOWN, held.length()))
            .toString()
            .strip()
            .replace('\u2019', '\'')
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
