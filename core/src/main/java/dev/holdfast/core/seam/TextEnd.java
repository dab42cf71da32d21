package dev.holdfast.core.seam;

/**
 * Whether an answer can end where the delivered text ends: after a sentence, or after a block of
 * code that is closed. A continuation without new text is accepted only there.
 */
final class TextEnd {
  /** What ends a sentence, in scripts that mark it. */
  private static final String TERMINATORS =
      ".!?\u3002\uff01\uff1f\uff61\u061f\u06d4\u0964\u0965\u203c\u2047\u2048\u2049";

  /** What may follow a terminator and still belongs to its sentence. */
  private static final String CLOSERS =
      "\"'\u201d\u2019\u201c\u00bb\u00ab\u203a)]}\u300d\u300f\uff09*_`";

  /** After these a dot ends no sentence. */
  private static final java.util.Set<String> ABBREVIATIONS =
      java.util.Set.of(
          "mr", "mrs", "ms", "dr", "prof", "st", "vs", "no", "nr", "fig", "approx", "ca", "bzw",
          "vgl", "abb", "inkl", "zzgl", "ggf", "evtl", "sog", "art", "vol", "pp", "cf", "al", "inc",
          "ltd", "gen", "col", "sgt", "jr", "sr", "dept", "est", "min", "max", "sra", "av");

  private TextEnd() {}

  /** {@return whether a sentence or a clause ends with a character} */
  static boolean isStop(char c) {
    return TERMINATORS.indexOf(c) >= 0
        || ":;\u2026\uff1a\uff1b".indexOf(c) >= 0
        || (c >= '\u3000' && c <= '\u303f');
  }

  /**
   * {@return whether an answer can end here}
   *
   * @param end where the last visible character ends
   * @param fences the blocks of code of the text
   */
  static boolean isPossible(CharSequence text, int end, Fences fences) {
    if (fences.isInside(end)) {
      return fences.closesAt(text, end);
    }
    int at = end;
    while (at > 0 && CLOSERS.indexOf(text.charAt(at - 1)) >= 0) {
      at--;
    }
    if (at < 2 || TERMINATORS.indexOf(text.charAt(at - 1)) < 0) {
      return false;
    }
    return (text.charAt(at - 1) != '.' || endsSentence(text, at - 1))
        && !OpenMarks.isAnyOpen(text, end);
  }

  private static boolean isOfWord(char c) {
    return Character.isLetter(c) || Character.getType(c) == Character.NON_SPACING_MARK;
  }

  /** {@return whether the text ends within a sentence} */
  static boolean isMidway(CharSequence text, int end) {
    int at = end;
    while (at > 0 && CLOSERS.indexOf(text.charAt(at - 1)) >= 0) {
      at--;
    }
    return at == 0 || !isStop(text.charAt(at - 1));
  }

  /**
   * {@return whether what follows belongs to what was begun} So it does within a sentence, and
   * after a semicolon or the number of an item.
   */
  static boolean isUnderWay(CharSequence text, int end) {
    if (isMidway(text, end) || ";\uff1b".indexOf(text.charAt(end - 1)) >= 0) {
      return true;
    }
    int at = end - 1;
    while (at > 0 && Character.isDigit(text.charAt(at - 1))) {
      at--;
    }
    boolean number = at < end - 1 && text.charAt(end - 1) == '.';
    while (at > 0 && (text.charAt(at - 1) == ' ' || text.charAt(at - 1) == '\t')) {
      at--;
    }
    return number && (at == 0 || text.charAt(at - 1) == '\n');
  }

  /** Whether a dot ends a sentence, rather than a number, an initial, an abbreviation. */
  private static boolean endsSentence(CharSequence text, int dot) {
    char before = text.charAt(dot - 1);
    if (before == '.' || Character.isDigit(before) || Alignment.isSpace(before)) {
      return false;
    }
    int word = dot;
    while (word > 0 && isOfWord(text.charAt(word - 1))) {
      word--;
    }
    int length = dot - word;
    if (length == 0) {
      return true;
    }
    boolean initial = length == 1 && !Character.isIdeographic(before);
    String letters = text.subSequence(word, dot).toString();
    return !initial && !ABBREVIATIONS.contains(letters.toLowerCase(java.util.Locale.ROOT));
  }
}
