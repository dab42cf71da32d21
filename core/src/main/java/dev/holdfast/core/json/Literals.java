package dev.holdfast.core.json;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** Reads the inside of JSON string literals, as strictly as RFC 8259 section 7 asks. */
public final class Literals {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final long ONES = 0x0101010101010101L;
  private static final long HIGHS = 0x8080808080808080L;
  private static final long QUOTES = ONES * '"';
  private static final long BACKSLASHES = ONES * '\\';
  private static final long SPACES = ONES * ' ';

  private Literals() {}

  /**
   * {@return the index of the first quote, backslash or control byte at or after {@code from}, or
   * {@code to} if there is none}
   */
  public static int special(byte[] bytes, int from, int to) {
    int at = from;
    for (; at + Long.BYTES <= to; at += Long.BYTES) {
      long word = (long) LONGS.get(bytes, at);
      long quote = word ^ QUOTES;
      long backslash = word ^ BACKSLASHES;
      // A byte's high bit is set where the byte matches. A borrow can only set wrong bits above a
      // right one, and the lowest is taken.
      long hits =
          (((quote - ONES) & ~quote)
                  | ((backslash - ONES) & ~backslash)
                  | ((word - SPACES) & ~word))
              & HIGHS;
      if (hits != 0) {
        return at + (Long.numberOfTrailingZeros(hits) >>> 3);
      }
    }
    for (; at < to; at++) {
      byte b = bytes[at];
      if (b == '"' || b == '\\' || (b >= 0 && b < ' ')) {
        return at;
      }
    }
    return to;
  }

  /**
   * Finds the closing quote of a literal whose escapes, if any, have not been looked at.
   *
   * @return its place, or -1 if the literal is not well-formed or does not end before {@code to}
   */
  public static int end(byte[] bytes, int from, int to) {
    int at = special(bytes, from, to);
    while (at < to && bytes[at] == '\\') {
      int after = afterEscape(bytes, at, to);
      if (after < 0) {
        return -1;
      }
      at = special(bytes, after, to);
    }
    return at < to && bytes[at] == '"' ? at : -1;
  }

  private static int afterEscape(byte[] bytes, int at, int to) {
    if (at + 1 >= to) {
      return -1;
    }
    if (bytes[at + 1] == 'u') {
      return at + 6 <= to && hex(bytes, at + 2) >= 0 ? at + 6 : -1;
    }
    return simple(bytes[at + 1]) < 0 ? -1 : at + 2;
  }

  /** {@return the text of the well-formed literal between two quotes} */
  public static String text(byte[] bytes, int from, int to) {
    int at = special(bytes, from, to);
    if (at == to) {
      return new String(bytes, from, to - from, StandardCharsets.UTF_8);
    }
    var text = new StringBuilder(to - from);
    int plain = from;
    while (at < to) {
      text.append(new String(bytes, plain, at - plain, StandardCharsets.UTF_8));
      if (bytes[at + 1] == 'u') {
        text.append((char) hex(bytes, at + 2));
        plain = at + 6;
      } else {
        text.append((char) simple(bytes[at + 1]));
        plain = at + 2;
      }
      at = special(bytes, plain, to);
    }
    return text.append(new String(bytes, plain, to - plain, StandardCharsets.UTF_8)).toString();
  }

  private static int simple(byte letter) {
    return switch (letter) {
      case '"', '\\', '/' -> letter;
      case 'b' -> '\b';
      case 'f' -> '\f';
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      default -> -1;
    };
  }

  private static int hex(byte[] bytes, int at) {
    int value = 0;
    for (int i = at; i < at + 4; i++) {
      byte b = bytes[i];
      // Character.digit would take full-width and other scripts' digits, but bytes cannot be them.
      int digit = b < 0 ? -1 : Character.digit(b, 16);
      if (digit < 0) {
        return -1;
      }
      value = value << 4 | digit;
    }
    return value;
  }
}
