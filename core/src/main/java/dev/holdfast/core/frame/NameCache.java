package dev.holdfast.core.frame;

import java.util.Arrays;

/**
 * Turns bytes into strings without making the same string twice: event types come from a handful of
 * names, ids often repeat. Bounded; a miss costs a string, never a wrong answer.
 */
final class NameCache {
  private static final int SLOTS = 32;

  /** Longer names are not remembered. */
  private static final int MAX_LENGTH = 128;

  /** An empty entry is an empty slot. */
  private final byte[][] bytes = new byte[SLOTS][0];

  private final String[] strings = new String[SLOTS];

  /** {@return the text of {@code [from, to)}} Invalid UTF-8 becomes U+FFFD. */
  String name(byte[] array, int from, int to) {
    int length = to - from;
    if (length == 0) {
      return "";
    }
    if (length > MAX_LENGTH) {
      return Utf8.decodeLossy(array, from, length);
    }
    int slot = (31 * length + 7 * array[from] + array[to - 1]) & (SLOTS - 1);
    byte[] known = bytes[slot];
    if (Arrays.equals(known, 0, known.length, array, from, to)) {
      return strings[slot];
    }
    String made = Utf8.decodeLossy(array, from, length);
    bytes[slot] = Arrays.copyOfRange(array, from, to);
    strings[slot] = made;
    return made;
  }
}
