package dev.holdfast.core.json;

/**
 * Returns the new part of a text that comes whole every time. Returned text cannot be withdrawn, so
 * a text may only grow. Characters that the model has written half are U+FFFD at its end, and are
 * held back until the other half comes.
 */
public final class CumulativeText {
  private static final char HALF_WRITTEN = '\uFFFD';

  private String whole = "";
  private int returnedChars;

  /** {@return whether a text continues what was returned; an empty one does not count} */
  public boolean isContinuedBy(String text) {
    return text.isEmpty() || text.regionMatches(0, whole, 0, returnedChars);
  }

  /** {@return by how many characters a text is longer than the last one, at least 0} */
  public int growth(String text) {
    return Math.max(0, text.length() - whole.length());
  }

  /** {@return the new part of a text that continues what was returned} */
  public String take(String text) {
    if (text.isEmpty()) {
      return "";
    }
    whole = text;
    int end = text.length();
    while (end > returnedChars && text.charAt(end - 1) == HALF_WRITTEN) {
      end--;
    }
    String fresh = text.substring(returnedChars, end);
    returnedChars = end;
    return fresh;
  }

  /** {@return what was held back, since nothing more will come} */
  public String rest() {
    String rest = whole.substring(returnedChars);
    returnedChars = whole.length();
    return rest;
  }
}
