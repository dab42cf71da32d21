package dev.holdfast.core.frame;

import java.util.Arrays;

/**
 * Bytes that had to be kept because their chunk is gone. Grows by doubling, so that appending is
 * linear in total, and never past {@code limit} unless a single append asks for it.
 */
final class GrowingBytes {
  /** Larger arrays are released once they are empty: most frames are a few hundred bytes. */
  private static final int KEPT_CAPACITY = 64 << 10;

  private static final int FIRST_CAPACITY = 512;
  private static final byte[] NOTHING = {};

  private final int limit;
  private byte[] array = NOTHING;
  private int length;

  /** Takes the length, in bytes, that its owner will not exceed. */
  GrowingBytes(int limit) {
    this.limit = limit;
  }

  byte[] array() {
    return array;
  }

  int length() {
    return length;
  }

  void append(byte[] bytes, int from, int to) {
    int count = to - from;
    reserve(count);
    System.arraycopy(bytes, from, array, length, count);
    length += count;
  }

  void append(byte b) {
    reserve(1);
    array[length++] = b;
  }

  /** Forgets the content but leaves it in the array, where a frame may still show it. */
  void restart() {
    length = 0;
  }

  /** Releases a large array if it is empty. */
  void trim() {
    if (length == 0 && array.length > KEPT_CAPACITY) {
      array = NOTHING;
    }
  }

  /** Takes over the array of {@code other}, with its first {@code count} bytes, without copying. */
  void adopt(GrowingBytes other, int count) {
    byte[] spare = array;
    array = other.array;
    length = count;
    other.array = spare;
    other.length = 0;
  }

  private void reserve(int count) {
    int needed = Math.addExact(length, count);
    if (needed > array.length) {
      long doubled = Math.max(FIRST_CAPACITY, 2L * array.length);
      int capacity = (int) Math.max(needed, Math.min(doubled, limit));
      array = Arrays.copyOf(array, capacity);
    }
  }
}
