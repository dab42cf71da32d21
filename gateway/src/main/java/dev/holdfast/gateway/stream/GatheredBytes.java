package dev.holdfast.gateway.stream;

import dev.holdfast.gateway.message.ClientResponse;
import io.netty.buffer.ByteBuf;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** What one signal, or several, added to the body of a response since the last write. */
final class GatheredBytes {
  /** What a client's connection may add after the bytes. */
  private static final int FRAMING = 16;

  private final ClientResponse client;
  private @Nullable ByteBuf gathered;

  GatheredBytes(ClientResponse client) {
    this.client = client;
  }

  /** Copies bytes, whose view does not last. */
  void add(ByteBuffer added) {
    if (!added.hasRemaining()) {
      return;
    }
    ByteBuf before = gathered;
    if (before == null) {
      gathered = client.allocate(added.remaining()).writeBytes(added);
    } else if (before.maxWritableBytes() >= added.remaining() + FRAMING) {
      before.writeBytes(added);
    } else {
      ByteBuf larger = client.allocate(2 * before.readableBytes() + added.remaining());
      gathered = larger.writeBytes(before).writeBytes(added);
      before.release();
    }
  }

  /** {@return all of it, which the caller releases; null for none} */
  @Nullable ByteBuf take() {
    ByteBuf bytes = gathered;
    gathered = null;
    return bytes;
  }

  /** Releases what nothing will write. */
  void drop() {
    ByteBuf bytes = take();
    if (bytes != null) {
      bytes.release();
    }
  }
}
