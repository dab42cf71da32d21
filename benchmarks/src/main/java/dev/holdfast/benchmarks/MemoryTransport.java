package dev.holdfast.benchmarks;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.ResponseHead;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * Gives every request the same body from memory, in reads of 16 KiB, on the caller's thread: no
 * socket, no other thread, no waiting. What is left is the client's own work.
 */
final class MemoryTransport implements Transport {
  private static final int READ = 16 * 1024;

  private final byte[] body;

  MemoryTransport(byte[] body) {
    this.body = body;
  }

  @Override
  public Exchange open(Request request, Receiver receiver) {
    receiver.onHead(new ResponseHead(200, Map.of("content-type", List.of("text/event-stream"))));
    return new Exchange() {
      private int from;

      @Override
      public void demand(long chunks) {
        for (long left = chunks; left > 0 && from < body.length; left--) {
          int length = Math.min(READ, body.length - from);
          receiver.onBytes(ByteBuffer.wrap(body, from, length));
          from += length;
          if (from == body.length) {
            receiver.onEnd();
          }
        }
      }

      @Override
      public void cancel() {
        from = body.length;
      }
    };
  }

  @Override
  public void close() {}
}
