package dev.holdfast.core.seam;

/**
 * The ends of user-perceived characters: Unicode's extended grapheme clusters (UAX #29), with every
 * doubt decided against a boundary. Surrogate pairs, combining marks, joined and toned emoji,
 * flags, Hangul syllables and Indic conjuncts are never cut.
 */
final class Graphemes {
  private static final int JOINER = 0x200D;

  /** A longer row of flags is no text; nothing in it counts as a boundary. */
  private static final int MAX_FLAGS = 512;

  private Graphemes() {}

  /** {@return whether a character ends before {@code at} and another begins there} */
  static boolean isBoundary(CharSequence text, int at) {
    if (at <= 0 || at >= text.length()) {
      return true;
    }
    char low = text.charAt(at);
    char high = text.charAt(at - 1);
    if (isPlain(high) && isPlain(low)) {
      return true;
    }
    if (Character.isLowSurrogate(low) && Character.isHighSurrogate(high)) {
      return false;
    }
    if (high == '\r' && low == '\n') {
      return false;
    }
    int before = Character.codePointBefore(text, at);
    int after = Character.codePointAt(text, at);
    if (Character.isISOControl(before) || Character.isISOControl(after)) {
      return true;
    }
    return !extend(after)
        && !holdsOn(before)
        && !isSyllable(before, after)
        && !isFlag(text, at, before, after);
  }

  /** ASCII letters, digits and signs, by far the most. */
  private static boolean isPlain(char c) {
    return c >= ' ' && c < 0x7F;
  }

  /** Marks, joiners, skin tones, tags: they belong to the character before them. */
  private static boolean extend(int c) {
    return switch (Character.getType(c)) {
      case Character.NON_SPACING_MARK,
          Character.ENCLOSING_MARK,
          Character.COMBINING_SPACING_MARK,
          Character.FORMAT ->
          true;
      default ->
          (c >= 0x1F3FB && c <= 0x1F3FF)
              || c == 0xFF9E
              || c == 0xFF9F
              // Thai and Lao AM.
              || c == 0x0E33
              || c == 0x0EB3;
    };
  }

  /** What continues with the next character: joiners, viramas, signs that are put before. */
  private static boolean holdsOn(int c) {
    return c == JOINER
        || Character.getType(c) == Character.FORMAT
        || isVirama(c)
        || switch (c) {
          case 0x0D4E, 0x111C2, 0x111C3, 0x1193F, 0x11941, 0x11A3A, 0x11D46 -> true;
          default -> c >= 0x11A84 && c <= 0x11A89;
        };
  }

  /** Indic scripts write conjuncts of consonants with it; of those only these are common. */
  private static boolean isVirama(int c) {
    return switch (c) {
      case 0x094D, 0x09CD, 0x0A4D, 0x0ACD, 0x0B4D, 0x0C4D, 0x0D4D, 0x1039, 0x17D2 -> true;
      default -> false;
    };
  }

  private static boolean isSyllable(int before, int after) {
    return isHangul(before)
        && isHangul(after)
        && (isLeading(before) || isVowel(after) || isTrailing(after))
        && !(isTrailing(before) && !isTrailing(after))
        && !(isWhole(before) && !isVowel(after) && !isTrailing(after));
  }

  private static boolean isHangul(int c) {
    return isLeading(c) || isVowel(c) || isTrailing(c) || isWhole(c);
  }

  private static boolean isLeading(int c) {
    return (c >= 0x1100 && c <= 0x115F) || (c >= 0xA960 && c <= 0xA97C);
  }

  private static boolean isVowel(int c) {
    return (c >= 0x1160 && c <= 0x11A7) || (c >= 0xD7B0 && c <= 0xD7C6);
  }

  private static boolean isTrailing(int c) {
    return (c >= 0x11A8 && c <= 0x11FF) || (c >= 0xD7CB && c <= 0xD7FB);
  }

  private static boolean isWhole(int c) {
    return c >= 0xAC00 && c <= 0xD7A3;
  }

  /** Flags are pairs of letters; whether a pair ends here depends on how many precede it. */
  private static boolean isFlag(CharSequence text, int at, int before, int after) {
    if (!isFlagLetter(before) || !isFlagLetter(after)) {
      return false;
    }
    int letters = 0;
    for (int i = at; i >= 2 && letters < MAX_FLAGS; i -= 2) {
      if (!isFlagLetter(Character.codePointBefore(text, i))) {
        break;
      }
      letters++;
    }
    return letters % 2 == 1 || letters == MAX_FLAGS;
  }

  private static boolean isFlagLetter(int c) {
    return c >= 0x1F1E6 && c <= 0x1F1FF;
  }
}
