package dev.holdfast.gateway.config;

import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.Profile;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Check;
import java.time.Duration;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * What is decided about streams; a route may decide otherwise than the gateway.
 *
 * @param holdHead how long the response head waits for the first content
 * @param keepAlive time between signs of life, once the head has left
 * @param clocks of upstreams
 * @param failover what further upstreams and a second request are used for; null for the policy's
 * @param policy decides about everything else; null for that of the provider's profile
 * @param delivery how streams meet their clients
 * @param relayed clocks of calls that are relayed as they are
 */
public record StreamSettings(
    Duration holdHead,
    Duration keepAlive,
    Clocks clocks,
    @Nullable FailoverPolicy failover,
    @Nullable StreamPolicy policy,
    Delivery delivery,
    RelayClocks relayed) {
  /** 10 s, 15 s, the profiles' clocks and policies. */
  public static final StreamSettings DEFAULT =
      new StreamSettings(
          Duration.ofSeconds(10),
          Duration.ofSeconds(15),
          Clocks.UNSET,
          null,
          null,
          Delivery.DEFAULT,
          RelayClocks.DEFAULT);

  /** Checks the times. */
  public StreamSettings {
    Check.that(!holdHead.isNegative(), "holdHead", "must not be negative", holdHead);
    Check.that(keepAlive.isPositive(), "keepAlive", "must be positive", keepAlive);
  }

  /** {@return a copy with other times before the answer and between signs of life} */
  public StreamSettings withSignsOfLife(Duration holdHead, Duration keepAlive) {
    return new StreamSettings(holdHead, keepAlive, clocks, failover, policy, delivery, relayed);
  }

  /** {@return a copy with other clocks} */
  public StreamSettings withClocks(Clocks clocks) {
    return new StreamSettings(holdHead, keepAlive, clocks, failover, policy, delivery, relayed);
  }

  /** {@return a copy with another use of further upstreams} */
  public StreamSettings withFailover(@Nullable FailoverPolicy failover) {
    return new StreamSettings(holdHead, keepAlive, clocks, failover, policy, delivery, relayed);
  }

  /** {@return a copy with one policy for all streams} */
  public StreamSettings withPolicy(@Nullable StreamPolicy policy) {
    return new StreamSettings(holdHead, keepAlive, clocks, failover, policy, delivery, relayed);
  }

  /** {@return the policy of a stream whose first upstream has this profile} */
  public StreamPolicy policy(Profile profile) {
    var decided = policy == null ? profile.applyTo(StreamPolicy.DEFAULT) : policy;
    decided = decided.withTimeouts(clocks.over(decided.timeouts()));
    return failover == null ? decided : decided.withFailover(failover);
  }

  /** {@return a copy with another way of meeting clients} */
  public StreamSettings withDelivery(UnaryOperator<Delivery> change) {
    return new StreamSettings(
        holdHead, keepAlive, clocks, failover, policy, change.apply(delivery), relayed);
  }

  /** {@return a copy with other clocks of relayed calls} */
  public StreamSettings withRelayed(RelayClocks relayed) {
    return new StreamSettings(holdHead, keepAlive, clocks, failover, policy, delivery, relayed);
  }
}
