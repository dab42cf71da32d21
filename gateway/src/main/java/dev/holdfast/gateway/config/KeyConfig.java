package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;
import java.util.List;
import java.util.regex.Pattern;

/**
 * A key of the gateway's own: one tenant, and what it may do.
 *
 * @param name the tenant's name in logs and metrics
 * @param sha256 the SHA-256 of the key, as 64 hexadecimal digits; the key itself is kept nowhere
 * @param models patterns of the models it may ask; empty for all
 * @param upstreams names of the upstreams it may ask; empty for all
 * @param limits how much it may ask
 */
public record KeyConfig(
    String name,
    String sha256,
    List<ModelPattern> models,
    List<String> upstreams,
    KeyLimits limits) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]{1,64}");
  private static final Pattern HASH = Pattern.compile("[0-9a-f]{64}");

  /**
   * How much a tenant may ask; 0 for no limit.
   *
   * @param requestsPerMinute requests of any kind
   * @param concurrentStreams requests that are open at a time
   * @param tokensPerMinute tokens of requests and answers
   * @param tokensPerDay the same, from midnight to midnight UTC
   */
  public record KeyLimits(
      long requestsPerMinute, long concurrentStreams, long tokensPerMinute, long tokensPerDay) {
    /** No limit. */
    public static final KeyLimits NONE = new KeyLimits(0, 0, 0, 0);

    /** Checks that none is negative. */
    public KeyLimits {
      check("requestsPerMinute", requestsPerMinute);
      check("concurrentStreams", concurrentStreams);
      check("tokensPerMinute", tokensPerMinute);
      check("tokensPerDay", tokensPerDay);
    }

    private static void check(String name, long limit) {
      Check.that(
          limit >= 0 && limit <= 1L << 50, name, "must not be negative, and at most 2^50", limit);
    }
  }

  /** Checks name and hash, and copies. */
  public KeyConfig {
    Check.that(NAME.matcher(name).matches(), "name", "must be 1 to 64 of A-Z a-z 0-9 . _ -", name);
    Check.that(
        HASH.matcher(sha256).matches(),
        "sha256",
        "must be 64 hexadecimal digits in lower case",
        "(hidden)");
    models = List.copyOf(models);
    upstreams = List.copyOf(upstreams);
  }

  /**
   * Checks it against the upstreams that there are.
   *
   * @throws IllegalArgumentException "upstreams: rule, was value"
   */
  public void check(List<UpstreamConfig> known) {
    for (String upstream : upstreams) {
      Check.that(
          known.stream().anyMatch(there -> there.name().equals(upstream)),
          "upstreams",
          "must be names of upstreams",
          upstream);
    }
  }

  /** {@return whether it may ask a model} */
  public boolean maySend(String model) {
    return models.isEmpty() || models.stream().anyMatch(pattern -> pattern.matches(model));
  }

  /** {@return whether it may ask an upstream} */
  public boolean mayAsk(UpstreamConfig upstream) {
    return upstreams.isEmpty() || upstreams.contains(upstream.name());
  }
}
