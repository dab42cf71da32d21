package dev.holdfast.gateway.config;

import dev.holdfast.core.guard.AllowedHosts;
import dev.holdfast.core.stream.Check;
import java.net.InetAddress;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Where health, metrics, dashboard and reload are served, and to which clients. Not changed by a
 * reload.
 *
 * @param address of the port
 * @param port 0 for any that is free
 * @param names further hosts under which it answers, as {@link AllowedHosts#with} takes them
 * @param sha256 the SHA-256 of the token that every path but the probes needs, as 64 hexadecimal
 *     digits; empty for no token
 * @param open whether an address that other machines reach is served without a token
 */
public record ManagementConfig(
    InetAddress address, int port, Set<String> names, String sha256, boolean open) {
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  /** Loopback, any port, no token. */
  public static final ManagementConfig DEFAULT =
      new ManagementConfig(InetAddress.getLoopbackAddress(), 0, Set.of(), "", false);

  /** Checks each part, and that other machines are served by a decision only. */
  public ManagementConfig {
    Check.that(port >= 0 && port <= 65535, "managementPort", "must be 0 to 65535", port);
    Check.that(
        sha256.isEmpty() || HASH.matcher(sha256).matches(),
        "managementSha256",
        "must be 64 hexadecimal digits in lower case",
        "(hidden)");
    Check.that(
        !open || sha256.isEmpty(),
        "managementOpen",
        "must not be true beside managementSha256",
        open);
    Check.that(
        address.isLoopbackAddress() || open || !sha256.isEmpty(),
        "managementHost",
        "must be a loopback address without managementSha256 or managementOpen: true",
        address.getHostAddress());
    names = Set.copyOf(names);
    for (String name : names) {
      try {
        var unused = AllowedHosts.loopback(0).with(Set.of(name));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            "managementNames: must be names, addresses or ranges, was '" + name + "'", e);
      }
    }
  }

  /** {@return a copy on another port} */
  public ManagementConfig withPort(int port) {
    return new ManagementConfig(address, port, names, sha256, open);
  }
}
