package dev.holdfast.core.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * UTF-8 as WHATWG Encoding reads it: each maximal invalid subpart becomes one U+FFFD. The JDK
 * differs for encoded surrogates (ED A0..BF xx), where it makes one of the three bytes.
 */
public final class Utf8 {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long TOPS = 0x8080808080808080L;

  private static final byte[] REPLACEMENT = {(byte) 0xEF, (byte) 0xBF, (byte) 0xBD};

  private Utf8() {}

  /** {@return the text, each maximal invalid subpart replaced by one U+FFFD} */
  public static String decodeLossy(byte[] bytes, int offset, int length) {
    int replacements = countReplacements(bytes, offset, length);
    if (replacements == 0) {
      return new String(bytes, offset, length, StandardCharsets.UTF_8);
    }
    byte[] valid = new byte[Math.addExact(length, Math.multiplyExact(2, replacements))];
    int filled = 0;
    int end = offset + length;
    int at = offset;
    while (at < end) {
      int step = step(bytes, at, end);
      if (step > 0) {
        System.arraycopy(bytes, at, valid, filled, step);
        filled += step;
        at += step;
      } else {
        System.arraycopy(REPLACEMENT, 0, valid, filled, REPLACEMENT.length);
        filled += REPLACEMENT.length;
        at -= step;
      }
    }
    return new String(valid, 0, filled, StandardCharsets.UTF_8);
  }

  /**
   * {@return how many U+FFFD {@link #decodeLossy} puts in; 0 if and only if the bytes are valid}
   */
  public static int countReplacements(byte[] bytes, int offset, int length) {
    int count = 0;
    int end = offset + length;
    int at = offset;
    while (at < end) {
      if (bytes[at] >= 0) {
        at = skipAscii(bytes, at, end);
      } else {
        int step = step(bytes, at, end);
        if (step < 0) {
          count++;
        }
        at += Math.abs(step);
      }
    }
    return count;
  }

  private static int skipAscii(byte[] bytes, int from, int end) {
    int at = from;
    while (at <= end - 8 && ((long) LONGS.get(bytes, at) & TOPS) == 0) {
      at += 8;
    }
    while (at < end && bytes[at] >= 0) {
      at++;
    }
    return at;
  }

  /**
   * {@return the length of the character at {@code at}, or minus the length of the maximal invalid
   * subpart there} The bounds of the second byte are those of The Unicode Standard, table 3-7.
   */
  private static int step(byte[] bytes, int at, int end) {
    int lead = bytes[at] & 0xFF;
    if (lead < 0x80) {
      return 1;
    }
    if (lead < 0xC2 || lead > 0xF4) {
      return -1;
    }
    int lowest = lead == 0xE0 ? 0xA0 : lead == 0xF0 ? 0x90 : 0x80;
    int highest = lead == 0xED ? 0x9F : lead == 0xF4 ? 0x8F : 0xBF;
    if (!isWithin(bytes, at + 1, end, lowest, highest)) {
      return -1;
    }
    if (lead < 0xE0) {
      return 2;
    }
    if (!isWithin(bytes, at + 2, end, 0x80, 0xBF)) {
      return -2;
    }
    if (lead < 0xF0) {
      return 3;
    }
    return isWithin(bytes, at + 3, end, 0x80, 0xBF) ? 4 : -3;
  }

  private static boolean isWithin(byte[] bytes, int at, int end, int lowest, int highest) {
    if (at >= end) {
      return false;
    }
    int b = bytes[at] & 0xFF;
    return lowest <= b && b <= highest;
  }
}
