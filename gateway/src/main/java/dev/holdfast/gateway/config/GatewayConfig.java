package dev.holdfast.gateway.config;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Check;
import java.net.InetAddress;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Everything an operator decides about a gateway. Immutable.
 *
 * @param address where it listens
 * @param port its port; 0 for any that is free
 * @param managementPort the port of health, metrics and dashboard, on loopback; 0 for any that is
 *     free
 * @param upstreams the upstreams it asks, at most one for each provider's paths
 * @param limits what clients may send
 * @param holdHead how long the response head waits for the first content
 * @param keepAlive time between signs of life, once the head has left
 * @param drain how long open exchanges may last after a shutdown was asked for
 * @param policy decides about every stream; null for that of the provider's profile
 */
public record GatewayConfig(
    InetAddress address,
    int port,
    int managementPort,
    List<UpstreamConfig> upstreams,
    Limits limits,
    Duration holdHead,
    Duration keepAlive,
    Duration drain,
    @Nullable StreamPolicy policy) {
  /** Loopback, any ports, the providers' own endpoints, 10 s, 15 s, 10 min. */
  public static final GatewayConfig DEFAULT =
      new GatewayConfig(
          InetAddress.getLoopbackAddress(),
          0,
          0,
          UpstreamConfig.defaults(),
          Limits.DEFAULT,
          Duration.ofSeconds(10),
          Duration.ofSeconds(15),
          Duration.ofMinutes(10),
          null);

  /** Checks ports and times, and copies the upstreams. */
  public GatewayConfig {
    Check.that(port >= 0 && port <= 65535, "port", "must be 0 to 65535", port);
    Check.that(
        managementPort >= 0 && managementPort <= 65535,
        "managementPort",
        "must be 0 to 65535",
        managementPort);
    Check.that(
        port == 0 || port != managementPort,
        "managementPort",
        "must not be the port of the gateway",
        managementPort);
    // S1: without keys, any client that can connect uses the operator's network and its own key.
    Check.that(
        address.isLoopbackAddress(),
        "host",
        "must be a loopback address, as the gateway has no keys of its own",
        address.getHostAddress());
    Check.that(!upstreams.isEmpty(), "upstreams", "must not be empty", "none");
    var families = EnumSet.noneOf(UpstreamConfig.Family.class);
    for (var upstream : upstreams) {
      Check.that(
          families.add(upstream.family()),
          "upstream",
          "must be one for each provider's paths",
          upstream.protocol() + " after another one of " + upstream.family());
    }
    Check.that(!holdHead.isNegative(), "holdHead", "must not be negative", holdHead);
    Check.that(keepAlive.isPositive(), "keepAlive", "must be positive", keepAlive);
    Check.that(!drain.isNegative(), "drain", "must not be negative", drain);
    upstreams = List.copyOf(upstreams);
  }

  /** {@return a copy that listens elsewhere} */
  public GatewayConfig listeningAt(InetAddress address, int port, int managementPort) {
    return new GatewayConfig(
        address, port, managementPort, upstreams, limits, holdHead, keepAlive, drain, policy);
  }

  /** {@return a copy with other upstreams} */
  public GatewayConfig withUpstreams(List<UpstreamConfig> upstreams) {
    return new GatewayConfig(
        address, port, managementPort, upstreams, limits, holdHead, keepAlive, drain, policy);
  }

  /** {@return a copy with other limits} */
  public GatewayConfig withLimits(Limits limits) {
    return new GatewayConfig(
        address, port, managementPort, upstreams, limits, holdHead, keepAlive, drain, policy);
  }

  /** {@return a copy with other times before the answer and between signs of life} */
  public GatewayConfig withSignsOfLife(Duration holdHead, Duration keepAlive) {
    return new GatewayConfig(
        address, port, managementPort, upstreams, limits, holdHead, keepAlive, drain, policy);
  }

  /** {@return a copy with another longest drain} */
  public GatewayConfig withDrain(Duration drain) {
    return new GatewayConfig(
        address, port, managementPort, upstreams, limits, holdHead, keepAlive, drain, policy);
  }

  /** {@return a copy with one policy for all streams} */
  public GatewayConfig withPolicy(StreamPolicy policy) {
    return new GatewayConfig(
        address, port, managementPort, upstreams, limits, holdHead, keepAlive, drain, policy);
  }
}
