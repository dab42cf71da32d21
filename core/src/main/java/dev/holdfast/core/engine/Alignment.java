package dev.holdfast.core.engine;

/**
 * Compares a continuation with the end of the delivered text, character by character, going on
 * where it stopped as the continuation grows.
 *
 * <p>Models repeat text with other white space and other quotes, so in lenient mode a run of white
 * space equals any other run, and typographic quotes and dashes equal their plain forms. In exact
 * mode only equal characters are equal.
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
  private final boolean lenient;
  private final int from;
  private int ours;
  private int theirs;
  private boolean theirSpace = true;

  /** Aligns character {@code skip} of a continuation with character {@code from} of ours. */
  Alignment(CharSequence delivered, int from, int skip, boolean lenient) {
    this.delivered = delivered;
    this.from = from;
    this.ours = from;
    this.theirs = skip;
    this.lenient = lenient;
  }

  /** {@return where in the delivered text the continuation begins} */
  int from() {
    return from;
  }

  /** {@return characters of the continuation that are repeated text} */
  int consumed() {
    return theirs;
  }

  /** Goes on comparing; call with the same continuation, grown. */
  Match advance(CharSequence continuation) {
    while (ours < delivered.length()) {
      if (theirs >= continuation.length()) {
        return Match.PARTIAL;
      }
      char their = continuation.charAt(theirs);
      char our = delivered.charAt(ours);
      if (their == our || (lenient && fold(their) == fold(our))) {
        theirs++;
        ours++;
        theirSpace = isSpace(their);
      } else if (lenient && isSpace(their) && (isSpace(our) || ourSpace())) {
        theirs++;
        theirSpace = true;
      } else if (lenient && isSpace(our) && theirSpace) {
        ours++;
      } else {
        return Match.NONE;
      }
    }
    return Match.FULL;
  }

  /** Like {@link #advance}, knowing that nothing follows: trailing white space may be missing. */
  Match conclude(CharSequence continuation) {
    var match = advance(continuation);
    if (match == Match.PARTIAL && lenient) {
      for (int i = ours; i < delivered.length(); i++) {
        if (!isSpace(delivered.charAt(i))) {
          return Match.PARTIAL;
        }
      }
      return Match.FULL;
    }
    return match;
  }

  /** White space may be passed over at the start, too. */
  private boolean ourSpace() {
    return ours == from || isSpace(delivered.charAt(ours - 1));
  }

  static boolean isSpace(char c) {
    return Character.isWhitespace(c) || c == '\u00a0';
  }

  /** Typographic quotes and dashes to their plain forms. */
  static char fold(char c) {
    return switch (c) {
      case '\u2018', '\u2019', '\u201a', '\u201b', '\u2032' -> '\'';
      case '\u201c', '\u201d', '\u201e', '\u201f', '\u2033', '\u00ab', '\u00bb' -> '"';
      case '\u2010', '\u2011', '\u2012', '\u2013', '\u2014', '\u2212' -> '-';
      default -> c;
    };
  }
}
