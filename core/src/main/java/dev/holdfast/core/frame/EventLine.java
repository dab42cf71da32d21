package dev.holdfast.core.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * The last {@code event} line, with an LF. Most are the same as the one before: then one comparison
 * finds the line's end, its field and its value.
 */
final class EventLine {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  private static final int SHORTEST = Long.BYTES;
  private static final int LONGEST = 128;

  /** Empty before the first: many streams have none. */
  private byte[] line = {};

  private int length;
  private String type = "";

  String type() {
    return type;
  }

  int length() {
    return length;
  }

  /** Remembers the line {@code [start, end)}, however it ended, whose value is {@code name}. */
  void remember(byte[] bytes, int start, int end, String name) {
    int withLf = end - start + 1;
    if (withLf >= SHORTEST && withLf <= LONGEST) {
      if (line.length == 0) {
        line = new byte[LONGEST];
      }
      System.arraycopy(bytes, start, line, 0, end - start);
      line[withLf - 1] = '\n';
      length = withLf;
      type = name;
    }
  }

  /** {@return whether the same line begins at {@code at}} */
  boolean isAt(byte[] bytes, int at, int end) {
    int last = length - Long.BYTES;
    if (last < 0 || end - at < length) {
      return false;
    }
    for (int i = 0; i < last; i += Long.BYTES) {
      if ((long) LONGS.get(line, i) != (long) LONGS.get(bytes, at + i)) {
        return false;
      }
    }
    return (long) LONGS.get(line, last) == (long) LONGS.get(bytes, at + last);
  }
}
