package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The framing path allocates nothing per frame: not by the compiler's grace, but by design. */
final class FramingGarbageTest {
  private static final String STREAM =
      """
      event: content_block_delta
      data: {"delta":{"text":"a"}}

      event: ping
      data: {"type": "ping"}

      : keep-alive

      id: 7
      data: é
      data: two lines

      """;

  private final ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  @ParameterizedTest
  @ValueSource(ints = {7, 100, 16 << 10})
  void framingMakesNoGarbagePerFrame(int readSize) {
    byte[] body = STREAM.repeat(2_000).getBytes(StandardCharsets.UTF_8);
    SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT);
    ByteBuffer chunk = ByteBuffer.wrap(body);
    frames(decoder, chunk, readSize); // Classes are loaded, buffers have their size.

    long before = threads.getCurrentThreadAllocatedBytes();
    long frames = frames(decoder, chunk, readSize);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    assertThat(frames).isEqualTo(8_000);
    // Less than a byte a frame: what the measurement itself allocates.
    assertThat(allocated).as("bytes for %d frames", frames).isLessThan(frames);
  }

  private static long frames(SseDecoder decoder, ByteBuffer chunk, int readSize) {
    long frames = 0;
    for (int at = 0; at < chunk.capacity(); at += readSize) {
      decoder.feed(chunk.limit(Math.min(chunk.capacity(), at + readSize)).position(at));
      while (decoder.poll() != null) {
        frames++;
      }
    }
    return frames;
  }
}
