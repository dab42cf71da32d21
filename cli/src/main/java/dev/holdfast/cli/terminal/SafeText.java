package dev.holdfast.cli.terminal;

import dev.holdfast.observe.PlainText;

/**
 * Makes text of strangers fit to be shown. A model's answer, a provider's error or a file name may
 * carry escape sequences that rewrite the screen. It may carry direction marks that make it read as
 * something else.
 */
public final class SafeText {
  private static final char REPLACEMENT = '\uFFFD';

  private SafeText() {}

  /**
   * {@return the text with line feeds and tabs kept and everything that could steer a terminal
   * replaced by a visible character} Carriage returns before line feeds are dropped.
   */
  public static String lines(String text) {
    return clean(text, true);
  }

  /** {@return the text fit for one line: line feeds and tabs become spaces} */
  public static String line(String text) {
    return clean(text, false);
  }

  /** Whether a code point can steer a terminal or hide or reorder text. */
  static boolean isHazard(int point) {
    return PlainText.isHazard(point);
  }

  private static String clean(String text, boolean keepLines) {
    if (text.codePoints().noneMatch(SafeText::isHazard)) {
      return text;
    }
    var out = new StringBuilder(text.length());
    for (int i = 0; i < text.length(); i = text.offsetByCodePoints(i, 1)) {
      int point = text.codePointAt(i);
      if (!isHazard(point)) {
        out.appendCodePoint(point);
      } else if (point == '\n' || point == '\t') {
        out.append(keepLines ? (char) point : ' ');
      } else if (!(point == '\r' && text.startsWith("\n", i + 1))) {
        out.append(picture(point));
      }
    }
    return out.toString();
  }

  /** {@return Unicode's picture of a C0 control, or the replacement character} */
  private static char picture(int point) {
    return point < ' ' ? (char) (0x2400 + point) : REPLACEMENT;
  }
}
