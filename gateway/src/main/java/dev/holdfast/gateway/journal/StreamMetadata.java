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
 * @param chat the mark of its chat; empty for none
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared as a whole.
record StreamMetadata(byte[] owner, byte[] identity, boolean keyed, String dialect, byte[] chat) {
  private static final int KEYED = 1;
  private static final int OF_A_CHAT = 2;
  private static final byte[] MAGIC = "HFS1".getBytes(StandardCharsets.US_ASCII);
  private static final int HEAD_BYTES = MAGIC.length + 1 + 2 * Caller.TAG_BYTES;

  ByteBuffer bytes() {
    byte[] name = dialect.getBytes(StandardCharsets.US_ASCII);
    return ByteBuffer.allocate(HEAD_BYTES + chat.length + name.length)
        .put(MAGIC)
        .put((byte) ((keyed ? KEYED : 0) | (chat.length > 0 ? OF_A_CHAT : 0)))
        .put(owner)
        .put(identity)
        .put(chat)
        .put(name)
        .flip();
  }

  /** {@return the metadata; null for a stream of another front} */
  static @Nullable StreamMetadata of(ByteBuffer bytes) {
    byte[] magic = new byte[MAGIC.length];
    if (bytes.remaining() < HEAD_BYTES || !Arrays.equals(next(bytes, magic), MAGIC)) {
      return null;
    }
    int flags = bytes.get();
    byte[] owner = next(bytes, new byte[Caller.TAG_BYTES]);
    byte[] identity = next(bytes, new byte[Caller.TAG_BYTES]);
    boolean ofChat = (flags & OF_A_CHAT) != 0 && bytes.remaining() >= Caller.TAG_BYTES;
    byte[] chat = next(bytes, new byte[ofChat ? Caller.TAG_BYTES : 0]);
    byte[] name = next(bytes, new byte[bytes.remaining()]);
    return new StreamMetadata(
        owner, identity, (flags & KEYED) != 0, new String(name, StandardCharsets.US_ASCII), chat);
  }

  private static byte[] next(ByteBuffer bytes, byte[] into) {
    bytes.get(into);
    return into;
  }
}
