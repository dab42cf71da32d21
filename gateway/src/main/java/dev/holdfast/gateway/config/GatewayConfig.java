package dev.holdfast.gateway.config;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Check;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Everything an operator decides about a gateway. Immutable. Settings of one kind are a record of
 * their own, so that a new one changes that record alone.
 *
 * @param listen where it listens
 * @param streams what is decided about streams where no route decides otherwise
 * @param limits what clients may send
 * @param upstreams the upstreams it asks
 * @param routes where requests go, the first that fits; others go to the upstreams of their
 *     provider's paths
 * @param keys the keys of which a client must have one; empty for none
 * @param drain how long open exchanges may last after a shutdown was asked for
 * @param journal keeps streams beyond their connections; null for none
 * @param ui the endpoint for the AI SDK's {@code useChat}; null for none
 */
public record GatewayConfig(
    ListenConfig listen,
    StreamSettings streams,
    Limits limits,
    List<UpstreamConfig> upstreams,
    List<RouteConfig> routes,
    List<KeyConfig> keys,
    Duration drain,
    @Nullable JournalConfig journal,
    @Nullable UiConfig ui) {
  /** Loopback, any ports, the providers' own endpoints, 10 min, and the defaults of each part. */
  public static final GatewayConfig DEFAULT =
      new GatewayConfig(
          ListenConfig.DEFAULT,
          StreamSettings.DEFAULT,
          Limits.DEFAULT,
          UpstreamConfig.defaults(),
          List.of(),
          List.of(),
          Duration.ofMinutes(10),
          null,
          null);

  /** Checks what concerns more than one part, and copies. */
  public GatewayConfig {
    // S1: without keys, any client that can connect uses the operator's network and its own key.
    Check.that(
        listen.address().isLoopbackAddress() || !keys.isEmpty(),
        "host",
        "must be a loopback address where there are no keys",
        listen.address().getHostAddress());
    Check.that(!upstreams.isEmpty(), "upstreams", "must not be empty", "none");
    Check.that(!drain.isNegative(), "drain", "must not be negative", drain);
    upstreams = List.copyOf(upstreams);
    routes = List.copyOf(routes);
    keys = List.copyOf(keys);
    var names = new HashSet<String>();
    for (var upstream : upstreams) {
      Check.that(
          names.add(upstream.name()), "upstream", "must have a name of its own", upstream.name());
    }
    var routed = EnumSet.noneOf(UpstreamConfig.Family.class);
    for (var route : routes) {
      route.check(upstreams);
      for (var upstream : upstreams) {
        if (upstream.name().equals(route.targets().getFirst().upstream())) {
          routed.add(upstream.family());
        }
      }
    }
    checkUnrouted(upstreams.stream().filter(u -> !routed.contains(u.family())).toList());
    checkKeys(keys, upstreams);
  }

  /** Upstreams that serve one provider's paths without a route are asked one after another. */
  private static void checkUnrouted(List<UpstreamConfig> upstreams) {
    for (var upstream : upstreams) {
      String protocol = upstream.protocol();
      UpstreamConfig.checkOrigins(
          upstreams.stream().filter(other -> other.protocol().equals(protocol)).toList());
    }
  }

  private static void checkKeys(List<KeyConfig> keys, List<UpstreamConfig> upstreams) {
    Set<String> names = new HashSet<>();
    Set<String> hashes = new HashSet<>();
    for (var key : keys) {
      Check.that(names.add(key.name()), "key", "must have a name of its own", key.name());
      Check.that(hashes.add(key.sha256()), "sha256", "must be of a key of its own", key.name());
      key.check(upstreams);
    }
  }

  /** {@return the upstream of this name} */
  public UpstreamConfig upstream(String name) {
    @Nullable UpstreamConfig found = null;
    for (var upstream : upstreams) {
      found = upstream.name().equals(name) ? upstream : found;
    }
    return Objects.requireNonNull(found, name);
  }

  /** {@return a copy with another listener} */
  public GatewayConfig withListen(ListenConfig listen) {
    return new GatewayConfig(listen, streams, limits, upstreams, routes, keys, drain, journal, ui);
  }

  /** {@return a copy that listens elsewhere} */
  public GatewayConfig listeningAt(InetAddress address, int port, int managementPort) {
    return withListen(listen.at(address, port, managementPort));
  }

  /** {@return a copy with other settings of streams} */
  public GatewayConfig withStreams(UnaryOperator<StreamSettings> change) {
    return new GatewayConfig(
        listen, change.apply(streams), limits, upstreams, routes, keys, drain, journal, ui);
  }

  /** {@return a copy with other times before the answer and between signs of life} */
  public GatewayConfig withSignsOfLife(Duration holdHead, Duration keepAlive) {
    return withStreams(settings -> settings.withSignsOfLife(holdHead, keepAlive));
  }

  /** {@return a copy with one policy for all streams} */
  public GatewayConfig withPolicy(StreamPolicy policy) {
    return withStreams(settings -> settings.withPolicy(policy));
  }

  /** {@return a copy with other limits} */
  public GatewayConfig withLimits(Limits limits) {
    return new GatewayConfig(listen, streams, limits, upstreams, routes, keys, drain, journal, ui);
  }

  /** {@return a copy with other upstreams; of one name, the later has its protocol added} */
  public GatewayConfig withUpstreams(List<UpstreamConfig> upstreams) {
    var names = new HashSet<String>();
    var named = new ArrayList<UpstreamConfig>();
    for (var upstream : upstreams) {
      boolean taken = !names.add(upstream.name());
      named.add(taken ? upstream.withName(upstream.name() + "-" + upstream.protocol()) : upstream);
    }
    return new GatewayConfig(listen, streams, limits, named, routes, keys, drain, journal, ui);
  }

  /** {@return a copy with other upstreams and routes among them} */
  public GatewayConfig withRoutes(List<UpstreamConfig> upstreams, List<RouteConfig> routes) {
    return new GatewayConfig(listen, streams, limits, upstreams, routes, keys, drain, journal, ui);
  }

  /** {@return a copy with other keys} */
  public GatewayConfig withKeys(List<KeyConfig> keys) {
    return new GatewayConfig(listen, streams, limits, upstreams, routes, keys, drain, journal, ui);
  }

  /** {@return a copy with another longest drain} */
  public GatewayConfig withDrain(Duration drain) {
    return new GatewayConfig(listen, streams, limits, upstreams, routes, keys, drain, journal, ui);
  }

  /** {@return a copy that keeps streams in a journal, or not} */
  public GatewayConfig withJournal(@Nullable JournalConfig journal) {
    return new GatewayConfig(listen, streams, limits, upstreams, routes, keys, drain, journal, ui);
  }

  /**
   * {@return this, after a check of what only a start needs} A file may leave the journal to the
   * command line.
   *
   * @throws IllegalArgumentException "name: rule, was value"
   */
  public GatewayConfig startable() {
    Check.that(ui == null || journal != null, "uiMessages", "must go with a journal", "without");
    return this;
  }

  /** {@return a copy that serves the AI SDK's {@code useChat}, or not} */
  public GatewayConfig withUi(@Nullable UiConfig ui) {
    return new GatewayConfig(listen, streams, limits, upstreams, routes, keys, drain, journal, ui);
  }
}
