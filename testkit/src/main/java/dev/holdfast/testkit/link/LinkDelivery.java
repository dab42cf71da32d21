package dev.holdfast.testkit.link;

import java.nio.ByteBuffer;

/**
 * Something that reaches the client.
 *
 * @param atNanos when, on the clock of {@link FaultyLink#carry}; never before the one before it
 * @param kind what
 * @param bytes body bytes of {@link Kind#BYTES}; of {@link Kind#FIN} and {@link Kind#RST} what
 *     comes before on the wire without being a part of the body, such as half a head; else empty
 */
public record LinkDelivery(long atNanos, Kind kind, ByteBuffer bytes) {
  /** What reaches the client. */
  public enum Kind {
    /** The response head: {@link Transmission#head()}. */
    HEAD,
    /** Body bytes. */
    BYTES,
    /** The end of the body, as far as HTTP can detect. */
    END,
    /** The connection ends, though the body should continue. */
    FIN,
    /** The connection is reset. */
    RST
  }

  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  static LinkDelivery of(long atNanos, Kind kind) {
    return new LinkDelivery(atNanos, kind, NOTHING);
  }

  /** {@return a view of the bytes with a position of its own} */
  @Override
  public ByteBuffer bytes() {
    return bytes.duplicate();
  }
}
