package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;
import java.time.Duration;

/**
 * What gateways with one Redis share beside their streams, and what holds for each while Redis does
 * not answer.
 *
 * @param limits how much each key has used
 * @param identical which stream an identical request receives
 * @param upstreams circuits and retry budgets
 * @param affinity which upstream wrote what only it can read
 * @param patience how long a request waits for Redis; 10 ms to 10 s
 */
public record SharedConfig(
    Sharing limits, Sharing identical, Sharing upstreams, Sharing affinity, Duration patience) {
  /** The shortest wait. */
  public static final Duration LEAST_WAIT = Duration.ofMillis(10);

  /** The longest wait. */
  public static final Duration LONGEST_WAIT = Duration.ofSeconds(10);

  /** All of it is shared, and each gateway decides alone while Redis is away; 250 ms. */
  public static final SharedConfig DEFAULT =
      new SharedConfig(
          Sharing.OPEN, Sharing.OPEN, Sharing.OPEN, Sharing.OPEN, Duration.ofMillis(250));

  /** Whether something is shared. */
  public enum Sharing {
    /** Each gateway has its own. */
    OFF,
    /** It is shared; while Redis does not answer, each gateway decides alone. */
    OPEN,
    /** It is shared; while Redis does not answer, what depends on it is refused. */
    CLOSED
  }

  /** Checks the wait. */
  public SharedConfig {
    Check.that(
        patience.compareTo(LEAST_WAIT) >= 0 && patience.compareTo(LONGEST_WAIT) <= 0,
        "wait",
        "must be 10 ms to 10 s",
        patience);
  }

  /** {@return a copy with other limits of keys} */
  public SharedConfig withLimits(Sharing limits) {
    return new SharedConfig(limits, identical, upstreams, affinity, patience);
  }

  /** {@return a copy with other identical requests} */
  public SharedConfig withIdentical(Sharing identical) {
    return new SharedConfig(limits, identical, upstreams, affinity, patience);
  }

  /** {@return a copy with other circuits and budgets} */
  public SharedConfig withUpstreams(Sharing upstreams) {
    return new SharedConfig(limits, identical, upstreams, affinity, patience);
  }

  /** {@return a copy with another affinity} */
  public SharedConfig withAffinity(Sharing affinity) {
    return new SharedConfig(limits, identical, upstreams, affinity, patience);
  }

  /** {@return a copy in which requests wait otherwise} */
  public SharedConfig withPatience(Duration patience) {
    return new SharedConfig(limits, identical, upstreams, affinity, patience);
  }
}
