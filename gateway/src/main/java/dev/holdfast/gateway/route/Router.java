package dev.holdfast.gateway.route;

import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.config.UpstreamConfig.Family;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Decides by path, and where two providers share one by headers, which upstream is asked. */
public final class Router {
  private static final Pattern GOOGLE =
      Pattern.compile(
          "/(?:upload/|download/)?v1(?:alpha|beta)\\d*(?:/.*)?|.*/models/[^/]+:[A-Za-z]+");

  /** Directly below the version: OpenAI's threads have messages, too. */
  private static final Pattern MESSAGES = Pattern.compile("(?:.*/v\\d+)?/messages(/.*)?");

  private static final Pattern RESPONSES = Pattern.compile("(?:.*/v\\d+)?/responses");

  private final List<UpstreamConfig> upstreams;

  /** A router among these upstreams. */
  public Router(List<UpstreamConfig> upstreams) {
    this.upstreams = List.copyOf(upstreams);
  }

  /** {@return all upstreams} */
  public List<UpstreamConfig> upstreams() {
    return upstreams;
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
      boolean events = path.endsWith(":streamGenerateContent") && request.asks("alt", "sse");
      return events ? ClientProtocol.GEMINI : ClientProtocol.GOOGLE;
    }
    if (path.startsWith("/api/")) {
      return path.equals("/api/chat") ? ClientProtocol.OLLAMA_CHAT : ClientProtocol.OLLAMA;
    }
    // Both providers have /v1/models, files and batches.
    boolean anthropic =
        headers.containsKey("anthropic-version") || headers.containsKey("x-api-key");
    return anthropic ? ClientProtocol.ANTHROPIC : ClientProtocol.OPENAI;
  }

  /** {@return the upstream for a protocol; null where none serves it} */
  public @Nullable UpstreamConfig upstream(ClientProtocol front) {
    for (var upstream : upstreams) {
      if (upstream.family() == front.family()) {
        return upstream;
      }
    }
    // One server often speaks several protocols.
    boolean alone = upstreams.size() == 1 && upstreams.getFirst().family() != Family.OLLAMA;
    return alone ? upstreams.getFirst() : null;
  }
}
