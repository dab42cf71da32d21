package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Check;
import java.util.List;

/**
 * What one stream shall do.
 *
 * @param upstreams whom to ask, best first; at least one
 * @param policy what the operator decided
 */
public record StreamPlan(List<UpstreamPlan> upstreams, StreamPolicy policy) {
  /** Checks and copies. */
  public StreamPlan {
    Check.that(!upstreams.isEmpty(), "upstreams", "must not be empty", upstreams);
    upstreams = List.copyOf(upstreams);
  }

  /** A plan with one upstream, named after its protocol. */
  public StreamPlan(ChatDialect dialect, String body, Capability capability, StreamPolicy policy) {
    this(List.of(new UpstreamPlan(dialect.id(), dialect, body, capability)), policy);
  }
}
