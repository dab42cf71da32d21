package dev.holdfast.core.json;

/**
 * Tells what is new of a text that comes whole every time. What was said cannot be taken back, so a
 * text may only grow; but for characters that the model has written half, which stand as U+FFFD at
 * its end until the other half comes, and are held back so long.
 */
public final class CumulativeText {
  private static final char HALF_WRITTEN = '\uFFFD';

  private String whole = "";
  private int said;

  /** {@return whether a text goes on with what was said; an empty one says nothing} */
  public boolean isContinuedBy(String text) {
    return text.isEmpty() || text.regionMatches(0, whole, 0, said);
  }

  /** {@return by how many characters a text is longer than the last one, at least 0} */
  public int growth(String text) {
    return Math.max(0, text.length() - whole.length());
  }

  /** {@return what is new of a text that goes on with what was said} */
  public String take(String text) {
    if (text.isEmpty()) {
      return "";
    }
    whole = text;
    int end = text.length();
    while (end > said && text.charAt(end - 1) == HALF_WRITTEN) {
      end--;
    }
    String fresh = text.substring(said, end);
    said = end;
    return fresh;
  }

  /** {@return what was held back, since nothing more will come} */
  public String rest() {
    String rest = whole.substring(said);
    said = whole.length();
    return rest;
  }
}
