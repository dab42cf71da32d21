package dev.holdfast.gateway.route;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.config.UpstreamConfig.Family;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Decides which upstreams are asked: by path, where two providers share one by headers, and by the
 * model.
 */
public final class Router {
  private static final Pattern GOOGLE =
      Pattern.compile(
          "/(?:upload/|download/)?v1(?:alpha|beta)\\d*(?:/.*)?|.*/models/[^/]+:[A-Za-z]+");

  /** Directly below the version: OpenAI's threads have messages, too. */
  private static final Pattern MESSAGES = Pattern.compile("(?:.*/v\\d+)?/messages(/.*)?");

  private static final Pattern RESPONSES = Pattern.compile("(?:.*/v\\d+)?/responses");

  private final List<UpstreamConfig> upstreams;
  private final List<Route> routes = new ArrayList<>();
  private final Map<ClientProtocol, Route> unrouted = new EnumMap<>(ClientProtocol.class);
  private final Set<Family> routed = EnumSet.noneOf(Family.class);

  /** A router of this configuration. */
  public Router(GatewayConfig config) {
    this.upstreams = config.upstreams();
    for (var route : config.routes()) {
      var compiled = Route.of(route, config);
      routes.add(compiled);
      routed.add(compiled.family());
    }
    for (var front : ClientProtocol.values()) {
      var serving = serving(front);
      if (!serving.isEmpty()) {
        unrouted.put(front, Route.inOrder(serving, config.streams()));
      }
    }
  }

  /** {@return all upstreams} */
  public List<UpstreamConfig> upstreams() {
    return upstreams;
  }

  /** {@return the upstreams for requests of a protocol that no route fits} */
  private List<UpstreamConfig> serving(ClientProtocol front) {
    var family = upstreams.stream().filter(u -> u.family() == front.family()).toList();
    if (routed.contains(front.family())) {
      return family.subList(0, 1); // For requests that name no model.
    }
    var exact = family.stream().filter(u -> u.protocol().equals(front.dialect())).toList();
    if (!exact.isEmpty()) {
      return exact;
    }
    if (!family.isEmpty()) {
      // Without a protocol of its own a request is relayed: one upstream will do.
      return front.dialect() == null ? family.subList(0, 1) : family;
    }
    // One server often speaks several protocols.
    boolean alone = upstreams.size() == 1 && upstreams.getFirst().family() != Family.OLLAMA;
    return alone ? upstreams : List.of();
  }

  /** {@return whether the model of a request may decide where it goes} */
  public boolean goesByModel(ClientProtocol front) {
    return routed.contains(front.family());
  }

  /**
   * {@return where requests go; null if no upstream serves them}
   *
   * @param model the model; empty where a request names none
   */
  public @Nullable Route route(ClientProtocol front, String model) {
    for (var route : routes) {
      if (route.family() == front.family() && route.fits(model)) {
        return route;
      }
    }
    return routed.contains(front.family()) && !model.isEmpty() ? null : unrouted.get(front);
  }

  /**
   * {@return the protocol of a request}
   *
   * @param headers all values of each header, by lower-case name
   */
  public static ClientProtocol front(RequestPath request, Map<String, List<String>> headers) {
    String path = request.path();
    if (path.endsWith("/chat/completions")) {
      return ClientProtocol.CHAT;
    }
    if (RESPONSES.matcher(path).matches()) {
      return ClientProtocol.RESPONSES;
    }
    var messages = MESSAGES.matcher(path);
    if (messages.matches()) {
      return messages.group(1) == null ? ClientProtocol.MESSAGES : ClientProtocol.ANTHROPIC;
    }
    if (path.equals("/api/hello")) {
      return ClientProtocol.ANTHROPIC;
    }
    if (GOOGLE.matcher(path).matches()) {
      if (!path.endsWith(":streamGenerateContent")) {
        return ClientProtocol.GOOGLE;
      }
      if (request.asks("alt", "sse")) {
        return ClientProtocol.GEMINI;
      }
      boolean array = !request.query().contains("alt=") || request.asks("alt", "json");
      return array ? ClientProtocol.GEMINI_ARRAY : ClientProtocol.GOOGLE;
    }
    if (path.startsWith("/api/")) {
      return path.equals("/api/chat") ? ClientProtocol.OLLAMA_CHAT : ClientProtocol.OLLAMA;
    }
    // Both providers have /v1/models, files and batches.
    boolean anthropic =
        headers.containsKey("anthropic-version") || headers.containsKey("x-api-key");
    return anthropic ? ClientProtocol.ANTHROPIC : ClientProtocol.OPENAI;
  }
}
