package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Where a gateway listens. Not changed by a reload.
 *
 * @param address of the port for clients
 * @param port for clients; 0 for any that is free
 * @param management where health, metrics and dashboard are
 * @param names further names under which it answers, with or without a port
 * @param tls serves clients by TLS; null for plain HTTP
 * @param acceptAfterSignal how long requests are still accepted after the first signal, so that a
 *     load balancer sees the readiness first
 */
public record ListenConfig(
    InetAddress address,
    int port,
    ManagementConfig management,
    Set<String> names,
    @Nullable Tls tls,
    Duration acceptAfterSignal) {
  /**
   * What clients are served by TLS with.
   *
   * @param certificate a PEM file, the server's own certificate first
   * @param key a PEM file, PKCS #8 without a password
   * @param http2 whether clients may speak HTTP/2
   */
  public record Tls(Path certificate, Path key, boolean http2) {}

  private static final Pattern NAME =
      Pattern.compile("(?:\\[[0-9A-Fa-f:]+]|[A-Za-z0-9._-]{1,253})(?::[0-9]{1,5})?");

  /** Loopback, any ports. */
  public static final ListenConfig DEFAULT =
      new ListenConfig(
          InetAddress.getLoopbackAddress(),
          0,
          ManagementConfig.DEFAULT,
          Set.of(),
          null,
          Duration.ZERO);

  /** Checks the ports. */
  public ListenConfig {
    Check.that(port >= 0 && port <= 65535, "port", "must be 0 to 65535", port);
    Check.that(
        port == 0 || port != management.port(),
        "managementPort",
        "must not be the port of the gateway",
        management.port());
    Check.that(
        !acceptAfterSignal.isNegative(),
        "acceptAfterSignal",
        "must not be negative",
        acceptAfterSignal);
    names = Set.copyOf(names);
    for (String name : names) {
      Check.that(
          NAME.matcher(name).matches(), "names", "must be host names, maybe with a port", name);
    }
  }

  /** {@return a copy that listens elsewhere} */
  public ListenConfig at(InetAddress address, int port, int managementPort) {
    return new ListenConfig(
        address, port, management.withPort(managementPort), names, tls, acceptAfterSignal);
  }

  /** {@return a copy that answers under further names} */
  public ListenConfig withNames(Set<String> names) {
    return new ListenConfig(address, port, management, names, tls, acceptAfterSignal);
  }

  /** {@return a copy that serves clients by TLS} */
  public ListenConfig withTls(@Nullable Tls tls) {
    return new ListenConfig(address, port, management, names, tls, acceptAfterSignal);
  }

  /** {@return a copy with another management port} */
  public ListenConfig withManagement(ManagementConfig management) {
    return new ListenConfig(address, port, management, names, tls, acceptAfterSignal);
  }

  /** {@return a copy that accepts requests for so long after the first signal} */
  public ListenConfig withAcceptAfterSignal(Duration acceptAfterSignal) {
    return new ListenConfig(address, port, management, names, tls, acceptAfterSignal);
  }
}
