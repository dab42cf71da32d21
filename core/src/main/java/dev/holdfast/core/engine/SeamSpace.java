package dev.holdfast.core.engine;

import org.jspecify.annotations.Nullable;

/**
 * Joins the white space on both sides of a seam. What the consumer has stays; what the continuation
 * has more of it is added, so that neither a paragraph nor an indentation is lost or doubled.
 */
final class SeamSpace {
  private SeamSpace() {}

  /**
   * {@return the white space to hand on, or null if the two cannot be joined}
   *
   * @param ours the white space that the delivered text ends with
   * @param theirs that which the continuation has behind the repeated text
   * @param before the last visible character that was delivered
   * @param after the first visible one that is new; 0 if there is none
   * @param inFence whether the seam is in a block of code, where every space counts
   */
  static @Nullable String join(
      String ours, String theirs, char before, char after, boolean inFence) {
    if (theirs.startsWith(ours)) {
      return theirs.substring(ours.length());
    }
    if (after == 0) {
      return "";
    }
    if (theirs.isEmpty()) {
      return mayFollowDirectly(ours, before, after) ? "" : null;
    }
    int ourBreaks = breaks(ours);
    int theirBreaks = breaks(theirs);
    if (theirBreaks > ourBreaks) {
      return theirs.substring(behindBreak(theirs, ourBreaks));
    }
    if (theirBreaks == 0) {
      return inFence ? null : ""; // A space for a line break, or for another number of spaces.
    }
    String ourIndent = ours.substring(behindBreak(ours, ourBreaks));
    String theirIndent = theirs.substring(behindBreak(theirs, theirBreaks));
    // Another indentation is another program, or another list.
    return theirIndent.startsWith(ourIndent) ? theirIndent.substring(ourIndent.length()) : null;
  }

  /** A line that was ended may go on without its break being said again; a word may not. */
  private static boolean mayFollowDirectly(String ours, char before, char after) {
    boolean word = Character.isLetterOrDigit(before) && !Character.isIdeographic(before);
    boolean begins =
        Character.isLetterOrDigit(after) || after == '-' || after == '*' || after == '#';
    return breaks(ours) > 0 && !word && begins;
  }

  private static int breaks(String space) {
    return (int) space.chars().filter(c -> c == '\n').count();
  }

  /** {@return the index behind the n-th line break; of the first break itself if n is 0} */
  private static int behindBreak(String space, int n) {
    int at = n == 0 ? Math.max(0, space.indexOf('\n')) : 0;
    for (int i = 0; i < n; i++) {
      at = space.indexOf('\n', at) + 1;
    }
    return at;
  }
}
