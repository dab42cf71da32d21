package dev.holdfast.core.frame;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Turns bytes into strings without making the same string twice: event types come from a handful of
 * names, ids often repeat. Bounded; a miss costs a string, never a wrong answer.
 */
final class NameCache {
  private static final int SLOTS = 32;

  /** Longer names are not remembered. */
  private static final int MAX_LENGTH = 128;

  /** By slot; without one before the first name, as many streams have none. */
  private @Nullable Entry[] entries = {};

  /** A name, and its bytes. */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  private record Entry(byte[] bytes, String text) {}

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
    if (entries.length == 0) {
      entries = new Entry[SLOTS];
    }
    var known = entries[slot];
    if (known != null && Arrays.equals(known.bytes, 0, known.bytes.length, array, from, to)) {
      return known.text;
    }
    String made = Utf8.decodeLossy(array, from, length);
    entries[slot] = new Entry(Arrays.copyOfRange(array, from, to), made);
    return made;
  }
}
