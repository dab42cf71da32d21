package dev.holdfast.gateway.journal;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the journal keeps of a stream beside its entries. Begins with four bytes that are this
 * front's own: others may share the journal.
 *
 * @param owner the mark of its {@link Caller}
 * @param identity the hash of its request, by which an identical one finds it
 * @param keyed whether the request had an {@code Idempotency-Key}
 * @param dialect the protocol of its bytes
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
record StreamMetadata(byte[] owner, byte[] identity, boolean keyed, String dialect) {
  private static final byte[] MAGIC = "HFS1".getBytes(StandardCharsets.US_ASCII);
  private static final int HEAD_BYTES = MAGIC.length + 1 + 2 * Caller.TAG_BYTES;

  ByteBuffer bytes() {
    byte[] name = dialect.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(HEAD_BYTES + name.length)
        .put(MAGIC)
        .put((byte) (keyed ? 1 : 0))
        .put(owner)
        .put(identity)
        .put(name)
        .flip();
  }

  /** {@return the metadata; null for a stream of another front} */
  static @Nullable StreamMetadata of(ByteBuffer bytes) {
    byte[] magic = new byte[MAGIC.length];
    if (bytes.remaining() < HEAD_BYTES || !Arrays.equals(next(bytes, magic), MAGIC)) {
      return null;
    }
    boolean keyed = bytes.get() == 1;
    byte[] owner = next(bytes, new byte[Caller.TAG_BYTES]);
    byte[] identity = next(bytes, new byte[Caller.TAG_BYTES]);
    byte[] name = next(bytes, new byte[bytes.remaining()]);
    return new StreamMetadata(owner, identity, keyed, new String(name, StandardCharsets.US_ASCII));
  }

  private static byte[] next(ByteBuffer bytes, byte[] into) {
    bytes.get(into);
    return into;
  }
}
