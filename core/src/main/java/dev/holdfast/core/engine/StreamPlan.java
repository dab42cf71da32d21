package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Check;
import java.util.List;

/**
 * The plan of one stream.
 *
 * @param upstreams the upstreams to ask, best first; at least one
 * @param policy what the operator decided
 * @param redactor removes secrets from what upstreams send besides the answer
 */
public record StreamPlan(List<UpstreamPlan> upstreams, StreamPolicy policy, Redactor redactor) {
  /** Checks and copies. */
  public StreamPlan {
    Check.that(!upstreams.isEmpty(), "upstreams", "must not be empty", upstreams);
    upstreams = List.copyOf(upstreams);
  }

  /** A plan for upstreams whose keys are not known: only the shapes of keys are. */
  public StreamPlan(List<UpstreamPlan> upstreams, StreamPolicy policy) {
    this(upstreams, policy, Redactor.SHAPES);
  }

  /** A plan with one upstream, named after its protocol. */
  public StreamPlan(ChatDialect dialect, String body, Capability capability, StreamPolicy policy) {
    this(List.of(new UpstreamPlan(dialect.id(), dialect, body, capability)), policy);
  }
}
