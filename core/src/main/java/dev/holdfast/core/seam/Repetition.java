package dev.holdfast.core.seam;

/**
 * How much of a text's end occurs a second time before it. Quotes and dashes are folded, a run of
 * white space is one character: a text that differs in these alone may pass for the other.
 */
final class Repetition {
  /** How long the end and the text that ends a folded distance before it are the same. */
  private final int[] same;

  private final int length;
  private final int longestEnd;

  private Repetition(int[] same, int length) {
    this.same = same;
    this.length = length;
    this.longestEnd = longestEndBut(Integer.MAX_VALUE);
  }

  /**
   * {@return what occurs twice in the last {@link Stitcher#OVERLAP_WINDOW} characters} Linear in
   * the window: the Z function of the reversed window.
   *
   * @param end where the text ends, white space after it left out
   */
  static Repetition of(CharSequence text, int end) {
    int first = Math.max(0, end - Stitcher.OVERLAP_WINDOW);
    char[] window = text.subSequence(first, end).toString().toCharArray();
    char[] reversed = new char[window.length];
    int length = 0;
    for (int i = window.length - 1; i >= 0; i--) {
      char c = window[i];
      boolean space = Alignment.isSpace(c);
      if (!space || length == 0 || reversed[length - 1] != ' ') {
        reversed[length++] = space ? ' ' : Alignment.fold(c);
      }
    }
    int[] same = new int[length];
    int left = 0;
    int right = 0;
    for (int i = 1; i < length; i++) {
      int known = i < right ? Math.min(right - i, same[i - left]) : 0;
      while (i + known < length && reversed[known] == reversed[i + known]) {
        known++;
      }
      same[i] = known;
      if (i + known > right) {
        left = i;
        right = i + known;
      }
    }
    return new Repetition(same, length);
  }

  /** {@return folded characters of the longest end that occurs elsewhere in the window} */
  int longestEnd() {
    return longestEnd;
  }

  /**
   * {@return folded characters of the longest end that occurs elsewhere, occurrences at one place
   * left out}
   *
   * @param distance of that place from the end, in folded characters
   */
  int longestEndBut(int distance) {
    int longest = 0;
    for (int i = 1; i < length; i++) {
      if (i < distance - 1 || i > distance + 1) {
        longest = Math.max(longest, same[i]);
      }
    }
    return longest;
  }

  /** {@return how far before the end the longest repeated end is written, or 0} */
  int bestDistance() {
    int best = 0;
    for (int i = 1; i < length; i++) {
      best = same[i] > same[best] ? i : best;
    }
    return best;
  }

  /** {@return folded characters of the end that is written a distance before it as well} */
  int at(int distance) {
    int longest = 0;
    for (int i = Math.max(1, distance - 1); i <= distance + 1 && i < length; i++) {
      longest = Math.max(longest, same[i]);
    }
    return longest;
  }

  /** {@return {@link #longestEnd()} of a text} */
  static int longestEnd(CharSequence text, int end) {
    return of(text, end).longestEnd();
  }

  /** {@return characters between two places, a run of white space counted as one} */
  static int folded(CharSequence text, int from, int to) {
    int folded = 0;
    for (int at = to - 1; at >= from; at--) {
      boolean space = Alignment.isSpace(text.charAt(at));
      boolean counted = at + 1 < to && Alignment.isSpace(text.charAt(at + 1));
      folded += space && counted ? 0 : 1;
    }
    return folded;
  }

  /** {@return how many characters before a place equal those before the end, up to a limit} */
  static int commonContext(CharSequence text, int at, int end, int limit) {
    int same = 0;
    while (same < Math.min(at, limit)
        && text.charAt(at - 1 - same) == text.charAt(end - 1 - same)) {
      same++;
    }
    return same;
  }
}
