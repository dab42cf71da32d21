package dev.holdfast.core.seam;

import org.jspecify.annotations.Nullable;

/**
 * Joins the white space on both sides of a seam. Delivered space stays, and the continuation's
 * surplus is added. So neither a paragraph nor an indentation is lost or doubled.
 */
final class SeamSpace {
  private SeamSpace() {}

  /**
   * {@return the white space to hand on, or null if the two cannot be joined}
   *
   * @param deliveredSpace the white space that the delivered text ends with
   * @param continuedSpace that which the continuation has after the repeated text
   * @param before the last visible character that was delivered
   * @param after the first visible one that is new; 0 if there is none
   * @param inFence whether the seam is in a block of code, where every space counts
   */
  static @Nullable String join(
      String deliveredSpace, String continuedSpace, char before, char after, boolean inFence) {
    if (continuedSpace.startsWith(deliveredSpace)) {
      return continuedSpace.substring(deliveredSpace.length());
    }
    if (after == 0) {
      return "";
    }
    if (continuedSpace.isEmpty()) {
      return mayFollowDirectly(deliveredSpace, before, after) ? "" : null;
    }
    if (deliveredSpace.startsWith("\n")
        && continuedSpace.startsWith(" ")
        && breaks(continuedSpace) > 0) {
      return null; // A space for the line break, and another one: or the same, and a space more.
    }
    int deliveredBreaks = breaks(deliveredSpace);
    int continuedBreaks = breaks(continuedSpace);
    if (continuedBreaks > deliveredBreaks) {
      return continuedSpace.substring(behindBreak(continuedSpace, deliveredBreaks));
    }
    if (continuedBreaks == 0) {
      return inFence ? null : ""; // A space for a line break, or for another number of spaces.
    }
    String deliveredIndent = deliveredSpace.substring(behindBreak(deliveredSpace, deliveredBreaks));
    String continuedIndent = continuedSpace.substring(behindBreak(continuedSpace, continuedBreaks));
    // Another indentation is another program, or another list.
    return continuedIndent.startsWith(deliveredIndent)
        ? continuedIndent.substring(deliveredIndent.length())
        : null;
  }

  /** A line that was ended may continue without a repeated break; a word may not. */
  private static boolean mayFollowDirectly(String deliveredSpace, char before, char after) {
    boolean word = Character.isLetterOrDigit(before) && !Character.isIdeographic(before);
    boolean begins =
        Character.isLetterOrDigit(after) || after == '-' || after == '*' || after == '#';
    return breaks(deliveredSpace) > 0 && !word && begins;
  }

  static int breaks(String space) {
    return (int) space.chars().filter(c -> c == '\n').count();
  }

  /** {@return the index after the n-th line break; of the first break itself if n is 0} */
  private static int behindBreak(String space, int n) {
    int at = n == 0 ? Math.max(0, space.indexOf('\n')) : 0;
    for (int i = 0; i < n; i++) {
      at = space.indexOf('\n', at) + 1;
    }
    return at;
  }
}
