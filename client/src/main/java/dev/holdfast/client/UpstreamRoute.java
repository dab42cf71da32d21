package dev.holdfast.client;

import dev.holdfast.core.engine.UpstreamPlan;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.Profile;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Reasoning;
import dev.holdfast.core.spi.SharedUpstreamState;
import dev.holdfast.core.spi.StreamObserver;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One upstream of a client, and what its streams share about it.
 *
 * @param upstream the upstream to ask
 * @param model the model's name there; null for the request's
 * @param profiles what is known of providers
 * @param experience shared by all streams
 */
record UpstreamRoute(
    Upstream upstream, @Nullable String model, Profiles profiles, SharedUpstreamState experience) {
  /** {@return the same route for a request with headers of its own, which were checked} */
  UpstreamRoute with(Map<String, String> headers) {
    return new UpstreamRoute(upstream.withChecked(headers), model, profiles, experience);
  }

  /**
   * {@return how this upstream would be asked}
   *
   * @param first whose words the request has
   */
  UpstreamPlan plan(ChatRequest request, Upstream first) {
    var dialect = upstream.dialect();
    var asked = model == null ? request : request.withModel(model);
    Reasoning foreign = speaks(first) ? null : request.reasoning().orElse(null);
    if (foreign instanceof Reasoning.Effort || !upstream.members().isEmpty()) {
      var own = asked.toBuilder();
      upstream
          .members()
          .forEach((name, json) -> {
            if (!request.extra().containsKey(name)) {
              own.with(name, json);
            }
          });
      if (foreign instanceof Reasoning.Effort effort) {
        own.reasoning(effort.among(dialect.efforts()));
      }
      asked = own.build();
    }
    String body = dialect.body(asked);
    // What we wrote is a stream, unless a member of the caller's own may have changed that.
    return planned(asked.extra().isEmpty() ? body : dialect.streaming(body));
  }

  /** {@return how this upstream would be asked, by a body in its protocol} */
  UpstreamPlan plan(String rawJson) {
    var dialect = upstream.dialect();
    return planned(dialect.streaming(model == null ? rawJson : dialect.withModel(rawJson, model)));
  }

  private UpstreamPlan planned(String body) {
    var dialect = upstream.dialect();
    var facts = dialect.facts(body);
    String asked = facts.model();
    Capability capability = upstream.capability().orElse(null);
    Profiles known = null;
    if (capability == null) {
      var profile = profile(asked);
      known = Profiles.isAssumed(profile) ? profiles : null;
      String server = known == null ? "" : experience.server();
      var named = server.isEmpty() ? null : profiles.recognised(server, dialect.id());
      capability = (named == null ? profile : named).capability();
    }
    return new UpstreamPlan(
        upstream.name(),
        dialect,
        body,
        facts,
        experience.learnt(asked, capability),
        experience.address(),
        known);
  }

  /** {@return its description for observers} */
  StreamObserver.Target target(UpstreamPlan plan) {
    return new StreamObserver.Target(
        upstream.name(),
        upstream.baseUrl().getHost(),
        upstream.port(),
        plan.dialect().id(),
        plan.facts().model());
  }

  /** {@return what is known of the provider of a model} */
  Profile profile(String asked) {
    return profiles.find(upstream.dialect().id(), upstream.baseUrl().getHost(), asked);
  }

  boolean speaks(Upstream other) {
    return upstream.dialect().id().equals(other.dialect().id());
  }
}
