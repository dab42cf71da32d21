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
 * @param quietTime how long an HTTP/2 connection with open exchanges may be silent before a ping
 *     asks whether it lives
 * @param pingTime how long the answer to the ping may take before the connection is dead
 */
public record PoolSettings(
    int idle,
    Duration idleTime,
    Duration maxAge,
    Duration youngTime,
    Duration quietTime,
    Duration pingTime) {
  /**
   * 256; 30 s, of the usual 60; 10 min; 1 s, of the 2 s of the least patient servers; 30 s, so that
   * no server takes pings for a flood; 15 s.
   */
  public static final PoolSettings DEFAULT =
      new PoolSettings(
          256,
          Duration.ofSeconds(30),
          Duration.ofMinutes(10),
          Duration.ofSeconds(1),
          Duration.ofSeconds(30),
          Duration.ofSeconds(15));

  /** Checks that nothing is negative. */
  public PoolSettings {
    Check.that(idle >= 0, "idle", "must not be negative", idle);
    Check.that(!idleTime.isNegative(), "idleTime", "must not be negative", idleTime);
    Check.that(!maxAge.isNegative(), "maxAge", "must not be negative", maxAge);
    Check.that(!youngTime.isNegative(), "youngTime", "must not be negative", youngTime);
    Check.that(quietTime.isPositive(), "quietTime", "must be positive", quietTime);
    Check.that(pingTime.isPositive(), "pingTime", "must be positive", pingTime);
  }

  /** The usual settings, except those of connections without a request. */
  public PoolSettings(int idle, Duration idleTime, Duration maxAge, Duration youngTime) {
    this(idle, idleTime, maxAge, youngTime, DEFAULT.quietTime, DEFAULT.pingTime);
  }

  /** {@return a copy that keeps so many connections without a request for so long} */
  public PoolSettings withIdle(int idle, Duration idleTime) {
    return new PoolSettings(idle, idleTime, maxAge, youngTime, quietTime, pingTime);
  }

  /** {@return a copy that asks silent HTTP/2 connections for a sign of life} */
  public PoolSettings withPings(Duration quietTime, Duration pingTime) {
    return new PoolSettings(idle, idleTime, maxAge, youngTime, quietTime, pingTime);
  }
}
