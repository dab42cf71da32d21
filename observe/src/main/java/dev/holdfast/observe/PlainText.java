package dev.holdfast.observe;

/**
 * Sanitises untrusted text for storage and display: a model's name, a provider's error code. It is
 * cut to a length, and characters that steer a terminal or reorder a line are replaced. Escaping
 * HTML is left to code that writes HTML: text stays text here.
 */
public final class PlainText {
  private static final char REPLACEMENT = '\uFFFD';
  private static final String CUT = "...";

  private PlainText() {}

  /**
   * {@return the text on one line: line feeds and tabs become spaces, other hazards U+FFFD}
   *
   * @param maxUnits longest result in UTF-16 units, at least 4; longer text ends in "..."
   */
  public static String line(String text, int maxUnits) {
    boolean whole = text.length() <= maxUnits;
    // Cut first: a megabyte of it is not looked at.
    int end = whole ? text.length() : maxUnits - CUT.length();
    if (!whole && Character.isHighSurrogate(text.charAt(end - 1))) {
      end--;
    }
    String kept = whole ? text : text.substring(0, end) + CUT;
    if (kept.codePoints().noneMatch(PlainText::isHazard)) {
      return kept;
    }
    var out = new StringBuilder(kept.length());
    kept.codePoints()
        .forEach(point -> {
          if (!isHazard(point)) {
            out.appendCodePoint(point);
          } else {
            out.append(point == '\n' || point == '\t' || point == '\r' ? ' ' : REPLACEMENT);
          }
        });
    return out.toString();
  }

  /** {@return whether a code point can steer a terminal, or hide or reorder text} */
  public static boolean isHazard(int point) {
    return Character.isISOControl(point) // C0, DEL and C1, whose 0x9B starts sequences too
        || point == 0x061C // Arabic letter mark
        || point == 0x200E // left-to-right mark
        || point == 0x200F // right-to-left mark
        || (point >= 0x202A && point <= 0x202E) // bidi embeddings and overrides
        || (point >= 0x2066 && point <= 0x2069) // bidi isolates
        || point == 0x2028 // line separator
        || point == 0x2029 // paragraph separator
        || (point >= 0xFFF9 && point <= 0xFFFB) // interlinear annotations
        || (point >= 0xE0000 && point <= 0xE007F) // tags: invisible letters
        || (point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE); // half a pair
  }
}
