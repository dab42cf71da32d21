package dev.holdfast.core.frame;

/**
 * The standard's data buffer. One line is kept as a view of the array that holds it. More lines, or
 * a line whose array is about to be reused, are copied.
 */
final class PendingData {
  private final int maxFrame;
  private final GrowingBytes copied;
  private byte[] array;
  private int offset;
  private int length;
  private boolean present;
  private boolean view;
  private int copyStart;
  private int invalid;

  /** Takes the largest length allowed, in bytes. */
  PendingData(int maxFrame) {
    this.maxFrame = maxFrame;
    copied = new GrowingBytes(maxFrame);
    array = copied.array();
  }

  /** {@return whether there was a data line since the last {@link #reset}; it may be empty} */
  boolean isPresent() {
    return present;
  }

  byte[] array() {
    return array;
  }

  int offset() {
    return offset;
  }

  int length() {
    return length;
  }

  /** {@return how many U+FFFD decoding makes} No sequence spans lines, so theirs add up. */
  int invalid() {
    return invalid;
  }

  /**
   * Adds a line, joined by LF to those before it.
   *
   * @throws FrameLimitException if the data would be longer than its limit
   */
  void add(byte[] bytes, int from, int to, boolean ascii) {
    long newLength = present ? length + 1L + (to - from) : to - from;
    checkLength(newLength);
    if (!ascii) {
      invalid += Utf8.countReplacements(bytes, from, to - from);
    }
    if (present) {
      if (view) {
        copy();
      }
      copied.append((byte) '\n');
      copied.append(bytes, from, to);
      pointAtCopy();
    } else {
      present = true;
      view = true;
      array = bytes;
      offset = from;
      length = to - from;
    }
  }

  void checkLength(long bytes) {
    if (bytes > maxFrame) {
      throw new FrameLimitException(
          "sse frame data: must be at most " + maxFrame + " bytes, was longer");
    }
  }

  /**
   * Makes the data independent of the chunk and of {@code carry}, which are about to be reused. A
   * view of the carry takes the carry's array over.
   */
  @SuppressWarnings("ReferenceEquality") // Which array it is, not what is in it.
  void keep(GrowingBytes carry) {
    if (!present) {
      copied.restart();
      copied.trim();
    } else if (view && array == carry.array()) {
      copied.adopt(carry, offset + length);
      copyStart = offset;
      view = false;
    } else if (view) {
      copy();
      pointAtCopy();
    }
  }

  /** Forgets the data. The arrays stay as they are until {@link #keep}: a frame may show them. */
  void reset() {
    present = false;
    view = false;
    invalid = 0;
  }

  private void copy() {
    copied.restart();
    copied.append(array, offset, offset + length);
    copyStart = 0;
    view = false;
  }

  private void pointAtCopy() {
    array = copied.array();
    offset = copyStart;
    length = copied.length() - copyStart;
  }
}
