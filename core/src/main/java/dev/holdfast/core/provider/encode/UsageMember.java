package dev.holdfast.core.provider.encode;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/** Finds the member {@code usage} of a chunk in its bytes, without parsing the chunk. */
final class UsageMember {
  private static final byte[] NAME = "\"usage\"".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

  private static final byte[] CALL = "_call".getBytes(StandardCharsets.US_ASCII);

  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long QUOTES = ONES * '"';
  private static final long LETTERS = ONES * 'u';

  private UsageMember() {}

  /** {@return whether the name occurs, as a member or as a text} Eight bytes at a time. */
  static boolean isIn(byte[] bytes, int from, int to) {
    int at = from;
    for (; at + Long.BYTES <= to; at += Long.BYTES - 1) {
      long word = (long) LONGS.get(bytes, at);
      long quotes = zeros(word ^ QUOTES);
      // A quotation mark, and the name's first letter one byte later.
      if ((quotes & (zeros(word ^ LETTERS) >>> Byte.SIZE)) != 0 && isNear(bytes, at, to)) {
        return true;
      }
    }
    return isNear(bytes, at, to);
  }

  /** The high bit of each byte that is zero; a borrow may set wrong bits above a right one. */
  private static long zeros(long word) {
    return (word - ONES) & ~word & HIGHS;
  }

  /** {@return whether the name begins within the eight bytes from here} */
  private static boolean isNear(byte[] bytes, int from, int to) {
    int last = Math.min(from + Long.BYTES, to);
    for (int at = from; at < last; at++) {
      if (bytes[at] == '"' && isAt(NAME, bytes, at, to)) {
        return true;
      }
    }
    return false;
  }

  /**
   * {@return whether a tool call may be in frames of Chat: its name, or an escape that may hide it}
   */
  static boolean mayHaveCalls(byte[] bytes, int from, int to) {
    for (int at = from; at < to; at++) {
      if (bytes[at] == '\\' || (bytes[at] == '_' && isAt(CALL, bytes, at, to))) {
        return true;
      }
    }
    return false;
  }

  private static boolean isAt(byte[] word, byte[] bytes, int at, int to) {
    if (to - at < word.length) {
      return false;
    }
    for (int i = 0; i < word.length; i++) {
      if (bytes[at + i] != word[i]) {
        return false;
      }
    }
    return true;
  }

  /**
   * {@return the bytes without the member, if it is one of the chunk itself and null; else null}
   */
  static byte @Nullable [] withoutNull(byte[] bytes, int from, int to) {
    if (!isIn(bytes, from, to)) {
      return null;
    }
    int depth = 0;
    int before = -1; // The comma before the member, or the bracket.
    for (int at = from; at < to; at++) {
      switch (bytes[at]) {
        case '{', '[' -> {
          depth++;
          before = at;
        }
        case '}', ']' -> depth--;
        case ',' -> before = at;
        case '"' -> {
          int end = stringEnd(bytes, at, to);
          if (depth == 1 && isAt(NAME, bytes, at, to)) {
            byte[] rest = without(bytes, from, to, before, end);
            if (rest != null) {
              return rest;
            }
          }
          at = end - 1;
        }
        default -> {}
      }
    }
    return null;
  }

  private static int stringEnd(byte[] bytes, int quote, int to) {
    int at = quote + 1;
    while (at < to && bytes[at] != '"') {
      at += bytes[at] == '\\' ? 2 : 1;
    }
    return Math.min(to, at + 1);
  }

  private static byte @Nullable [] without(byte[] bytes, int from, int to, int before, int name) {
    int colon = spaces(bytes, name, to);
    if (before < 0 || colon >= to || bytes[colon] != ':') {
      return null;
    }
    int value = spaces(bytes, colon + 1, to);
    if (!isAt(NULL, bytes, value, to)) {
      return null;
    }
    int start = before;
    int end = value + NULL.length;
    if (bytes[before] == '{') {
      start = before + 1;
      int comma = spaces(bytes, end, to);
      end = comma < to && bytes[comma] == ',' ? spaces(bytes, comma + 1, to) : end;
    }
    byte[] rest = new byte[to - from - (end - start)];
    System.arraycopy(bytes, from, rest, 0, start - from);
    System.arraycopy(bytes, end, rest, start - from, to - end);
    return rest;
  }

  private static int spaces(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && (bytes[at] == ' ' || bytes[at] == '\t')) {
      at++;
    }
    return at;
  }
}
