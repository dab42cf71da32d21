package dev.holdfast.client.journaling;

import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.health.Availability;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * What a machine received since the last entry, in order: what brings another machine to the same
 * place. It belongs to the stream's driver.
 *
 * <p>Once a provider has sent what looks like a key, nothing is recorded any more. The stream is
 * stored as before, and cannot be continued.
 */
public final class InputLog {
  /** Input that may wait for an event. */
  private static final int MOST = 4 << 20;

  /** Bytes of the last piece before a piece, for a key that is in both. */
  private static final int OVERLAP = 512;

  private final Predicate<byte[]> secret;
  private InputCodec.Writer pending = new InputCodec.Writer();
  private byte[] before = {};
  private boolean stopped;

  /**
   * A log without input.
   *
   * @param secret whether bytes of a provider have a key in them
   */
  public InputLog(Predicate<byte[]> secret) {
    this.secret = secret;
  }

  /**
   * Records a signal before the machine receives it.
   *
   * @param nanos since the stream began
   * @return the availabilities, which are recorded as the machine asks for them
   */
  public Availability.Lookup received(
      Signal signal, long nanos, Availability.Lookup availabilities) {
    if (!stopped && (pending.size() > MOST || isSecret(signal))) {
      stop();
    }
    if (stopped) {
      return availabilities;
    }
    pending.write(signal, nanos);
    return upstream -> {
      var availability = availabilities.of(upstream);
      pending.write(upstream, availability);
      return availability;
    };
  }

  private boolean isSecret(Signal signal) {
    if (!(signal instanceof Signal.BytesArrived(int attempt, ByteBuffer bytes))) {
      return false;
    }
    byte[] piece = Arrays.copyOf(before, before.length + bytes.remaining());
    bytes.duplicate().get(piece, before.length, bytes.remaining());
    before = Arrays.copyOfRange(piece, Math.max(0, piece.length - OVERLAP), piece.length);
    return secret.test(piece);
  }

  /** Records nothing from now on. */
  void stop() {
    stopped = true;
    pending = new InputCodec.Writer();
    before = new byte[0];
  }

  /** {@return what was recorded since the last call; may be empty} */
  byte[] take() {
    byte[] taken = pending.bytes();
    pending = new InputCodec.Writer();
    return taken;
  }
}
