package dev.holdfast.core.seam;

/**
 * Compares a continuation with the end of the delivered text, character by character, continuing
 * where it stopped as the continuation grows.
 *
 * <p>Only the white space at the two ends of a repetition may differ. In lenient mode it may before
 * the first character; after the last one {@link SeamSpace} decides. A model that changes a letter,
 * a quotation mark or a line break in the repetition may change them later. So its continuation
 * proves nothing.
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
  private final int from;
  private final int lead;
  private int deliveredIndex;
  private int continuationIndex;
  private boolean begun;

  /**
   * Aligns character {@code lead} of a continuation with character {@code from} of the delivered
   * text.
   *
   * @param end where the delivered text ends for this comparison
   * @param lenient whether white space before the first character may differ
   */
  Alignment(CharSequence delivered, int end, int from, int lead, boolean lenient) {
    this.delivered = delivered;
    this.end = end;
    this.from = from;
    this.lead = lead;
    this.deliveredIndex = from;
    this.continuationIndex = lead;
    this.begun = !lenient;
  }

  /** {@return where in the delivered text the continuation begins} */
  int from() {
    return from;
  }

  /** {@return characters of the continuation that precede the repetition} */
  int lead() {
    return lead;
  }

  /** {@return characters of the continuation that are repeated text, or precede it} */
  int consumed() {
    return continuationIndex;
  }

  /** Continues comparing; call with the same continuation, grown. */
  Match advance(CharSequence continuation) {
    int length = continuation.length();
    if (!begun) {
      while (continuationIndex < length && isSpace(continuation.charAt(continuationIndex))) {
        continuationIndex++;
      }
      while (deliveredIndex < end && isSpace(delivered.charAt(deliveredIndex))) {
        deliveredIndex++;
      }
      begun = continuationIndex < length;
    }
    while (deliveredIndex < end) {
      if (continuationIndex >= length) {
        return Match.PARTIAL;
      }
      if (continuation.charAt(continuationIndex) != delivered.charAt(deliveredIndex)) {
        return Match.NONE;
      }
      continuationIndex++;
      deliveredIndex++;
    }
    return Match.FULL;
  }

  static boolean isSpace(char c) {
    return c < 0x80
        ? c == ' ' || (c >= '\t' && c <= '\r') || (c >= 0x1c && c <= 0x1f)
        : Character.isWhitespace(c) || c == '\u00a0';
  }

  /** {@return where the text ends, white space after it left out} */
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
