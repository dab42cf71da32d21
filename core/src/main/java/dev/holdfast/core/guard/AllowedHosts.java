package dev.holdfast.core.guard;

import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The hosts under which a server on the loopback address answers. A web page in a browser can send
 * requests to such a server. A name of its own may resolve to 127.0.0.1 (DNS rebinding): {@code
 * Host} shows it. Requests across origins are shown by {@code Origin} and {@code Sec-Fetch-Site}.
 * Every server of Holdfast asks this class before it answers. Immutable; thread-safe.
 *
 * <p>Allowed are {@code localhost}, also with the root's dot, {@code 127.0.0.0/8} and {@code
 * [::1]}, with this server's port or none, and what {@link #with} adds. Case is ignored. Sources:
 * RFC 9110 section 7.2, RFC 9112 sections 3.2 and 3.2.2, Fetch Metadata.
 */
public final class AllowedHosts {
  private static final int ANY_PORT = -1;
  private static final int MAX_PORT = 65_535;

  /** A host, which may be an IPv6 address in brackets, and a port of at most five digits. */
  private static final Pattern AUTHORITY =
      Pattern.compile("(\\[[0-9a-f:]+]|[a-z0-9._-]+)(?::([0-9]{1,5}))?");

  private static final Pattern LOOPBACK_4 =
      Pattern.compile("127(?:\\.(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])){3}");

  /** {@code ::1} with or without its zeros. */
  private static final Pattern LOOPBACK_6 =
      Pattern.compile("\\[(?:(?:0{1,4}:){7}|(?:0{1,4}(?::0{1,4})*)?::(?:0{1,4}:)*)0{0,3}1]");

  private static final Pattern ABSOLUTE =
      Pattern.compile("https?://([^/?#]*)(?:[/?#].*)?", Pattern.CASE_INSENSITIVE);

  private final int port;
  private final Set<HostPattern> furtherHosts;

  private AllowedHosts(int port, Set<HostPattern> furtherHosts) {
    this.port = port;
    this.furtherHosts = furtherHosts;
  }

  /** {@return the hosts of a server on this port of the loopback address} */
  public static AllowedHosts loopback(int port) {
    return new AllowedHosts(port, Set.of());
  }

  /**
   * {@return the hosts of a server on the loopback address, with any port} For servers reached
   * through proxies and tunnels, since these have ports of their own.
   */
  public static AllowedHosts loopbackWithAnyPort() {
    return new AllowedHosts(ANY_PORT, Set.of());
  }

  /**
   * {@return these hosts and further ones} Each is one of these, and anything else is refused:
   *
   * <ul>
   *   <li>a name or an address: with this server's port or none; {@code NAME:PORT} with that port,
   *       {@code NAME:*} with any
   *   <li>{@code *.DOMAIN}: every name below a domain, with any port
   *   <li>{@code 10.0.0.0/8}, {@code fd00::/8}: every address of a range, with any port. A page of
   *       a stranger cannot use it: its host is a name
   *   <li>{@code *}: every host. Then only {@code Origin} and {@code Sec-Fetch-Site} are checked
   * </ul>
   *
   * @throws IllegalArgumentException "host: rule, was value" for one that is none of these
   */
  public AllowedHosts with(Set<String> hosts) {
    var all = new HashSet<>(furtherHosts);
    hosts.forEach(host -> all.add(HostPattern.of(host)));
    return new AllowedHosts(port, Set.copyOf(all));
  }

  /**
   * {@return why a request must be refused, or null if it may be answered}
   *
   * @param target the request target as sent; an absolute one must name an allowed host too, since
   *     it replaces {@code Host}
   * @param headers all values of each header, by lower-case name
   */
  public @Nullable String complaint(String target, Map<String, List<String>> headers) {
    List<String> hosts = headers.getOrDefault("host", List.of());
    if (hosts.size() != 1) {
      return "host: must be there once";
    }
    if (!isAllowed(hosts.getFirst())) {
      return "host: must be a loopback name with this server's port, or another name of this server";
    }
    var absolute = ABSOLUTE.matcher(target);
    boolean ours = absolute.matches() ? isAllowed(absolute.group(1)) : target.startsWith("/");
    if (!ours) {
      return "target: must begin with a slash or name this server";
    }
    for (String origin : headers.getOrDefault("origin", List.of())) {
      if (!isOwnOrigin(origin)) {
        return "origin: must be this server";
      }
    }
    // Browsers report where a request comes from even where they send no Origin.
    for (String site : headers.getOrDefault("sec-fetch-site", List.of())) {
      if (site.equalsIgnoreCase("cross-site")
          || (port != ANY_PORT && site.equalsIgnoreCase("same-site"))) {
        return "sec-fetch-site: must be same-origin or none";
      }
    }
    return null;
  }

  private boolean isOwnOrigin(String origin) {
    String lower = origin.toLowerCase(Locale.ROOT);
    for (String scheme : List.of("http://", "https://")) {
      if (lower.startsWith(scheme)) {
        return isAllowed(lower.substring(scheme.length()));
      }
    }
    return false;
  }

  private boolean isAllowed(String authority) {
    var parts = AUTHORITY.matcher(authority.toLowerCase(Locale.ROOT));
    if (!parts.matches()) {
      return false;
    }
    String host = parts.group(1);
    int named = parts.group(2) == null ? -1 : Integer.parseInt(parts.group(2));
    if (furtherHosts.stream().anyMatch(pattern -> pattern.allows(host, named, port))) {
      return named <= MAX_PORT;
    }
    if (!isLoopback(host)) {
      return false;
    }
    return named < 0 || (port == ANY_PORT ? named <= MAX_PORT : named == port);
  }

  private static boolean isLoopback(String host) {
    return host.equals("localhost")
        || host.equals("localhost.") // The same name, with the root of the DNS written out.
        || LOOPBACK_4.matcher(host).matches()
        || LOOPBACK_6.matcher(host).matches();
  }

  @Override
  public String toString() {
    return "AllowedHosts[port=%s, furtherHosts=%s]"
        .formatted(port == ANY_PORT ? "any" : port, furtherHosts);
  }
}
