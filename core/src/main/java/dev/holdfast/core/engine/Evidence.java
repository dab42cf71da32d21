package dev.holdfast.core.engine;

/**
 * Where a continuation is asked to begin: far enough before the end that repeating the rest proves
 * that it fits, at a place where a tokeniser would begin a token, and unlike any other place near.
 */
final class Evidence {
  /** Visible characters that must be repeated before two texts are joined. */
  static final int MIN_VISIBLE = 12;

  /** An anchor to be repeated is longer: it costs little and is rarely ambiguous. */
  static final int MIN_ANCHOR = 32;

  /** Beyond this the repetition would cost more than it proves. */
  private static final int MAX_BACK = 640;

  /** How far a script without spaces is searched for a better boundary. */
  private static final int PATIENCE = 64;

  private Evidence() {}

  /** {@return whether the text from {@code from} on is long enough to prove anything} */
  static boolean isEnough(CharSequence text, int from) {
    return visible(text, from, text.length(), MIN_VISIBLE) >= MIN_VISIBLE;
  }

  /**
   * {@return where a continuation of {@code text} shall begin, or -1 if no place will do}
   *
   * <p>The text before it is not blank and does not end in white space (Claude and vLLM refuse such
   * a prefill); the text after it holds {@link #MIN_VISIBLE} visible characters and occurs nowhere
   * else near the end.
   */
  static int startFor(CharSequence text, int minVisible) {
    int earliest = Math.max(1, text.length() - MAX_BACK);
    int visible = 0;
    int patience = PATIENCE;
    for (int at = text.length() - 1; at >= earliest; at--) {
      if (!Alignment.isSpace(text.charAt(at))) {
        visible++;
      }
      if (visible < minVisible) {
        continue;
      }
      boolean good = isTokenBoundary(text, at) || (--patience <= 0 && isCharBoundary(text, at));
      if (good && !isBlank(text, at) && isUnique(text, at)) {
        return at;
      }
    }
    return -1;
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

  /** No surrogate pair, combining mark or joined emoji is cut at {@code at}. */
  static boolean isCharBoundary(CharSequence text, int at) {
    char before = text.charAt(at - 1);
    char after = text.charAt(at);
    if (Character.isLowSurrogate(after) || Alignment.isSpace(before)) {
      return false;
    }
    return !joins(before) && !joins(after) && !isMark(Character.codePointAt(text, at));
  }

  private static boolean joins(char c) {
    return c == '\u200d' || (c >= '\ufe00' && c <= '\ufe0f');
  }

  private static boolean isMark(int codePoint) {
    int type = Character.getType(codePoint);
    boolean skinTone = codePoint >= 0x1F3FB && codePoint <= 0x1F3FF;
    return skinTone
        || type == Character.NON_SPACING_MARK
        || type == Character.COMBINING_SPACING_MARK
        || type == Character.ENCLOSING_MARK;
  }

  private static boolean isBlank(CharSequence text, int end) {
    return visible(text, 0, end, 1) == 0;
  }

  private static int visible(CharSequence text, int from, int to, int enough) {
    int count = 0;
    for (int i = from; i < to && count < enough; i++) {
      if (!Alignment.isSpace(text.charAt(i))) {
        count++;
      }
    }
    return count;
  }

  /**
   * Whether the text from {@code at} on stands nowhere else in the window before it, read as
   * leniently as a continuation will be.
   */
  private static boolean isUnique(CharSequence text, int at) {
    int begin = at;
    while (Alignment.isSpace(text.charAt(begin))) {
      begin++;
    }
    int first = Math.max(0, text.length() - Stitcher.OVERLAP_WINDOW);
    char start = Alignment.fold(text.charAt(begin));
    for (int from = first; from < begin; from++) {
      if (Alignment.fold(text.charAt(from)) == start) {
        var again = new Alignment(text, begin, from, true);
        if (again.advance(text) == Alignment.Match.FULL) {
          return false;
        }
      }
    }
    return true;
  }
}
