package dev.holdfast.client.relay;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.KeptAddress;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.engine.UpstreamPlan;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.Profiles;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.spi.Transport;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where an answer comes from: its protocol by the request's path, and how continuations of it are
 * addressed.
 */
record RelayTarget(
    RelayedRequest request, ChatDialect dialect, String body, RequestFacts facts, String ownPath) {
  private static final String GEMINI = ":streamGenerateContent";

  /** {@return protocol and length; the body holds the prompt} */
  @Override
  public String toString() {
    return "RelayTarget[dialect=%s, body=%d characters]".formatted(dialect.id(), body.length());
  }

  /** Set by each client for each request, or true of the first one only. */
  private static final Set<String> OWN =
      Set.of(
          "accept-encoding",
          "connection",
          "content-length",
          "expect",
          "host",
          "idempotency-key",
          "transfer-encoding",
          "x-stainless-retry-count");

  /** {@return the protocol of a request that asks for a stream; null if it is not known} */
  static @Nullable String dialectOf(String method, URI uri) {
    String path = String.valueOf(uri.getPath());
    if (!method.equalsIgnoreCase("POST")) {
      return null;
    }
    if (path.endsWith("/chat/completions")) {
      return Dialects.OPENAI_CHAT;
    }
    if (path.endsWith("/responses")) {
      return Dialects.OPENAI_RESPONSES;
    }
    if (path.endsWith("/messages")) {
      return Dialects.ANTHROPIC_MESSAGES;
    }
    if (path.endsWith(GEMINI)) {
      String query = String.valueOf(uri.getQuery()).toLowerCase(Locale.ROOT);
      return query.contains("alt=sse")
          ? Dialects.GEMINI_SSE
          : query.contains("alt=") && !query.contains("alt=json")
              ? null
              : Dialects.GEMINI_JSON_ARRAY;
    }
    return path.endsWith("/api/chat") ? Dialects.OLLAMA_CHAT : null;
  }

  /**
   * {@return the target}
   *
   * @throws IllegalArgumentException if the body is no request of the protocol
   */
  static RelayTarget of(RelayedRequest request, String dialectId, String sent) {
    var dialect = Dialects.relayed(dialectId);
    String body = sent;
    if (isGemini(dialectId)) {
      String path = request.uri().getPath();
      int models = path.lastIndexOf("/models/");
      int end = path.length() - GEMINI.length();
      String model = models < 0 ? "" : path.substring(models + "/models/".length(), end);
      body = dialect.withModel(sent, model);
    }
    String path = withoutQuery(dialect.call(body).path());
    return new RelayTarget(request, dialect, body, dialect.facts(body), path);
  }

  private static boolean isGemini(String dialect) {
    return dialect.equals(Dialects.GEMINI_SSE) || dialect.equals(Dialects.GEMINI_JSON_ARRAY);
  }

  private static String withoutQuery(String path) {
    int query = path.indexOf('?');
    return query < 0 ? path : path.substring(0, query);
  }

  /** {@return whether a body asks for a stream; {@code otherwise} if it leaves that open} */
  static boolean isStreaming(String body, boolean otherwise) {
    try {
      return Json.parse(body) instanceof Json.Obj json
          && (json.get("stream") instanceof Json.Bool(boolean stream) ? stream : otherwise);
    } catch (Json.MalformedException e) {
      return false;
    }
  }

  /** {@return whether a chat's body asks for a chunk with the tokens} */
  static boolean isUsageAsked(String body) {
    try {
      var options =
          Json.parse(body) instanceof Json.Obj json ? json.object("stream_options") : null;
      return options != null
          && options.get("include_usage") instanceof Json.Bool(boolean asked)
          && asked;
    } catch (Json.MalformedException e) {
      return false;
    }
  }

  /** {@return the model's name in the request} */
  String model() {
    return facts.model();
  }

  /** {@return how its upstream would be asked} */
  UpstreamPlan plan(Profiles profiles, @Nullable Capability capability) {
    String host = request.uri().getHost();
    // An array is asked for and continued as events are.
    String protocol = isGemini(dialect.id()) ? Dialects.GEMINI_SSE : dialect.id();
    var profile = profiles.find(protocol, host, model());
    return new UpstreamPlan(
        host,
        dialect,
        body,
        capability == null ? profile.capability() : capability,
        KeptAddress.QUERY,
        capability == null && Profiles.isAssumed(profile) ? profiles : null);
  }

  /** {@return the first request, as the host made it} */
  Transport.Request first(Duration connectTimeout) {
    var headers = headers();
    var key = request.headers().get("Idempotency-Key");
    if (key != null) {
      headers.put("Idempotency-Key", key);
    }
    String sent = request.body();
    return new Transport.Request(
        request.uri(), headers, sent == null ? body : sent, connectTimeout);
  }

  private Map<String, List<String>> headers() {
    var headers = new TreeMap<String, List<String>>(String.CASE_INSENSITIVE_ORDER);
    request
        .headers()
        .forEach((name, list) -> {
          if (!OWN.contains(name.toLowerCase(Locale.ROOT))) {
            headers.put(name, list);
          }
        });
    headers.put("Accept-Encoding", List.of("identity"));
    headers.put("X-Stainless-Retry-Count", List.of("0"));
    return headers;
  }

  /** {@return an attempt's request, with the first one's headers} */
  Transport.Request continuation(ProviderRequest call, Duration connectTimeout) {
    var headers = headers();
    call.headers().forEach((name, value) -> headers.putIfAbsent(name, List.of(value)));
    return new Transport.Request(
        call.method(), address(call.path()), headers, call.body(), connectTimeout);
  }

  private URI address(String path) {
    if (withoutQuery(path).equals(ownPath)) {
      return request.uri();
    }
    String whole = request.uri().toString();
    int query = whole.indexOf('?');
    String plain = query < 0 ? whole : whole.substring(0, query);
    if (path.startsWith("/")) {
      return URI.create(request.uri().getScheme() + "://" + request.uri().getRawAuthority() + path);
    }
    String decoded = URLDecoder.decode(plain, StandardCharsets.UTF_8);
    String own = ownPath.startsWith("/") ? ownPath : "/" + ownPath;
    if (!plain.endsWith(own) && !decoded.endsWith(own)) {
      throw new IllegalArgumentException("uri: must end with " + ownPath + ", did not");
    }
    return URI.create(plain.substring(0, plain.length() - own.length() + 1) + path);
  }
}
