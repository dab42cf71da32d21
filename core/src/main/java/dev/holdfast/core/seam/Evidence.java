package dev.holdfast.core.seam;

/**
 * Where a continuation is asked to begin: far enough before the end that repeating the rest proves
 * that it fits, at a place where a tokeniser would begin a token, and unlike any other place near.
 */
public final class Evidence {
  /** Visible characters that must be repeated before two texts are joined. */
  public static final int MIN_VISIBLE = 12;

  /** How many words they must be. */
  static final int MIN_WORDS = 3;

  /** How many different letters a short anchor must have. */
  private static final int MIN_LETTERS = 8;

  /** An anchor to be repeated is longer: it costs little and is rarely ambiguous. */
  public static final int MIN_ANCHOR = 32;

  /** Beyond this the repetition would cost more than it proves. */
  private static final int MAX_BACK = 640;

  /** How far a script without spaces is searched for a better boundary. */
  private static final int PATIENCE = 64;

  private Evidence() {}

  /**
   * {@return the last place from which the text is long enough to prove anything, or -1} Every
   * place before it is, too.
   */
  static int lastEnough(CharSequence text) {
    var counter = new WordCounter();
    int visible = 0;
    for (int at = text.length() - 1; at >= 0; at--) {
      int words = counter.before(text, at);
      if (!Alignment.isSpace(text.charAt(at)) && Graphemes.isBoundary(text, at)) {
        visible++;
        if (visible >= MIN_VISIBLE && words >= MIN_WORDS) {
          return at;
        }
      }
    }
    return -1;
  }

  /**
   * {@return where a continuation of {@code text} shall begin, or -1 if no place will do}
   *
   * <p>The text before it is not blank and does not end in white space (Claude and vLLM refuse such
   * a prefill); the text after it holds {@code minVisible} visible characters in {@link #MIN_WORDS}
   * words and is {@link #isUnlikeOthers unlike others}.
   */
  public static int startFor(CharSequence text, int minVisible) {
    return startFor(text, minVisible, 0);
  }

  private static int startFor(CharSequence text, int minVisible, int minLetters) {
    int end = Alignment.withoutTrailingSpace(text);
    int earliest = Math.max(1, text.length() - MAX_BACK);
    int repeated = -1;
    int folded = 0;
    var counter = new WordCounter();
    int visible = 0;
    int patience = PATIENCE;
    for (int at = end - 1; at >= earliest; at--) {
      int words = counter.before(text, at);
      boolean space = Alignment.isSpace(text.charAt(at));
      // As in a repetition's eyes: a run of white space is one character.
      folded += space && Alignment.isSpace(text.charAt(at + 1)) ? 0 : 1;
      if (!space && Graphemes.isBoundary(text, at)) {
        visible++;
      }
      if (visible < minVisible || words < MIN_WORDS) {
        continue;
      }
      if (isTokenBoundary(text, at) || (--patience <= 0 && isCharBoundary(text, at))) {
        repeated = repeated < 0 ? Repetition.longestEnd(text, end) : repeated;
        int length = space ? folded - 1 : folded;
        if (length >= repeated + MIN_VISIBLE
            && !isBlank(text, at)
            && (minLetters == 0 || WordCounter.letters(text, at) >= minLetters)) {
          return at;
        }
      }
    }
    return -1;
  }

  /**
   * {@return where a continuation of a text shall begin that is too short for {@link #MIN_ANCHOR},
   * or -1} What is so short must not be of a few letters only: ticks and tocks come again by
   * chance.
   */
  public static int shortStartFor(CharSequence text) {
    return startFor(text, MIN_VISIBLE, MIN_LETTERS);
  }

  /**
   * {@return whether the text from {@code from} on is unlike any other place near} Not only does it
   * occur once: it is {@link #MIN_VISIBLE} characters longer than what occurs twice. Of ticks and
   * tocks even a long row is likely to come again, so that to repeat it proves little.
   */
  static boolean isUnlikeOthers(CharSequence text, int from) {
    int end = Alignment.withoutTrailingSpace(text);
    if (from == 0 || end - from >= Stitcher.OVERLAP_WINDOW) {
      return true; // Nothing could prove more than all of it.
    }
    return isMoreThanChance(text, from, end);
  }

  /**
   * {@return whether a continuation that repeats {@code text} between two places does so on
   * purpose} It does if that is {@link #MIN_VISIBLE} characters longer than what occurs twice
   * anyway.
   */
  static boolean isMoreThanChance(CharSequence text, int from, int to) {
    int end = Alignment.withoutTrailingSpace(text);
    int folded = 0;
    for (int at = to - 1; at >= from; at--) {
      boolean space = Alignment.isSpace(text.charAt(at));
      boolean counted = at + 1 < to && Alignment.isSpace(text.charAt(at + 1));
      folded += space && counted ? 0 : 1;
    }
    return folded >= Repetition.longestEnd(text, end) + MIN_VISIBLE;
  }

  /** A word ends before {@code at}, or a script without spaces goes on there. */
  private static boolean isTokenBoundary(CharSequence text, int at) {
    char before = text.charAt(at - 1);
    char after = text.charAt(at);
    if (Alignment.isSpace(before)) {
      return false;
    }
    return Alignment.isSpace(after)
        || (isCharBoundary(text, at)
            && (Character.isIdeographic(before) || isIdeographicStop(before)));
  }

  private static boolean isIdeographicStop(char c) {
    return (c >= '\u3000' && c <= '\u303f') || (c >= '\uff00' && c <= '\uff0f');
  }

  /** No character is cut at {@code at}, and no white space stands before it. */
  static boolean isCharBoundary(CharSequence text, int at) {
    return !Alignment.isSpace(text.charAt(at - 1)) && Graphemes.isBoundary(text, at);
  }

  private static boolean isBlank(CharSequence text, int end) {
    for (int i = 0; i < end; i++) {
      if (!Alignment.isSpace(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }
}
