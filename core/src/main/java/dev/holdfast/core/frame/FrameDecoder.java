package dev.holdfast.core.frame;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Turns bytes into frames. Owns no thread, socket, clock or logger, and is not thread-safe.
 *
 * <p>Call {@link #feed} with the bytes that arrived, then {@link #poll} until it returns null. At
 * the end of the body call {@link #endOfInput} and poll again until null. Chunk boundaries never
 * matter: any split of the same bytes yields the same frames. One decoder serves one body.
 */
public interface FrameDecoder {
  /**
   * Takes all remaining bytes of {@code chunk}. The bytes are read in place: they must not change
   * until {@link #poll} has returned null.
   *
   * @throws IllegalStateException if frames of an earlier chunk have not been polled yet, or after
   *     {@link #endOfInput}
   */
  void feed(ByteBuffer chunk);

  /**
   * {@return the next frame, or null if more bytes are needed} The frame is a view that is valid
   * until the next call of this decoder.
   *
   * @throws FrameLimitException once something has grown past its limit; every later call throws
   *     the same
   */
  @Nullable Frame poll();

  /** Ends the body, so that {@link #poll} yields what was pending, flagged. */
  void endOfInput();

  /**
   * {@return how many bytes of the body are whole: those up to the end of the last frame that
   * {@link #poll} has returned, its delimiter included, and blank lines after it} Never ends inside
   * a block of server-sent events, also where a comment inside it was returned as a frame. 0 for a
   * decoder that does not count.
   */
  default long whole() {
    return 0;
  }
}
