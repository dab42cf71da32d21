package dev.holdfast.journal.redis;

import dev.holdfast.core.stream.Check;
import io.lettuce.core.RedisURI;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Where a Redis is. No text shows its password.
 *
 * @param uris one, or the first nodes of a Cluster
 * @param isCluster whether it is a Redis Cluster
 */
record RedisAddress(List<RedisURI> uris, boolean isCluster) {
  private static final List<String> SCHEMES =
      List.of(
          "redis",
          "rediss",
          "redis-socket",
          "redis-sentinel",
          "rediss-sentinel",
          "redis-cluster",
          "rediss-cluster");

  private static final Pattern OPTION = Pattern.compile("verifyPeer=(FULL|CA|NONE)");

  /**
   * {@return the address that a text names: {@code redis://[user:password@]host[:port][/database]},
   * {@code rediss} for TLS, {@code redis-sentinel://host[:port],...[/database]#master}, or {@code
   * redis-cluster://[user:password@]host[:port],...}}
   *
   * @throws IllegalArgumentException "journal: rule, was value" without password
   */
  static RedisAddress parse(String text) {
    int colon = text.indexOf("://");
    String scheme = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
    Check.that(
        SCHEMES.contains(scheme),
        "journal",
        "must begin with redis://, rediss://, redis-sentinel:// or redis-cluster://",
        scheme.isEmpty() ? "text without a scheme" : scheme + "://...");
    checkOptions(scheme, text.substring(text.lastIndexOf('@') + 1));
    try {
      return scheme.endsWith("-cluster")
          ? cluster(scheme.replace("-cluster", ""), text.substring(colon + 3))
          : new RedisAddress(
              List.of(named(RedisURI.create(scheme + text.substring(colon)))), false);
    } catch (IllegalArgumentException e) {
      // Its message may repeat the password.
      throw new IllegalArgumentException(
          "journal: must be an address of a Redis, such as redis://host:6379, was "
              + scheme
              + "://...");
    }
  }

  /** An option that is not known would be ignored, and one of its own would be replaced. */
  private static void checkOptions(String scheme, String place) {
    int query = place.indexOf('?');
    if (query >= 0) {
      String option = place.substring(query + 1).split("#", 2)[0];
      Check.that(
          scheme.startsWith("rediss") && OPTION.matcher(option).matches(),
          "journal",
          "must have no option but verifyPeer=FULL, CA or NONE, with rediss",
          scheme + "://...?" + option.split("=", 2)[0]);
    }
  }

  private static RedisAddress cluster(String scheme, String rest) {
    int at = rest.lastIndexOf('@');
    String user = at < 0 ? "" : rest.substring(0, at + 1);
    return new RedisAddress(
        Stream.of(rest.substring(at + 1).split(",", -1))
            .map(node -> ofCluster(named(RedisURI.create(scheme + "://" + user + node))))
            .toList(),
        true);
  }

  private static RedisURI ofCluster(RedisURI node) {
    if (node.getDatabase() != 0) {
      throw new IllegalArgumentException("database: must not be there, as a Cluster has only one");
    }
    return node;
  }

  private static RedisURI named(RedisURI uri) {
    boolean sentinels = uri.getSentinelMasterId() != null && !uri.getSentinels().isEmpty();
    boolean host = uri.getHost() != null && !uri.getHost().isEmpty();
    if (!host && !sentinels && uri.getSocket() == null) {
      throw new IllegalArgumentException("host: must be there");
    }
    String name = uri.getHost();
    int colon = name == null || name.startsWith("[") ? -1 : name.lastIndexOf(':');
    if (name != null && colon >= 0) {
      // Lettuce takes a name that is none by the standard, such as one with '_', with its port.
      uri.setPort(Integer.parseInt(name.substring(colon + 1)));
      uri.setHost(name.substring(0, colon));
    }
    return uri;
  }

  @Override
  public String toString() {
    return "RedisAddress";
  }
}
