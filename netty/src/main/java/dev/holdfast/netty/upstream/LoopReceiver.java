package dev.holdfast.netty.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.DefaultMaxMessagesRecvByteBufAllocator;
import java.nio.ByteBuffer;

/**
 * Receives the bytes of all plain connections of one event loop into one buffer, which stays in the
 * processor's cache. The connections take out of it what they keep before they return. Where it is
 * in use nevertheless, a buffer of its own is made. Not thread-safe.
 */
final class LoopReceiver extends DefaultMaxMessagesRecvByteBufAllocator {
  private final int size;
  private final ByteBuf shared;

  /** A receiver of up to so many bytes in one read. */
  LoopReceiver(int size) {
    super(1); // What one read brings is written before the next.
    this.size = size;
    // Of the JDK, which frees it with the last reference.
    shared = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(size));
  }

  @Override
  @SuppressWarnings("deprecation") // Netty's own interface; the new type extends the old one.
  public Handle newHandle() {
    return new Reads();
  }

  private final class Reads extends MaxMessageHandle {
    @Override
    public int guess() {
      return size;
    }

    @Override
    public ByteBuf allocate(ByteBufAllocator allocator) {
      return shared.refCnt() == 1 ? shared.clear().retain() : allocator.ioBuffer(size);
    }
  }
}
