package dev.holdfast.cli.serve;

import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.ModelPattern;
import dev.holdfast.gateway.config.RouteConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

/** What a configuration sends where, in words. */
final class Routing {
  /**
   * Requests that go one way.
   *
   * @param client whose protocols they speak
   * @param models which models they ask
   * @param upstreams where they go, in order
   */
  record Row(String client, String models, String upstreams) {
    JsonLine json() {
      return new JsonLine()
          .with("client", client)
          .with("models", models)
          .with("upstreams", upstreams);
    }
  }

  private Routing() {}

  static List<Row> of(GatewayConfig config) {
    var rows = new ArrayList<Row>();
    var routed = new ArrayList<UpstreamConfig.Family>();
    for (RouteConfig route : config.routes()) {
      var family = config.upstream(route.targets().getFirst().upstream()).family();
      routed.add(family);
      var order = new StringJoiner(", then ");
      for (var target : route.targets()) {
        String share = target.weight() == 0 ? "" : " weight " + target.weight();
        String model = target.model().isEmpty() ? "" : " as " + target.model();
        order.add(words(config.upstream(target.upstream())) + share + model);
      }
      rows.add(new Row(ServeScreen.variable(family), models(route.models()), order.toString()));
    }
    for (UpstreamConfig upstream : config.upstreams()) {
      if (!routed.contains(upstream.family())) {
        rows.add(new Row(ServeScreen.variable(upstream.family()), "all", words(upstream)));
      }
    }
    return rows;
  }

  private static String models(List<ModelPattern> patterns) {
    return patterns.isEmpty()
        ? "all"
        : String.join(" ", patterns.stream().map(ModelPattern::text).toList());
  }

  private static String words(UpstreamConfig upstream) {
    String credential =
        switch (upstream.credential()) {
          case Credential.Passed passed -> "the client's key";
          case Credential.None none -> "no key";
          case Credential.Own own -> "a key of its own";
        };
    return upstream.name() + " (" + upstream.base() + ", " + credential + ")";
  }

  static String limits(KeyConfig key) {
    var words = new StringJoiner(", ");
    words.add("models " + models(key.models()));
    words.add(
        "upstreams " + (key.upstreams().isEmpty() ? "all" : String.join(" ", key.upstreams())));
    var limits = key.limits();
    add(words, limits.requestsPerMinute(), "requests a minute");
    add(words, limits.concurrentStreams(), "at a time");
    add(words, limits.tokensPerMinute(), "tokens a minute");
    add(words, limits.tokensPerDay(), "tokens a day");
    return words.toString();
  }

  private static void add(StringJoiner words, long limit, String unit) {
    if (limit > 0) {
      words.add(limit + " " + unit);
    }
  }
}
