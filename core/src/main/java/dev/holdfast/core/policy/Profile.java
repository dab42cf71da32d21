package dev.holdfast.core.policy;

import dev.holdfast.core.dialect.CompletionPolicy;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one provider, beyond its protocol.
 *
 * @param name what the row of the table is called
 * @param capability how its models can be made to continue
 * @param completion what counts as proof of completion there
 * @param idle how long it may be silent, where it is known to send signs of life; null if it is not
 * @param keyHeader the header that carries the key; empty for the protocol's own
 */
public record Profile(
    String name,
    Capability capability,
    CompletionPolicy completion,
    @Nullable Duration idle,
    String keyHeader) {
  /** {@return a policy as this provider needs it} */
  public StreamPolicy applyTo(StreamPolicy policy) {
    var clocks = policy.timeouts();
    return policy
        .withCompletion(completion)
        .withTimeouts(idle == null ? clocks : clocks.withIdle(idle));
  }
}
