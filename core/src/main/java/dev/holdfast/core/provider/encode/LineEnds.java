package dev.holdfast.core.provider.encode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** Finds the ends of lines in frames that pass by, eight bytes at a time. */
final class LineEnds {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /** The top bit of each byte. */
  private static final long TOPS = 0x8080808080808080L;

  /** One past CR in each byte: JSON holds no other control characters. */
  private static final long PAST_CR = 0x0E0E0E0E0E0E0E0EL;

  private LineEnds() {}

  /** {@return the index of the first CR or LF at or after {@code from}, or {@code to}} */
  static int find(byte[] bytes, int from, int to) {
    int at = from;
    while (at <= to - Long.BYTES) {
      long eight = (long) LONGS.get(bytes, at);
      long controls = (eight - PAST_CR) & ~eight & TOPS;
      if (controls == 0) {
        at += Long.BYTES;
        continue;
      }
      // The lowest mark is exact; a borrow only marks bytes after it.
      at += Long.numberOfTrailingZeros(controls) / Byte.SIZE;
      if (bytes[at] == '\n' || bytes[at] == '\r') {
        return at;
      }
      at++;
    }
    while (at < to && bytes[at] != '\n' && bytes[at] != '\r') {
      at++;
    }
    return at;
  }
}
