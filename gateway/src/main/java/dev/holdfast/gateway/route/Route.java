package dev.holdfast.gateway.route;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.RouteConfig;
import dev.holdfast.gateway.config.StreamSettings;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.config.UpstreamConfig.Family;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Where some requests go. Immutable. */
public final class Route {
  private final @Nullable RouteConfig config;
  private final List<Hop> hops;
  private final StreamSettings streams;

  private Route(@Nullable RouteConfig config, List<Hop> hops, StreamSettings streams) {
    this.config = config;
    this.hops = List.copyOf(hops);
    this.streams = streams;
  }

  static Route of(RouteConfig config, GatewayConfig gateway) {
    var hops = new ArrayList<Hop>();
    for (var target : config.targets()) {
      hops.add(new Hop(gateway.upstream(target.upstream()), target.weight(), target.model()));
    }
    return new Route(config, hops, config.streams());
  }

  static Route inOrder(List<UpstreamConfig> upstreams, StreamSettings streams) {
    return new Route(
        null, upstreams.stream().map(upstream -> new Hop(upstream, 0, "")).toList(), streams);
  }

  Family family() {
    return hops.getFirst().upstream().family();
  }

  boolean fits(String model) {
    return config == null || config.models().isEmpty() || (!model.isEmpty() && config.fits(model));
  }

  /** {@return its upstreams as they were configured} */
  public List<Hop> hops() {
    return hops;
  }

  /** {@return what is decided about its streams} */
  public StreamSettings streams() {
    return streams;
  }

  /** {@return whether a request with state of one provider goes to that one alone} */
  public boolean bindsState() {
    return config == null || config.boundState();
  }

  /**
   * {@return the upstreams for one request, best first} Without weights they are in the configured
   * order. Neighbours with weights are ordered by rendezvous hashing: requests of one session agree
   * on the order, and each upstream is first for its share of sessions. An upstream that leaves or
   * returns moves its own sessions only.
   *
   * @param session a number that requests of one session have in common
   * @param allowed which upstreams may be asked
   */
  public List<Hop> order(long session, Predicate<? super UpstreamConfig> allowed) {
    var order = new ArrayList<Hop>();
    var group = new ArrayList<Hop>();
    for (var hop : hops) {
      if (!allowed.test(hop.upstream())) {
        continue;
      }
      if (hop.weight() > 0) {
        group.add(hop);
      } else {
        closeGroup(group, session, order);
        order.add(hop);
      }
    }
    closeGroup(group, session, order);
    return order;
  }

  private static void closeGroup(List<Hop> group, long session, List<Hop> order) {
    group.sort(Comparator.comparingDouble((Hop hop) -> score(hop, session)).reversed());
    order.addAll(group);
    group.clear();
  }

  /** Weighted rendezvous hashing: -w / ln(u), with u uniform in (0, 1) by session and name. */
  private static double score(Hop hop, long session) {
    long hash = SessionHash.mix(session ^ SessionHash.of(hop.upstream().name()));
    double uniform = ((hash >>> 11) + 0.5) * 0x1.0p-53;
    return -hop.weight() / Math.log(uniform);
  }
}
