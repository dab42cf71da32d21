package dev.holdfast.benchmarks;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Dialect;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameDecoder;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.frame.SseDecoder;
import dev.holdfast.core.stream.StreamEvent;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/**
 * What is measured: Holdfast's own readers, fed in place as a client does with what it received.
 */
final class HoldfastTasks {
  private HoldfastTasks() {}

  /** Bytes to frames as byte slices. */
  static Task framing(byte[] body, int readSize) {
    return () -> {
      Slices slices = new Slices();
      feed(new SseDecoder(FrameLimits.DEFAULT), body, readSize, slices);
      return new Task.Found(slices.events, slices.sum);
    };
  }

  /** Bytes to text and finish, by way of the dialect. */
  static Task text(byte[] body, int readSize, Dialect dialect) {
    return () -> {
      Texts texts = new Texts();
      DialectReader reader = dialect.newReader(CompletionPolicy.STRICT);
      FrameDecoder decoder = dialect.newDecoder(FrameLimits.DEFAULT);
      feed(decoder, body, readSize, frame -> reader.read(frame, texts));
      if (!reader.end(texts).isProven()) {
        throw new IllegalStateException("the corpus must be a complete answer");
      }
      return new Task.Found(texts.events, texts.sum);
    };
  }

  private static void feed(FrameDecoder decoder, byte[] body, int readSize, Consumer<Frame> out) {
    ByteBuffer chunk = ByteBuffer.wrap(body);
    for (int at = 0; at < body.length; at += readSize) {
      decoder.feed(chunk.limit(Math.min(body.length, at + readSize)).position(at));
      for (Frame frame = decoder.poll(); frame != null; frame = decoder.poll()) {
        out.accept(frame);
      }
    }
  }

  private static final class Slices implements Consumer<Frame> {
    private long events;
    private long sum;

    @Override
    public void accept(Frame frame) {
      byte[] array = frame.array();
      int last = frame.offset() + frame.length() - 1;
      events++;
      sum += array[frame.offset()] + array[last] + frame.type().length();
    }
  }

  private static final class Texts implements Consumer<StreamEvent> {
    private long events;
    private long sum;

    @Override
    public void accept(StreamEvent event) {
      if (event instanceof StreamEvent.TextDelta delta) {
        events++;
        sum += delta.text().length() + delta.text().charAt(0);
      } else if (event instanceof StreamEvent.Finished) {
        sum += Task.FINISH;
      }
    }
  }
}
