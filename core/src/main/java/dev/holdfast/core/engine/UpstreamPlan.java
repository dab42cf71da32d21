package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.stream.Check;
import org.jspecify.annotations.Nullable;

/**
 * How one upstream would be asked for a stream.
 *
 * @param name what people call it
 * @param dialect its protocol
 * @param body the request in that protocol as JSON, streaming on
 * @param capability how the model there can be made to continue
 * @param known what is known of servers that name themselves; null where the capability is the
 *     operator's, or that of a known provider
 */
public record UpstreamPlan(
    String name,
    ChatDialect dialect,
    String body,
    Capability capability,
    @Nullable Profiles known) {
  /** Checks the name. */
  public UpstreamPlan {
    Check.that(!name.isBlank(), "name", "must not be blank", "'" + name + "'");
  }

  /** A plan whose capability is settled. */
  public UpstreamPlan(String name, ChatDialect dialect, String body, Capability capability) {
    this(name, dialect, body, capability, null);
  }

  /** {@return everything but the body, which holds the prompt} */
  @Override
  public String toString() {
    return "UpstreamPlan[name=%s, dialect=%s, body=%d characters, capability=%s]"
        .formatted(name, dialect.id(), body.length(), capability);
  }
}
