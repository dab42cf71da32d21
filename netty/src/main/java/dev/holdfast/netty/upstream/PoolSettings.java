package dev.holdfast.netty.upstream;

import dev.holdfast.core.stream.Check;
import java.time.Duration;

/**
 * Which connections to upstreams are kept. For each upstream and event loop.
 *
 * @param idle how many are kept without a request; 0 for none
 * @param idleTime how long; shorter than the time after which usual servers close them
 * @param maxAge how long a connection is used again after it was made, so that changes of addresses
 *     are followed
 * @param youngTime how long a connection may have been idle to be used for a request that cannot be
 *     sent twice
 */
public record PoolSettings(int idle, Duration idleTime, Duration maxAge, Duration youngTime) {
  /** 256; 30 s, of the usual 60; 10 min; 1 s, of the 2 s of the least patient servers. */
  public static final PoolSettings DEFAULT =
      new PoolSettings(256, Duration.ofSeconds(30), Duration.ofMinutes(10), Duration.ofSeconds(1));

  /** Checks that nothing is negative. */
  public PoolSettings {
    Check.that(idle >= 0, "idle", "must not be negative", idle);
    Check.that(!idleTime.isNegative(), "idleTime", "must not be negative", idleTime);
    Check.that(!maxAge.isNegative(), "maxAge", "must not be negative", maxAge);
    Check.that(!youngTime.isNegative(), "youngTime", "must not be negative", youngTime);
  }
}
