package dev.holdfast.core.frame;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** The part of a decoder's contract that is the same for every framing. */
abstract sealed class ChunkDecoder implements FrameDecoder
    permits AwsEventStreamDecoder, JsonArrayDecoder, LineDecoder, SseDecoder {
  /** What was fed last, as far as it has not been read. */
  final ChunkWindow chunk = new ChunkWindow();

  private boolean fed;
  private boolean drained = true;
  private boolean ended;
  private @Nullable FrameLimitException failure;

  /**
   * {@inheritDoc}
   *
   * @throws FrameLimitException if {@link #poll} has thrown one
   */
  @Override
  public final void feed(ByteBuffer bytes) {
    if (failure != null) {
      throw failure;
    }
    if (ended) {
      throw new IllegalStateException("feed: must not follow endOfInput");
    }
    if (!drained) {
      throw new IllegalStateException("feed: earlier frames must be polled until null first");
    }
    if (bytes.hasRemaining()) {
      fed = true;
      drained = false;
      chunk.show(bytes);
      shown();
    }
  }

  @Override
  public final @Nullable Frame poll() {
    if (failure != null) {
      throw failure;
    }
    try {
      Frame next = next();
      if (next == null) {
        drained = true;
        next = ended ? rest() : null;
      }
      return next;
    } catch (FrameLimitException e) {
      failure = e;
      throw e;
    }
  }

  @Override
  public final void endOfInput() {
    ended = true;
  }

  /** {@return whether any byte has been fed} */
  final boolean isFed() {
    return fed;
  }

  /** {@return whether there was more of what was fed, now in the window} */
  final boolean refill() {
    boolean more = chunk.refill();
    if (more) {
      shown();
    }
    return more;
  }

  /** Records that the window shows other bytes. */
  abstract void shown();

  /** {@return the next frame of what was fed, or null if it is used up} */
  abstract @Nullable Frame next();

  /** {@return what was pending when the body ended, or null} */
  abstract @Nullable Frame rest();
}
