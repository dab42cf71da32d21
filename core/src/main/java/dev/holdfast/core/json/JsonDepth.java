package dev.holdfast.core.json;

/**
 * Counts the brackets of a JSON text that comes in pieces. Keeps none of the text, and does not
 * notice whether it is valid.
 */
public final class JsonDepth {
  private int depth;
  private boolean inString;
  private boolean escaped;
  private boolean begun;
  private boolean container;

  /** Takes more of the text, from where the last piece ended. */
  public void take(CharSequence piece) {
    for (int i = 0; i < piece.length(); i++) {
      take(piece.charAt(i));
    }
  }

  private void take(char c) {
    if (escaped) {
      escaped = false;
    } else if (inString) {
      escaped = c == '\\';
      inString = c != '"';
    } else {
      switch (c) {
        case '"' -> inString = true;
        case '{', '[' -> {
          depth++;
          container |= !begun;
        }
        case '}', ']' -> depth--;
        default -> {}
      }
    }
    begun |= !isSpace(c);
  }

  private static boolean isSpace(char c) {
    return c == ' ' || c == '\n' || c == '\r' || c == '\t';
  }

  /** {@return whether only white space came} */
  public boolean isBlank() {
    return !begun;
  }

  /** {@return whether as many brackets closed as opened, or more} */
  public boolean isLevel() {
    return depth <= 0;
  }

  /** {@return whether an object or array began the text and every bracket is closed} */
  public boolean isWhole() {
    return container && depth <= 0 && !inString;
  }

  /** {@return whether {@code piece} begins with an object or array} */
  public static boolean begins(String piece) {
    for (int i = 0; i < piece.length(); i++) {
      char c = piece.charAt(i);
      if (!isSpace(c)) {
        return c == '{' || c == '[';
      }
    }
    return false;
  }

  /** {@return whether {@code piece} is an object without members} */
  public static boolean isEmptyObject(String piece) {
    String text = piece.strip();
    return text.startsWith("{")
        && text.endsWith("}")
        && text.substring(1, Math.max(1, text.length() - 1)).isBlank()
        && text.length() > 1;
  }

  /** {@return whether the text has begun and every bracket and string is closed} */
  public boolean isClosed() {
    return begun && depth <= 0 && !inString;
  }

  /** Begins another text. */
  public void restart() {
    depth = 0;
    inString = false;
    escaped = false;
    begun = false;
    container = false;
  }
}
