package dev.holdfast.core.frame;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.frame.Frames.Seen;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** The fast decoder against the plain one. */
final class SseDifferentialTest {
  @Test
  void anyBytesInAnyBuffersDecodeAsByTheReference() {
    Seeds.each(
        20_000,
        SseDifferentialTest.class,
        random -> {
          byte[] bytes = RandomBytes.stream(random);
          assertThat(frames(bytes, random)).isEqualTo(ReferenceSse.frames(bytes));
        });
  }

  private static List<Seen> frames(byte[] bytes, Random random) {
    SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT);
    List<Seen> seen = new ArrayList<>();
    int most = 1 + random.nextInt(random.nextBoolean() ? 16 : 600);
    int at = 0;
    while (at < bytes.length) {
      int count = Math.min(bytes.length - at, random.nextInt(most + 1));
      ByteBuffer chunk = buffer(bytes, at, count, random);
      seen.addAll(Frames.feed(decoder, chunk));
      assertThat(chunk.hasRemaining()).isFalse();
      at += count;
    }
    decoder.endOfInput();
    seen.addAll(Frames.drain(decoder));
    return seen;
  }

  private static ByteBuffer buffer(byte[] bytes, int at, int count, Random random) {
    return switch (random.nextInt(4)) {
      case 0 -> ByteBuffer.allocateDirect(count).put(bytes, at, count).flip();
      case 1 -> ByteBuffer.wrap(bytes, at, count).asReadOnlyBuffer();
      case 2 -> ByteBuffer.allocate(count + 7).position(3).slice().put(bytes, at, count).flip();
      default -> ByteBuffer.wrap(bytes, at, count);
    };
  }
}
