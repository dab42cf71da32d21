package dev.holdfast.benchmarks;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import java.io.IOException;
import java.nio.ByteBuffer;

/** What is measured: Holdfast's own readers. */
final class HoldfastTasks {
  private HoldfastTasks() {}

  /** Bytes to frames as byte slices. */
  static Task framing(byte[] body, int readSize) {
    return () -> {
      SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT);
      SocketLikeStream in = new SocketLikeStream(body, readSize);
      byte[] buffer = new byte[readSize];
      ByteBuffer chunk = ByteBuffer.wrap(buffer);
      long events = 0;
      long sum = 0;
      for (int n = in.read(buffer, 0, readSize); n > 0; n = in.read(buffer, 0, readSize)) {
        decoder.feed(chunk.limit(n).position(0));
        for (Frame frame = decoder.poll(); frame != null; frame = decoder.poll()) {
          events++;
          sum +=
              frame.array()[frame.offset()]
                  + frame.array()[frame.offset() + frame.length() - 1]
                  + frame.type().length();
        }
      }
      return new Task.Found(events, sum);
    };
  }
}
