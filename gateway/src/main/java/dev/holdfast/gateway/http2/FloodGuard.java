package dev.holdfast.gateway.http2;

import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * Counts what costs the gateway work and brings no request forward: pings, settings, priorities,
 * frames of unknown types, windows beyond those that data explain; and bytes beside heads and
 * bodies, as padding or frames of streams that are over. Resets, empty data and fragments of heads
 * are counted by Netty.
 */
final class FloodGuard {
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A hundred a second; clients ping a few times a minute, some of them after each read. */
  static final int MAX_FRAMES = 1000;

  /** Of bytes that are neither of heads nor of bodies. */
  private static final int MAX_BYTES = 256 << 10;

  /** Bytes that each byte of a head, as it is decoded, or of a body may cost. */
  private static final int BYTES_FOR_BYTE = 8;

  /** Bytes of windows for each frame of data that was sent, twice two frames. */
  private static final int BYTES_FOR_DATA = 64;

  /** A client may give back its windows, of stream and connection, several times for each frame. */
  private static final int WINDOWS_FOR_DATA = 10;

  private final LongSupplier clock;
  private long since;
  private int frames;
  private int windows;
  private long bytes;

  FloodGuard(LongSupplier clock) {
    this.clock = clock;
    since = clock.getAsLong();
  }

  /**
   * A frame arrived that brings nothing forward.
   *
   * @throws Http2Exception if there were too many: the connection ends
   */
  void idleFrame() throws Http2Exception {
    renew();
    if (++frames > MAX_FRAMES) {
      throw flood();
    }
  }

  /**
   * A window was given back.
   *
   * @throws Http2Exception if there were too many: the connection ends
   */
  void window() throws Http2Exception {
    renew();
    if (++windows > MAX_FRAMES) {
      throw flood();
    }
  }

  /** Data was sent, for which windows come back. */
  void sent() {
    windows -= WINDOWS_FOR_DATA;
    bytes -= BYTES_FOR_DATA;
  }

  /** So many bytes of heads or bodies arrived. */
  void useful(int count) {
    bytes -= (long) BYTES_FOR_BYTE * count;
  }

  /**
   * So many bytes arrived, which may be useful.
   *
   * @throws Http2Exception if those before were too many: the connection ends
   */
  void arrived(int count) throws Http2Exception {
    renew();
    if (bytes > MAX_BYTES) {
      throw flood();
    }
    bytes += count;
  }

  private void renew() {
    long now = clock.getAsLong();
    if (now - since > WINDOW_NANOS) {
      since = now;
      frames = 0;
      windows = Math.min(0, windows);
      bytes = Math.min(0, bytes);
    }
  }

  private static Http2Exception flood() {
    return Http2Exception.connectionError(
        Http2Error.ENHANCE_YOUR_CALM,
        "at most %d frames or %d bytes without effect in 10 s",
        MAX_FRAMES,
        MAX_BYTES);
  }
}
