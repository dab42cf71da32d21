package dev.holdfast.core.json;

/**
 * Compares another text with the text that went by, without keeping it: by its length and a
 * polynomial hash of its UTF-16 units. Guards against mistakes, not against malice.
 */
public final class RunningText {
  private static final long BASE = 0x9E3779B97F4A7C15L;
  private static final long INVERSE = inverse(BASE);

  private long length;
  private long hash;

  public void add(String text) {
    hash = fold(hash, text, 0, text.length());
    length += text.length();
  }

  /** Adds a piece to two texts at once, and returns the hash of the piece. */
  public static long addToBoth(String piece, RunningText one, RunningText other) {
    long folded = 0;
    long power = 1;
    for (int i = 0; i < piece.length(); i++) {
      folded = folded * BASE + piece.charAt(i) + 1;
      power *= BASE;
    }
    one.append(folded, power, piece.length());
    other.append(folded, power, piece.length());
    return folded;
  }

  /** Adds all that went by in another text. */
  public void add(RunningText more) {
    append(more.hash, power(more.length), more.length);
  }

  private void append(long folded, long power, long chars) {
    hash = hash * power + folded;
    length += chars;
  }

  void clear() {
    hash = 0;
    length = 0;
  }

  public boolean isEmpty() {
    return length == 0;
  }

  public long length() {
    return length;
  }

  /** {@return the hash of a text on its own} */
  public static long hashOf(String text) {
    return fold(0, text, 0, text.length());
  }

  /** {@return whether {@code text} begins with all that went by} */
  public boolean isPrefixOf(String text) {
    return length <= text.length() && fold(0, text, 0, (int) length) == hash;
  }

  /**
   * {@return whether {@code whole} is what went by with one piece more, or with one piece once
   * instead of twice: the marks of an event that was lost or doubled} Blank pieces do not count,
   * since clones trim what they repeat.
   */
  public boolean isPieceAwayFrom(String whole) {
    int there = whole.length();
    if (length > 2L * there) {
      return false; // At most all of it came twice.
    }
    int here = (int) length;
    int first = Math.max(0, here - there);
    int from = first + there - here;
    long before = fold(0, whole, 0, first);
    long behind = fold(0, whole, from, there);
    // Of the text after the piece: with it the text before has to be moved.
    long power = power(there - from);
    for (int at = first; ; at++, from++) {
      if (before * power + behind == hash) {
        return !whole.substring(Math.min(at, from), Math.max(at, from)).isBlank();
      }
      if (at == Math.min(here, there)) {
        return false;
      }
      before = before * BASE + whole.charAt(at) + 1;
      power *= INVERSE;
      behind -= (whole.charAt(from) + 1) * power;
    }
  }

  private static long fold(long start, String text, int from, int to) {
    long folded = start;
    for (int i = from; i < to; i++) {
      folded = folded * BASE + text.charAt(i) + 1;
    }
    return folded;
  }

  private static long power(long exponent) {
    long power = 1;
    long square = BASE;
    for (long left = exponent; left > 0; left >>= 1) {
      power *= (left & 1) == 1 ? square : 1;
      square *= square;
    }
    return power;
  }

  /** Of an odd number among the 64-bit ones, by Newton's method. */
  private static long inverse(long odd) {
    long inverse = odd;
    for (int i = 0; i < 6; i++) {
      inverse *= 2 - odd * inverse;
    }
    return inverse;
  }
}
