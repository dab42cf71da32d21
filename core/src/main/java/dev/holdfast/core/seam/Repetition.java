package dev.holdfast.core.seam;

/**
 * How much of a text's end stands a second time before it, read as leniently as a continuation is:
 * quotes and dashes folded, a run of white space one character.
 */
final class Repetition {
  private Repetition() {}

  /**
   * {@return folded characters of the longest end that occurs elsewhere in the last {@link
   * Stitcher#OVERLAP_WINDOW} characters} Linear in the window: the Z function of the reversed
   * window.
   *
   * @param end where the text ends, white space behind it left out
   */
  static int longestEnd(CharSequence text, int end) {
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
    int longest = 0;
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
      longest = Math.max(longest, known);
    }
    return longest;
  }
}
