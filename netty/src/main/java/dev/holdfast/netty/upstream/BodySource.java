package dev.holdfast.netty.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import java.util.function.Supplier;

/** Makes the whole body of a request when it is sent; anew for each time that it is sent. */
@FunctionalInterface
public interface BodySource {
  /** {@return the body; the callee releases it} */
  ByteBuf body(ByteBufAllocator allocator);

  /** {@return a source of bytes; they are sent as they are, and not changed by anyone} */
  static BodySource of(Supplier<byte[]> bytes) {
    return allocator -> Unpooled.wrappedBuffer(bytes.get());
  }

  /**
   * {@return a source that encodes a text as UTF-8, straight into what the socket sends}
   *
   * @param bytes how many bytes that makes
   */
  static BodySource utf8(String text, int bytes) {
    return allocator -> {
      ByteBuf body = allocator.directBuffer(bytes);
      int unused = ByteBufUtil.reserveAndWriteUtf8(body, text, bytes);
      return body;
    };
  }
}
