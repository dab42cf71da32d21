package dev.holdfast.core.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Finds line ends, 64 bytes at a time. Caches the result of the last block, so that short lines
 * cost no second look, and records where bytes are not ASCII.
 */
final class LineScanner {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int BLOCK = 64;

  /** The top bit of each byte. */
  private static final long TOPS = 0x8080808080808080L;

  /** One past CR in each byte: every value below it is a control character to be examined. */
  private static final long PAST_CR = 0x0E0E0E0E0E0E0E0EL;

  /** Where the block that {@link #marks} describes begins. */
  private int base;

  /** Bit i is set if byte {@code base + i} may end a line. */
  private long marks;

  private int nonAsciiEnd;

  /** Forgets the last chunk; the next one begins at {@code at}. */
  void restart(int at) {
    base = at - BLOCK;
    marks = 0;
    nonAsciiEnd = at;
  }

  /**
   * {@return an index past which, as far as was scanned, all is ASCII} May be up to 64 bytes more
   * than it need be.
   */
  int nonAsciiEnd() {
    return nonAsciiEnd;
  }

  /**
   * {@return the index of the first CR or LF at or after {@code from}, or {@code end}} Goes forward
   * only: {@code from} is never less than the last answer, {@code end} is the same for a chunk.
   */
  int find(byte[] bytes, int from, int end) {
    int at = from;
    while (at < end) {
      int offset = at - base;
      long rest = offset < BLOCK ? marks >>> offset : 0;
      if (rest == 0) {
        load(bytes, base + BLOCK, end);
        at = Math.max(at, base);
        if (marks == 0) {
          return end;
        }
        continue;
      }
      at += Long.numberOfTrailingZeros(rest);
      byte b = bytes[at];
      if (b == '\n' || b == '\r') {
        return at;
      }
      at++;
    }
    return end;
  }

  /**
   * Marks the first block at or after {@code from} that has marks; {@code marks} is 0 if none.
   *
   * <p>Spelled out, and so too large for the JIT compiler to inline: within its caller's loops the
   * same code runs at half the speed.
   */
  private void load(byte[] bytes, int from, int end) {
    int at = from;
    for (; at <= end - BLOCK; at += BLOCK) {
      long a = (long) LONGS.get(bytes, at);
      long b = (long) LONGS.get(bytes, at + 8);
      long c = (long) LONGS.get(bytes, at + 16);
      long d = (long) LONGS.get(bytes, at + 24);
      long e = (long) LONGS.get(bytes, at + 32);
      long f = (long) LONGS.get(bytes, at + 40);
      long g = (long) LONGS.get(bytes, at + 48);
      long h = (long) LONGS.get(bytes, at + 56);
      // One subtraction tests for CR and LF at once: JSON holds no other control characters.
      long ma = (a - PAST_CR) & ~a;
      long mb = (b - PAST_CR) & ~b;
      long mc = (c - PAST_CR) & ~c;
      long md = (d - PAST_CR) & ~d;
      long me = (e - PAST_CR) & ~e;
      long mf = (f - PAST_CR) & ~f;
      long mg = (g - PAST_CR) & ~g;
      long mh = (h - PAST_CR) & ~h;
      long seen = (a | b) | (c | d) | ((e | f) | (g | h));
      if ((seen & TOPS) != 0) {
        nonAsciiEnd = at + BLOCK;
      }
      long found = (ma | mb) | (mc | md) | ((me | mf) | (mg | mh));
      if ((found & TOPS) != 0) {
        base = at;
        marks =
            transposed(
                (ma & TOPS) >>> 7
                    | (mb & TOPS) >>> 6
                    | (mc & TOPS) >>> 5
                    | (md & TOPS) >>> 4
                    | (me & TOPS) >>> 3
                    | (mf & TOPS) >>> 2
                    | (mg & TOPS) >>> 1
                    | (mh & TOPS));
        return;
      }
    }
    marks = 0;
    base = at;
    if (at < end) {
      loadTail(bytes, at, end);
    }
  }

  private void loadTail(byte[] bytes, int from, int end) {
    long seen = 0;
    for (int i = from; i < end; i++) {
      byte b = bytes[i];
      seen |= b;
      if (b == '\n' || b == '\r') {
        marks |= 1L << (i - from);
      }
    }
    if ((seen & TOPS) != 0) {
      nonAsciiEnd = end;
    }
  }

  /** Turns bit {@code 8 * column + row} into bit {@code 8 * row + column}. */
  private static long transposed(long bits) {
    long x = bits;
    long swap = (x ^ (x >>> 7)) & 0x00AA00AA00AA00AAL;
    x ^= swap ^ (swap << 7);
    swap = (x ^ (x >>> 14)) & 0x0000CCCC0000CCCCL;
    x ^= swap ^ (swap << 14);
    swap = (x ^ (x >>> 28)) & 0x00000000F0F0F0F0L;
    return x ^ swap ^ (swap << 28);
  }
}
