package dev.holdfast.core.frame;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Drives a decoder and keeps what it shows. */
final class Frames {
  private Frames() {}

  /** A frame that outlives its decoder. */
  record Seen(
      Frame.Kind kind,
      String type,
      String data,
      String lastEventId,
      int invalid,
      boolean unterminated) {
    static Seen of(Frame frame) {
      return new Seen(
          frame.kind(),
          frame.type(),
          frame.data(),
          frame.lastEventId(),
          frame.invalidBytes(),
          frame.unterminated());
    }

    /** {@return whether the standard knows this frame} */
    boolean isStandard() {
      return kind == Frame.Kind.EVENT && !unterminated;
    }
  }

  static List<Seen> all(FrameDecoder decoder, byte[] bytes, int chunkSize) {
    List<Seen> seen = new ArrayList<>();
    for (int at = 0; at < bytes.length; at += chunkSize) {
      int end = Math.min(bytes.length, at + chunkSize);
      // A copy that is wiped afterwards proves that nothing is read after its chunk.
      byte[] chunk = Arrays.copyOfRange(bytes, at, end);
      seen.addAll(feed(decoder, ByteBuffer.wrap(chunk)));
      Arrays.fill(chunk, (byte) '#');
    }
    decoder.endOfInput();
    seen.addAll(drain(decoder));
    return seen;
  }

  static List<Seen> all(byte[] bytes, int chunkSize) {
    return all(new SseDecoder(FrameLimits.DEFAULT), bytes, chunkSize);
  }

  /** {@return the frames of {@code bytes} fed in two chunks} */
  static List<Seen> cutAt(byte[] bytes, int cut) {
    SseDecoder decoder = new SseDecoder(FrameLimits.DEFAULT);
    List<Seen> seen = feed(decoder, ByteBuffer.wrap(bytes, 0, cut));
    seen.addAll(feed(decoder, ByteBuffer.wrap(bytes, cut, bytes.length - cut)));
    decoder.endOfInput();
    seen.addAll(drain(decoder));
    return seen;
  }

  static List<Seen> standard(List<Seen> frames) {
    return frames.stream().filter(Seen::isStandard).toList();
  }

  static List<Seen> feed(FrameDecoder decoder, ByteBuffer chunk) {
    decoder.feed(chunk);
    return drain(decoder);
  }

  static List<Seen> drain(FrameDecoder decoder) {
    List<Seen> seen = new ArrayList<>();
    for (@Nullable Frame frame = decoder.poll(); frame != null; frame = decoder.poll()) {
      seen.add(Seen.of(frame));
    }
    return seen;
  }
}
