package dev.holdfast.core.seam;

/**
 * Compares a continuation with the end of the delivered text, character by character, going on
 * where it stopped as the continuation grows.
 *
 * <p>Models repeat text with other white space and other quotes, so in lenient mode a run of white
 * space equals any other run, and typographic quotes and dashes equal their plain forms; white
 * space at the end of the delivered text is left to {@link SeamSpace}. In exact mode only equal
 * characters are equal.
 */
final class Alignment {
  /** How a comparison came out. */
  enum Match {
    /** The delivered text is matched to its end. */
    FULL,
    /** All of the continuation matches so far, but it is shorter. */
    PARTIAL,
    /** The texts differ. */
    NONE
  }

  private final CharSequence delivered;
  private final int end;
  private final boolean lenient;
  private final int from;
  private final int lead;
  private int deliveredIndex;
  private int continuationIndex;
  private boolean theirSpace = true;

  /**
   * Aligns character {@code lead} of a continuation with character {@code from} of the delivered
   * text.
   *
   * @param end where the delivered text ends for this comparison
   */
  Alignment(CharSequence delivered, int end, int from, int lead, boolean lenient) {
    this.delivered = delivered;
    this.end = end;
    this.from = from;
    this.lead = lead;
    this.deliveredIndex = from;
    this.continuationIndex = lead;
    this.lenient = lenient;
  }

  /** {@return where in the delivered text the continuation begins} */
  int from() {
    return from;
  }

  /** {@return characters of the continuation that stand before the repetition} */
  int lead() {
    return lead;
  }

  /** {@return characters of the continuation that are repeated text, or stand before it} */
  int consumed() {
    return continuationIndex;
  }

  /** Goes on comparing; call with the same continuation, grown. */
  Match advance(CharSequence continuation) {
    while (deliveredIndex < end) {
      if (continuationIndex >= continuation.length()) {
        return Match.PARTIAL;
      }
      char their = continuation.charAt(continuationIndex);
      char our = delivered.charAt(deliveredIndex);
      if (their == our || (lenient && fold(their) == fold(our))) {
        continuationIndex++;
        deliveredIndex++;
        theirSpace = isSpace(their);
      } else if (lenient && isSpace(their) && (isSpace(our) || ourSpace())) {
        continuationIndex++;
        theirSpace = true;
      } else if (lenient && isSpace(our) && theirSpace) {
        deliveredIndex++;
      } else {
        return Match.NONE;
      }
    }
    return Match.FULL;
  }

  /** White space may be passed over at the start, too. */
  private boolean ourSpace() {
    return deliveredIndex == from || isSpace(delivered.charAt(deliveredIndex - 1));
  }

  static boolean isSpace(char c) {
    return c < 0x80
        ? c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f)
        : Character.isWhitespace(c) || c == '\u00a0';
  }

  /** {@return where the text ends, white space behind it left out} */
  static int withoutTrailingSpace(CharSequence text) {
    int end = text.length();
    while (end > 0 && isSpace(text.charAt(end - 1))) {
      end--;
    }
    return end;
  }

  /** Typographic quotes and dashes to their plain forms. */
  static char fold(char c) {
    if (c < '\u00ab') {
      return c;
    }
    return switch (c) {
      case '\u2018', '\u2019', '\u201a', '\u201b', '\u2032' -> '\'';
      case '\u201c', '\u201d', '\u201e', '\u201f', '\u2033', '\u00ab', '\u00bb' -> '"';
      case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212' -> '-';
      default -> c;
    };
  }
}
