package dev.holdfast.observe.server;

import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Who is let in. A page of a stranger's that a browser shows can send requests to this machine: by
 * its own name resolved to 127.0.0.1, which the {@code Host} gives away, or across origins, which
 * the {@code Origin} does.
 *
 * @param authorities what {@code Host} may be, lower case, with the port
 */
record Visitors(Set<String> authorities) {
  /** {@return the visitors of a server on this port} */
  static Visitors of(int port, Set<String> furtherHosts) {
    var all = new TreeSet<String>();
    for (String host : Set.of("localhost", "127.0.0.1", "[::1]")) {
      all.add(host + ":" + port);
    }
    for (String host : furtherHosts) {
      String lower = host.toLowerCase(Locale.ROOT);
      all.add(lower);
      all.add(lower + ":" + port);
    }
    return new Visitors(Set.copyOf(all));
  }

  /** {@return why a request is refused, or null if it is not} */
  @Nullable String complaint(Request request) {
    String host = request.header("host").toLowerCase(Locale.ROOT);
    if (!authorities.contains(host)) {
      return "host: must be a name of this server";
    }
    String origin = request.header("origin").toLowerCase(Locale.ROOT);
    boolean own =
        origin.isEmpty()
            || authorities.stream()
                .anyMatch(
                    name -> origin.equals("http://" + name) || origin.equals("https://" + name));
    if (!own) {
      return "origin: must be this server";
    }
    // Browsers say where a request comes from even where they send no Origin.
    String site = request.header("sec-fetch-site");
    boolean foreign = site.equals("cross-site") || site.equals("same-site");
    return foreign ? "sec-fetch-site: must be same-origin or none" : null;
  }
}
