package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Where requests for some models go. The first route whose pattern fits, and whose upstreams serve
 * the request's paths, is taken.
 *
 * @param models patterns of model names, of which one must fit; empty for every request, also for
 *     one that names no model
 * @param targets the upstreams, all of one provider's paths, in the order of failover; neighbours
 *     that have weights share the requests between them
 * @param boundState whether a request that carries state of one provider goes to that one alone
 * @param streams what is decided about its streams
 */
public record RouteConfig(
    List<ModelPattern> models, List<Target> targets, boolean boundState, StreamSettings streams) {
  /**
   * One upstream of a route.
   *
   * @param upstream its name
   * @param weight its share among neighbours that have one, 1 to 1000; 0 for none
   * @param model what it calls the model; empty for the name in the request
   */
  public record Target(String upstream, int weight, String model) {
    private static final Pattern MODEL = Pattern.compile("[A-Za-z0-9._:/@+-]{0,200}");

    /** Checks weight and model. */
    public Target {
      Check.that(
          MODEL.matcher(model).matches() && !model.contains("..") && !model.contains("//"),
          "model",
          "must be a model's name",
          "'" + model + "'");
      Check.that(weight >= 0 && weight <= 1000, "weight", "must be 0 to 1000", weight);
    }

    /** {@return an upstream without a weight, which calls the model as the request does} */
    public static Target of(String upstream) {
      return new Target(upstream, 0, "");
    }
  }

  /** Checks that there is an upstream, and copies. */
  public RouteConfig {
    Check.that(!targets.isEmpty(), "upstreams", "must not be empty", "none");
    models = List.copyOf(models);
    targets = List.copyOf(targets);
    Check.that(
        targets.stream().map(Target::upstream).distinct().count() == targets.size(),
        "upstreams",
        "must have each upstream once",
        targets.stream().map(Target::upstream).toList());
  }

  /**
   * Checks it against the upstreams that there are.
   *
   * @throws IllegalArgumentException "upstreams: rule, was value"
   */
  public void check(List<UpstreamConfig> upstreams) {
    var asked = new ArrayList<UpstreamConfig>();
    for (var target : targets) {
      var found = upstreams.stream().filter(u -> u.name().equals(target.upstream())).toList();
      Check.that(!found.isEmpty(), "upstreams", "must be names of upstreams", target.upstream());
      asked.add(found.getFirst());
      boolean segment = found.getFirst().family() != UpstreamConfig.Family.GOOGLE;
      Check.that(
          segment || !target.model().matches(".*[:/].*"),
          "model",
          "must be a segment of a path for " + target.upstream(),
          "'" + target.model() + "'");
    }
    Check.that(
        asked.stream().map(UpstreamConfig::family).distinct().count() == 1,
        "upstreams",
        "must serve one provider's paths in a route",
        asked.stream().map(u -> u.name() + " for " + u.protocol()).toList());
    UpstreamConfig.checkOrigins(asked);
  }

  /** {@return whether a model's requests may take it} */
  public boolean fits(String model) {
    return models.isEmpty() || models.stream().anyMatch(pattern -> pattern.matches(model));
  }
}
