package dev.holdfast.core.frame;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * A body that is one frame: what a server sends that does not stream. The frame comes at the end of
 * the body, of kind {@link Frame.Kind#EVENT} and type {@code message}; a body without bytes has
 * none. It is at most {@code maxFrame} bytes long.
 */
public final class WholeBodyDecoder implements FrameDecoder {
  private final int maxFrame;
  private final GrowingBytes body;
  private boolean ended;
  private boolean taken;
  private @Nullable FrameLimitException failure;

  /** Makes a decoder for one body. */
  public WholeBodyDecoder(FrameLimits limits) {
    maxFrame = limits.maxFrame();
    body = new GrowingBytes(maxFrame);
  }

  @Override
  public void feed(ByteBuffer chunk) {
    if (failure != null) {
      throw failure;
    }
    if (ended) {
      throw new IllegalStateException("feed: must not follow endOfInput");
    }
    if (chunk.remaining() > maxFrame - body.length()) {
      failure = new FrameLimitException("body: must be at most %d bytes long".formatted(maxFrame));
      throw failure;
    }
    var bytes = new byte[chunk.remaining()];
    chunk.get(bytes);
    body.append(bytes, 0, bytes.length);
  }

  @Override
  public @Nullable Frame poll() {
    if (failure != null) {
      throw failure;
    }
    if (!ended || taken || body.length() == 0) {
      return null;
    }
    taken = true;
    int broken = Utf8.countReplacements(body.array(), 0, body.length());
    return new Frame()
        .set(Frame.Kind.EVENT, "message", "", body.array(), 0, body.length(), broken, false);
  }

  @Override
  public void endOfInput() {
    ended = true;
  }
}
