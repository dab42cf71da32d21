package dev.holdfast.gateway.server;

import dev.holdfast.gateway.access.KeyRing;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.route.Router;
import dev.holdfast.gateway.upstream.SharedUpstream;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A configuration and what follows from it. Each request takes the newest one when it arrives, and
 * keeps it to its end: a reload changes no stream that is open.
 *
 * @param generation 1 for the first, and one more after each reload
 * @param config the configuration
 * @param router decides which upstreams are asked
 * @param upstreams what is shared about each upstream, by its name
 * @param keys decides which requests are let in
 */
public record Setup(
    long generation,
    GatewayConfig config,
    Router router,
    Map<String, SharedUpstream> upstreams,
    KeyRing keys) {
  /**
   * {@return the setup of a configuration}
   *
   * @param before the setup until now: what was learnt of an upstream that stays is kept, and so is
   *     what a key has used; null at the start
   */
  public static Setup of(GatewayConfig config, @Nullable Setup before) {
    var upstreams = new LinkedHashMap<String, SharedUpstream>();
    for (var upstream : config.upstreams()) {
      var old = before == null ? null : before.upstreams().get(upstream.name());
      boolean stays = old != null && old.config().base().equals(upstream.base());
      upstreams.put(
          upstream.name(),
          stays && old != null
              ? old.config().equals(upstream) ? old : new SharedUpstream(upstream, old.state())
              : new SharedUpstream(upstream));
    }
    return new Setup(
        before == null ? 1 : before.generation() + 1,
        config,
        new Router(config),
        Collections.unmodifiableMap(upstreams),
        new KeyRing(config.keys(), before == null ? null : before.keys()));
  }

  /** {@return what is shared about an upstream} */
  public SharedUpstream shared(UpstreamConfig upstream) {
    return Objects.requireNonNull(upstreams.get(upstream.name()), upstream.name());
  }
}
