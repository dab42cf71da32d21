package dev.holdfast.core.dialect;

/**
 * Tells whether another text is, or goes on with, the text that went by, without keeping it: by its
 * length and a polynomial hash of its UTF-16 units. Guards against mistakes, not against malice.
 */
final class RunningText {
  private static final long BASE = 0x9E3779B97F4A7C15L;

  private long length;
  private long hash;

  void add(String text) {
    hash = fold(hash, text, text.length());
    length += text.length();
  }

  boolean isEmpty() {
    return length == 0;
  }

  long length() {
    return length;
  }

  /** {@return whether {@code text} begins with all that went by} */
  boolean isPrefixOf(String text) {
    return length <= text.length() && fold(0, text, (int) length) == hash;
  }

  /** {@return whether {@code other} saw the same text} */
  boolean isSameAs(RunningText other) {
    return length == other.length && hash == other.hash;
  }

  private static long fold(long from, String text, int to) {
    long folded = from;
    for (int i = 0; i < to; i++) {
      folded = folded * BASE + text.charAt(i) + 1;
    }
    return folded;
  }
}
