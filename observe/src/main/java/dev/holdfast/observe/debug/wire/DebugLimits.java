package dev.holdfast.observe.debug.wire;

import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Check;
import java.time.Duration;

/**
 * When the debugger has seen enough.
 *
 * @param timeouts the clocks; those of the engine
 * @param maxBytes of the body, compressed or inflated
 * @param linger how long a connection may stay open after the proof of completion
 */
public record DebugLimits(Timeouts timeouts, long maxBytes, Duration linger) {
  /** The engine's clocks, 1 GiB, 5 s. */
  public static final DebugLimits DEFAULT =
      new DebugLimits(Timeouts.DEFAULT, 1L << 30, Duration.ofSeconds(5));

  /** Checks the bounds. */
  public DebugLimits {
    Check.that(maxBytes >= 1, "maxBytes", "must be at least 1", maxBytes);
    Check.that(linger.isPositive(), "linger", "must be positive", linger);
  }

  /** {@return a copy with other clocks} */
  public DebugLimits withTimeouts(Timeouts other) {
    return new DebugLimits(other, maxBytes, linger);
  }

  /** {@return a copy with another bound on the body} */
  public DebugLimits withMaxBytes(long other) {
    return new DebugLimits(timeouts, other, linger);
  }

  /** {@return a copy with another time to linger} */
  public DebugLimits withLinger(Duration other) {
    return new DebugLimits(timeouts, maxBytes, other);
  }
}
