package dev.holdfast.observe.debug.clients;

import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * When a response came, for clients that give up on silence. Nanoseconds; -1 for what is not known.
 *
 * @param head from the request to the response head
 * @param body from the request to the body's first byte
 * @param burst from the body's first byte to its last
 */
public record Arrival(long head, long body, long burst) {
  /** Nothing is known of the times. */
  public static final Arrival UNKNOWN = new Arrival(-1, -1, -1);

  /** The silences that were tried: clients give up after 60 s without a head, or after 300 s. */
  private static final long LATE = TimeUnit.SECONDS.toNanos(65);

  private static final long VERY_LATE = TimeUnit.SECONDS.toNanos(330);

  /** A burst lasts at most this part of the silence before it. */
  private static final int BURST_PART = 10;

  /** {@return the kind, or null if the body did not come late and in one burst} */
  @Nullable ClientKind kind() {
    if (head < 0 || body < head || burst < 0 || burst > body / BURST_PART) {
      return null;
    }
    if (head >= LATE) {
      return head >= VERY_LATE ? ClientKind.VERY_LATE_HEAD : ClientKind.LATE_HEAD;
    }
    if (body - head >= VERY_LATE) {
      return ClientKind.VERY_LATE_BODY;
    }
    return null;
  }
}
