package dev.holdfast.gateway.stream;

import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.relay.Relay;
import dev.holdfast.core.spi.ObserverNotifier;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.gateway.message.ForwardedHeaders;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;

/**
 * Brings a machine to where another process left a stream: the bytes that are stored are read again
 * as those of the first attempt. They are what clients have, or will read from the journal.
 */
final class Replay {
  /** The attempt whose bytes they are taken for. */
  static final int ATTEMPT = 1;

  private final Relay relay;
  private final ObserverNotifier watching;
  private final Availability.Lookup standings;
  private final long nowNanos;
  private final StreamStore.Stored stored;
  private int frame;
  private int at;

  Replay(
      Relay relay,
      ObserverNotifier watching,
      Availability.Lookup standings,
      long nowNanos,
      StreamStore.Stored stored) {
    this.relay = relay;
    this.watching = watching;
    this.standings = standings;
    this.nowNanos = nowNanos;
    this.stored = stored;
  }

  /**
   * {@return whether the machine is where the stream was left} If it is not, what would follow
   * could be another answer, and the stream must end.
   */
  boolean run(long epochMillis) {
    on(new Signal.Begin());
    var head = stored.head();
    var headers =
        head == null ? Map.<String, List<String>>of() : ForwardedHeaders.map(head.headers());
    on(new Signal.HeadersArrived(ATTEMPT, new ResponseHead(200, headers), epochMillis));
    boolean same = true;
    for (byte[] bytes : stored.body()) {
      if (relay.isClosed()) {
        return false;
      }
      on(new Signal.BytesArrived(ATTEMPT, ByteBuffer.wrap(bytes)));
      same = same && follows(relay.body());
    }
    if (!same || relay.isClosed()) {
      return false;
    }
    relay.leftBefore();
    return true;
  }

  private void on(Signal signal) {
    int bytes = ObserverNotifier.bytesIn(signal);
    var actions = relay.on(signal, nowNanos, standings);
    watching.answered(signal, bytes, relay.frames(), actions, nowNanos);
  }

  /** {@return whether the relay writes what is stored} It may write it later, in other pieces. */
  private boolean follows(ByteBuffer written) {
    while (written.hasRemaining()) {
      if (frame == stored.body().size()) {
        return false;
      }
      byte[] expected = stored.body().get(frame);
      if (at == expected.length) {
        frame++;
        at = 0;
      } else if (written.get() != expected[at++]) {
        return false;
      }
    }
    return true;
  }
}
