package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;
import java.time.Duration;

/**
 * Clocks of calls that are relayed as they are. They stop while the client reads slowly. There is
 * no limit on the whole call: an answer that does not stream may take ten minutes and longer before
 * its first byte.
 *
 * @param firstByte from the last byte of the request to the response head
 * @param idle between two pieces of a body
 */
public record RelayClocks(Duration firstByte, Duration idle) {
  /** 60 min, 10 min. */
  public static final RelayClocks DEFAULT =
      new RelayClocks(Duration.ofMinutes(60), Duration.ofMinutes(10));

  /** Checks the times. */
  public RelayClocks {
    Check.that(firstByte.isPositive(), "firstByte", "must be positive", firstByte);
    Check.that(idle.isPositive(), "idle", "must be positive", idle);
  }
}
