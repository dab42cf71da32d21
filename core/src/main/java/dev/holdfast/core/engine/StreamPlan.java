package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;

/**
 * What one stream shall do.
 *
 * @param dialect the upstream's protocol
 * @param body the request as JSON, streaming on
 * @param capability how the model can be made to continue
 * @param policy what the operator decided
 */
public record StreamPlan(
    ChatDialect dialect, String body, Capability capability, StreamPolicy policy) {
  /** {@return everything but the body, which holds the prompt} */
  @Override
  public String toString() {
    return "StreamPlan[dialect=%s, body=%d characters, capability=%s, policy=%s]"
        .formatted(dialect.id(), body.length(), capability, policy);
  }
}
