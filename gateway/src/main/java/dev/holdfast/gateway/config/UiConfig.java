package dev.holdfast.gateway.config;

import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Check;
import java.util.List;
import java.util.regex.Pattern;

/**
 * The endpoint for the AI SDK's {@code useChat}.
 *
 * @param path where chats are posted; their streams are below it
 * @param protocol the protocol in which upstreams are asked; empty for that of the first upstream
 *     that has one of {@link #PROTOCOLS}
 * @param model the model of requests that name none; empty for none
 * @param system the system prompt of all chats; empty if requests may bring their own
 * @param maxTokens the output limit of requests that have none; 0 for the protocol's own
 */
public record UiConfig(String path, String protocol, String model, String system, int maxTokens) {
  /** The protocols in which upstreams can be asked. */
  public static final List<String> PROTOCOLS =
      List.of(Dialects.OPENAI_CHAT, Dialects.ANTHROPIC_MESSAGES);

  private static final Pattern PATH = Pattern.compile("(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+");

  /** The path {@code /ui/chat}, and nothing else decided. */
  public static final UiConfig DEFAULT = new UiConfig("/ui/chat", "", "", "", 0);

  /** Checks each part. */
  public UiConfig {
    Check.that(PATH.matcher(path).matches(), "path", "must be words after slashes", path);
    Check.that(
        !path.equals("/v1") && !path.startsWith("/v1/"), "path", "must not be below /v1", path);
    Check.that(
        protocol.isEmpty() || PROTOCOLS.contains(protocol),
        "protocol",
        "must be one of " + String.join(", ", PROTOCOLS),
        protocol);
    Check.that(maxTokens >= 0, "maxTokens", "must not be negative", maxTokens);
  }

  /** {@return a copy with the model of requests that name none} */
  public UiConfig withModel(String model) {
    return new UiConfig(path, protocol, model, system, maxTokens);
  }

  /** {@return a copy at another path} */
  public UiConfig withPath(String path) {
    return new UiConfig(path, protocol, model, system, maxTokens);
  }

  /** {@return a copy whose upstreams are asked in a protocol} */
  public UiConfig withProtocol(String protocol) {
    return new UiConfig(path, protocol, model, system, maxTokens);
  }

  /** {@return a copy with a system prompt for all chats} */
  public UiConfig withSystem(String system) {
    return new UiConfig(path, protocol, model, system, maxTokens);
  }

  /** {@return the protocol in which upstreams are asked} */
  public String protocol(List<UpstreamConfig> upstreams) {
    if (!protocol.isEmpty()) {
      return protocol;
    }
    return upstreams.stream()
        .map(UpstreamConfig::protocol)
        .filter(PROTOCOLS::contains)
        .findFirst()
        .orElse(Dialects.OPENAI_CHAT);
  }

  /** {@return everything except the system prompt} */
  @Override
  public String toString() {
    return "UiConfig[path=%s, protocol=%s, model=%s, maxTokens=%d]"
        .formatted(path, protocol, model, maxTokens);
  }
}
