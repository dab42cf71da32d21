package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.stream.Check;

/**
 * How one upstream would be asked for a stream.
 *
 * @param name what people call it
 * @param dialect its protocol
 * @param body the request in that protocol as JSON, streaming on
 * @param capability how the model there can be made to continue
 */
public record UpstreamPlan(String name, ChatDialect dialect, String body, Capability capability) {
  /** Checks the name. */
  public UpstreamPlan {
    Check.that(!name.isBlank(), "name", "must not be blank", "'" + name + "'");
  }

  /** {@return everything but the body, which holds the prompt} */
  @Override
  public String toString() {
    return "UpstreamPlan[name=%s, dialect=%s, body=%d characters, capability=%s]"
        .formatted(name, dialect.id(), body.length(), capability);
  }
}
