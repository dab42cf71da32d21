package dev.holdfast.core.frame;

import java.nio.charset.StandardCharsets;

/**
 * A unit of the wire, as a view into the decoder's buffer: valid until the next call of the decoder
 * that made it. {@link #data()} and the other string accessors make copies that last.
 */
public final class Frame {
  /** What a frame is. */
  public enum Kind {
    /** A dispatched event of the SSE standard. */
    EVENT,
    /** An SSE comment line; data is the text after the colon. */
    COMMENT,
    /** A field that the standard requires readers to ignore; {@link #type()} is its name. */
    UNKNOWN_FIELD,
    /**
     * An error that the framing itself marks as one; {@link #type()} is its name, data its
     * description: a document, a sentence, or empty.
     */
    EXCEPTION,
    /**
     * The place from which on the body cannot be read, or, if {@link #unterminated()}, the frame in
     * which it ended. Data is a sentence of the decoder's own; no frame follows.
     */
    DAMAGED
  }

  private Kind kind = Kind.EVENT;
  private String type = "";
  private String lastEventId = "";
  private byte[] array = new byte[0];
  private int offset;
  private int length;
  private int invalidBytes;
  private boolean unterminated;

  /** Makes an empty view for a decoder to point at its frames. */
  public Frame() {}

  /**
   * Points this view at a frame. For decoders. References are written only where they change: to
   * the collector each write is an event, and most frames differ in their offset alone.
   */
  @SuppressWarnings("ReferenceEquality") // Sameness decides only whether a write can be saved.
  public Frame set(
      Kind kind,
      String type,
      String lastEventId,
      byte[] array,
      int offset,
      int length,
      int invalidBytes,
      boolean unterminated) {
    this.kind = kind;
    if (this.type != type) {
      this.type = type;
    }
    if (this.lastEventId != lastEventId) {
      this.lastEventId = lastEventId;
    }
    if (this.array != array) {
      this.array = array;
    }
    this.offset = offset;
    this.length = length;
    this.invalidBytes = invalidBytes;
    this.unterminated = unterminated;
    return this;
  }

  /** {@return an event frame over the UTF-8 bytes of {@code data}, for tests and tools} */
  public static Frame event(String type, String data) {
    byte[] bytes = data.getBytes(StandardCharsets.UTF_8);
    return new Frame().set(Kind.EVENT, type, "", bytes, 0, bytes.length, 0, false);
  }

  /** {@return what this frame is} */
  public Kind kind() {
    return kind;
  }

  /** {@return the event type, {@code message} where the wire names none; a field's name} */
  public String type() {
    return type;
  }

  /** {@return the last event id in force, or empty} */
  public String lastEventId() {
    return lastEventId;
  }

  /** {@return the array that holds the data; see {@link #offset()} and {@link #length()}} */
  @SuppressWarnings("EI_EXPOSE_REP")
  public byte[] array() {
    return array;
  }

  /** {@return where the data begins in {@link #array()}} */
  public int offset() {
    return offset;
  }

  /** {@return the data's length in bytes} */
  public int length() {
    return length;
  }

  /** {@return how many U+FFFD replacements decoding the data as UTF-8 makes; 0 if it is valid} */
  public int invalidBytes() {
    return invalidBytes;
  }

  /** {@return whether the body ended before the frame did} */
  public boolean unterminated() {
    return unterminated;
  }

  /** {@return the data as text; invalid UTF-8 becomes U+FFFD as in WHATWG Encoding} */
  public String data() {
    return invalidBytes == 0
        ? new String(array, offset, length, StandardCharsets.UTF_8)
        : Utf8.decodeLossy(array, offset, length);
  }
}
