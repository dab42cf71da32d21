package dev.holdfast.core.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/** What a line of an event stream is, by its beginning; WHATWG HTML 9.2.6. */
enum SseField {
  DATA,
  EVENT,
  ID,
  RETRY,
  COMMENT,
  UNKNOWN;

  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

  /** A whole line of prose or JSON may be in the place of a name. */
  private static final int MAX_UNKNOWN_NAME = 128;

  private static final int D_A_T_A = 0x64617461;
  private static final int E_V_E_N = 0x6576656E;
  private static final int R_E_T_R = 0x72657472;

  /**
   * Names the field of the line {@code [from, to)}, which is not empty. Names compare exactly:
   * {@code Data}, or a name with a space around it, is unknown.
   */
  static SseField of(byte[] line, int from, int to) {
    if (to - from >= 4) {
      switch ((int) INTS.get(line, from)) {
        case D_A_T_A -> {
          return endsAt(line, from + 4, to) ? DATA : UNKNOWN;
        }
        case E_V_E_N -> {
          return to - from > 4 && line[from + 4] == 't' && endsAt(line, from + 5, to)
              ? EVENT
              : UNKNOWN;
        }
        case R_E_T_R -> {
          return to - from > 4 && line[from + 4] == 'y' && endsAt(line, from + 5, to)
              ? RETRY
              : UNKNOWN;
        }
        default -> {}
      }
    }
    if (line[from] == ':') {
      return COMMENT;
    }
    boolean id =
        to - from >= 2 && line[from] == 'i' && line[from + 1] == 'd' && endsAt(line, from + 2, to);
    return id ? ID : UNKNOWN;
  }

  /** {@return whether the five bytes at {@code from} are {@code data:}} */
  static boolean startsWithData(byte[] line, int from) {
    return (int) INTS.get(line, from) == D_A_T_A && line[from + 4] == ':';
  }

  /** {@return where the value of this field begins, at most {@code to}} */
  int valueStart(byte[] line, int from, int to) {
    int colon =
        from
            + switch (this) {
              case DATA -> 4;
              case EVENT, RETRY -> 5;
              case ID -> 2;
              case COMMENT -> 0;
              case UNKNOWN -> throw new IllegalStateException("an unknown field has no value");
            };
    if (colon >= to) {
      return to;
    }
    int value = colon + 1;
    // "If value starts with a U+0020 SPACE character, remove it": one, and only from fields.
    return this != COMMENT && value < to && line[value] == ' ' ? value + 1 : value;
  }

  /**
   * {@return a {@code retry} field's value, or -1 if it is not one} "If the field value consists of
   * only ASCII digits": an empty one has none. What does not fit a long is {@link Long#MAX_VALUE}.
   */
  static long retryMillis(byte[] line, int start, int end) {
    long millis = start < end ? 0 : -1;
    for (int i = start; i < end; i++) {
      int digit = line[i] - '0';
      if (digit < 0 || digit > 9) {
        return -1;
      }
      millis = millis > (Long.MAX_VALUE - digit) / 10 ? Long.MAX_VALUE : millis * 10 + digit;
    }
    return millis;
  }

  /** {@return whether an id must be ignored} */
  static boolean containsNul(byte[] line, int start, int end) {
    for (int i = start; i < end; i++) {
      if (line[i] == 0) {
        return true;
      }
    }
    return false;
  }

  /** {@return where an unknown field's name ends, or what is kept of it} */
  static int nameEnd(byte[] line, int start, int end) {
    int last = Math.min(end, start + MAX_UNKNOWN_NAME);
    for (int i = start; i < last; i++) {
      if (line[i] == ':') {
        return i;
      }
    }
    return last;
  }

  private static boolean endsAt(byte[] line, int at, int to) {
    return at == to || line[at] == ':';
  }
}
