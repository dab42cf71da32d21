package dev.holdfast.gateway.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.FastThreadLocal;
import java.nio.ByteBuffer;

/**
 * The buffers in which events leave. Nearly every event is sent as soon as it is written. So a few
 * buffers serve all connections of an event loop and stay in the processor's cache. While a slow
 * client holds them, others are made.
 */
final class LoopSender {
  /** Most events are a few hundred bytes. */
  private static final int BYTES = 2 << 10;

  private static final int COUNT = 4;

  private static final FastThreadLocal<LoopSender> OF_LOOP =
      new FastThreadLocal<>() {
        @Override
        protected LoopSender initialValue() {
          return new LoopSender();
        }
      };

  private final ByteBuf[] shared = new ByteBuf[COUNT];

  private LoopSender() {
    for (int i = 0; i < COUNT; i++) {
      // Of the JDK, which frees them with the thread's last reference.
      shared[i] = Unpooled.wrappedBuffer(ByteBuffer.allocateDirect(BYTES));
    }
  }

  /** {@return an empty buffer of at least that size, to be released on this event loop} */
  static ByteBuf allocate(ByteBufAllocator allocator, int size) {
    if (size <= BYTES) {
      for (ByteBuf buffer : OF_LOOP.get().shared) {
        if (buffer.refCnt() == 1) {
          return buffer.clear().retain();
        }
      }
    }
    return allocator.buffer(size);
  }
}
