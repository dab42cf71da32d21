package dev.holdfast.core.seam;

/**
 * Counts the words of a text from its end backwards. A long word may come twice by chance as easily
 * as a short one, so what shall prove something must be several.
 *
 * <p>A run of letters and digits is one word, and one more for every {@link #LONG} of them, since
 * some scripts write no spaces. An ideograph or an emoji is one; other signs are none.
 */
final class WordCounter {
  private static final int LONG = 16;

  private int words;
  private int run;

  /** {@return the words so far, with those of the character before them} */
  int before(CharSequence text, int at) {
    char c = text.charAt(at);
    if (Character.isIdeographic(c) || Character.isSurrogate(c)) {
      run = 0;
      words += Character.isLowSurrogate(c) ? 0 : 1;
    } else if (Character.isLetterOrDigit(c)) {
      words += run % LONG == 0 ? 1 : 0;
      run++;
    } else if (!isMark(c)) {
      run = 0;
    }
    return words;
  }

  /** {@return how many different letters follow from a place on, ideographs and emoji included} */
  static long letters(CharSequence text, int from) {
    return text.subSequence(from, text.length())
        .chars()
        .filter(c -> Character.isLetterOrDigit(c) || Character.isSurrogate((char) c))
        .distinct()
        .count();
  }

  /** A vowel sign or an accent belongs to the letter before it. */
  private static boolean isMark(char c) {
    int type = Character.getType(c);
    return type == Character.NON_SPACING_MARK || type == Character.COMBINING_SPACING_MARK;
  }
}
