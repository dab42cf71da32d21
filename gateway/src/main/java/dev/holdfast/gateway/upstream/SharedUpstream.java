package dev.holdfast.gateway.upstream;

import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Profile;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.spi.SharedUpstreamState;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.netty.upstream.Origin;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentHashMap;

/** An upstream with what all its streams share. Thread-safe. */
public final class SharedUpstream {
  /** Clients may name any model: beyond so many they are looked up each time. */
  private static final int MAX_PROFILES = 256;

  private final UpstreamConfig config;
  private final SharedUpstreamState state;
  private final Origin origin;
  private final Map<Asked, Profile> profiles = new ConcurrentHashMap<>();

  private record Asked(String protocol, String model) {}

  /**
   * An upstream.
   *
   * @param config how it is reached
   * @param state its circuit, its retry budget, and what was learnt of it
   */
  public SharedUpstream(UpstreamConfig config, SharedUpstreamState state) {
    this.config = config;
    this.state = state;
    boolean http2 = config.http2() == UpstreamConfig.Http2.AUTO;
    this.origin =
        new Origin(config.isTls(), config.host(), config.port(), config.authority(), null, http2);
  }

  /** An upstream of which nothing is known. */
  public SharedUpstream(UpstreamConfig config) {
    this(config, new SharedUpstreamState(BreakerPolicy.DEFAULT, new SplittableRandom()));
  }

  /** {@return how it is reached} */
  public UpstreamConfig config() {
    return config;
  }

  /** {@return where its connections lead; of this configuration alone} */
  public Origin origin() {
    return origin;
  }

  /** {@return its circuit, its retry budget, and what was learnt of it} */
  public SharedUpstreamState state() {
    return state;
  }

  /** {@return what the built-in table knows of a model there} */
  public Profile profile(String protocol, String model) {
    var asked = new Asked(protocol, model);
    var known = profiles.get(asked);
    if (known == null) {
      known = Profiles.DEFAULT.find(protocol, config.host(), model);
      if (profiles.size() < MAX_PROFILES) {
        profiles.put(asked, known);
      }
    }
    return known;
  }
}
