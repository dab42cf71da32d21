package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;

/**
 * A pattern of model names: {@code *} stands for any characters, also none, and {@code ?} for one.
 * Everything else stands for itself, and case counts. Matching takes at most the product of both
 * lengths.
 *
 * @param text the pattern
 */
public record ModelPattern(String text) {
  private static final int MAX_CHARS = 200;

  /** Checks the length and the characters. */
  public ModelPattern {
    Check.that(
        !text.isBlank() && text.length() <= MAX_CHARS,
        "model pattern",
        "must have 1 to " + MAX_CHARS + " characters",
        "'" + text + "'");
    Check.that(
        text.chars().noneMatch(c -> c <= 0x20 || c == '[' || c == ']' || c == '{' || c == '}'),
        "model pattern",
        "must have only * and ? as special characters, and no white space",
        "'" + text + "'");
  }

  /** {@return whether a name fits} */
  public boolean matches(String name) {
    int at = 0;
    int next = 0;
    int star = -1;
    int resume = 0;
    while (at < name.length()) {
      char wanted = next < text.length() ? text.charAt(next) : 0;
      if (wanted == '*') {
        star = next++;
        resume = at;
      } else if (next < text.length() && (wanted == '?' || wanted == name.charAt(at))) {
        at++;
        next++;
      } else if (star >= 0) {
        next = star + 1;
        at = ++resume;
      } else {
        return false;
      }
    }
    while (next < text.length() && text.charAt(next) == '*') {
      next++;
    }
    return next == text.length();
  }
}
