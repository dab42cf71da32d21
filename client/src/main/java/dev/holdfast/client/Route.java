package dev.holdfast.client;

import dev.holdfast.core.dialect.ChatRequest;
import dev.holdfast.core.engine.UpstreamPlan;
import dev.holdfast.core.policy.Capabilities;
import dev.holdfast.core.policy.Capability;
import org.jspecify.annotations.Nullable;

/**
 * One upstream of a client, and what its streams share about it.
 *
 * @param upstream whom to ask
 * @param model what the model is called there; null for as the request says
 * @param experience shared by all streams
 */
record Route(Upstream upstream, @Nullable String model, Experience experience) {
  /** {@return how this upstream would be asked} */
  UpstreamPlan plan(ChatRequest request) {
    return plan(upstream.dialect().body(model == null ? request : request.withModel(model)));
  }

  /** {@return how this upstream would be asked, by a body in its protocol} */
  UpstreamPlan plan(String rawJson) {
    var dialect = upstream.dialect();
    String body = dialect.streaming(model == null ? rawJson : dialect.withModel(rawJson, model));
    String asked = dialect.facts(body).model();
    Capability capability = upstream.capability();
    if (capability == null) {
      capability = Capabilities.forModel(dialect.id(), upstream.baseUrl().getHost(), asked);
    }
    return new UpstreamPlan(upstream.name(), dialect, body, experience.learnt(asked, capability));
  }

  boolean speaks(Upstream other) {
    return upstream.dialect().id().equals(other.dialect().id());
  }
}
