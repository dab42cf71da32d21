package dev.holdfast.core.relay;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** The bytes that one signal adds to the client's body: a view where they lie together. */
final class Output implements RawBody.Out {
  private static final byte[] NOTHING = {};
  private static final ByteBuffer EMPTY = ByteBuffer.wrap(NOTHING);

  private final ByteArrayOutputStream copied = new ByteArrayOutputStream(0);

  /** What was encoded before the opening may leave. */
  private final ByteArrayOutputStream opening = new ByteArrayOutputStream(0);

  private byte[] array = NOTHING;
  private int from;
  private int to;
  private boolean opened;
  private boolean begun;
  private byte last;
  private byte beforeLast;

  void clear() {
    array = NOTHING;
    from = 0;
    to = 0;
    copied.reset();
  }

  void opened(boolean yes) {
    if (yes && !opened && opening.size() > 0) {
      byte[] waiting = opening.toByteArray();
      opening.reset();
      opened = true;
      write(waiting);
    }
    opened = yes;
  }

  /** Adds bytes that lie in an array which stays as it is until the next signal. */
  @Override
  @SuppressWarnings("ReferenceEquality") // The array itself is meant.
  public void write(byte[] bytes, int start, int end) {
    if (start == end) {
      return;
    }
    begun = true;
    beforeLast = end - start > 1 ? bytes[end - 2] : last;
    last = bytes[end - 1];
    if (copied.size() == 0 && from == to) {
      array = bytes;
      from = start;
      to = end;
    } else if (copied.size() == 0 && array == bytes && to == start) {
      to = end;
    } else {
      copy();
      copied.write(bytes, start, end - start);
    }
  }

  private void copy() {
    copied.write(array, from, to - from);
    array = NOTHING;
    from = 0;
    to = 0;
  }

  /** Adds encoded frames, at a border. */
  void write(byte[] bytes) {
    if (bytes.length == 0) {
      return;
    }
    if (!opened) {
      opening.writeBytes(bytes);
      return;
    }
    byte[] whole = atBorder(bytes);
    write(whole, 0, whole.length);
  }

  /** {@return bytes that follow a whole frame: a CR whose LF has not come is completed first} */
  byte[] atBorder(byte[] bytes) {
    if (!isHalfLineEnd()) {
      return bytes;
    }
    byte[] more = new byte[bytes.length + 1];
    more[0] = '\n';
    System.arraycopy(bytes, 0, more, 1, bytes.length);
    return more;
  }

  /** {@return whether the last line ended with a CR, where lines end with CR and LF} */
  private boolean isHalfLineEnd() {
    return last == '\r' && beforeLast == '\n';
  }

  /** Ends the block that the body broke off in. */
  void endBlock() {
    byte[] lines = last == '\n' ? new byte[] {'\n'} : new byte[] {'\n', '\n'};
    write(lines, 0, lines.length);
  }

  /** Completes a line end of which half has left. */
  void endLine() {
    if (isHalfLineEnd()) {
      write(new byte[] {'\n'}, 0, 1);
    }
  }

  boolean hasBegun() {
    return begun;
  }

  ByteBuffer view() {
    if (copied.size() > 0) {
      return ByteBuffer.wrap(copied.toByteArray());
    }
    return from == to ? EMPTY.duplicate() : ByteBuffer.wrap(array, from, to - from);
  }
}
