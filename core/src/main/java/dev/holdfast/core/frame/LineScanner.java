package dev.holdfast.core.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds the end of a line, eight bytes at a time, and notices on the way whether it is ASCII. */
final class LineScanner {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** The top bit of each byte. */
  private static final long TOPS = 0x8080808080808080L;

  /** One past CR in each byte: whatever lies below it is a control character worth a look. */
  private static final long PAST_CR = 0x0E0E0E0E0E0E0E0EL;

  private LineScanner() {}

  /**
   * Finds the first CR or LF in {@code [from, to)}.
   *
   * @return its index, or {@code to} if there is none; complemented ({@code ~index}) if a byte of
   *     0x80 or above lies before it
   */
  static int find(byte[] bytes, int from, int to) {
    long seen = 0;
    int at = from;
    for (; at <= to - 32; at += 32) {
      long first = (long) LONGS.get(bytes, at);
      long second = (long) LONGS.get(bytes, at + 8);
      long third = (long) LONGS.get(bytes, at + 16);
      long fourth = (long) LONGS.get(bytes, at + 24);
      // One subtraction tests for CR and LF at once: JSON holds no other control characters.
      long hits =
          ((first - PAST_CR) & ~first)
              | ((second - PAST_CR) & ~second)
              | ((third - PAST_CR) & ~third)
              | ((fourth - PAST_CR) & ~fourth);
      if ((hits & TOPS) != 0) {
        int found = findInWords(bytes, at, at + 32, seen);
        if (found != NONE) {
          return found;
        }
      }
      seen |= first | second | third | fourth;
    }
    int words = at + ((to - at) & ~7);
    if (at < words) {
      int found = findInWords(bytes, at, words, seen);
      if (found != NONE) {
        return found;
      }
      for (; at < words; at += 8) {
        seen |= (long) LONGS.get(bytes, at);
      }
    }
    for (; at < to; at++) {
      byte b = bytes[at];
      if (b == '\n' || b == '\r') {
        break;
      }
      seen |= b;
    }
    return (seen & TOPS) == 0 ? at : ~at;
  }

  private static final int NONE = Integer.MIN_VALUE;

  /** Like {@link #find} over whole words; {@link #NONE} if there is no line end. */
  private static int findInWords(byte[] bytes, int from, int to, long seenBefore) {
    long seen = seenBefore;
    for (int at = from; at < to; at += 8) {
      long word = (long) LONGS.get(bytes, at);
      long hits = (word - PAST_CR) & ~word & TOPS;
      // Borrows can mark a byte above a true hit by mistake, so every mark is looked at.
      for (; hits != 0; hits &= hits - 1) {
        int index = at + (Long.numberOfTrailingZeros(hits) >>> 3);
        byte b = bytes[index];
        if (b == '\n' || b == '\r') {
          long below = (hits & -hits) - 1;
          seen |= word & below;
          return (seen & TOPS) == 0 ? index : ~index;
        }
      }
      seen |= word;
    }
    return NONE;
  }
}
