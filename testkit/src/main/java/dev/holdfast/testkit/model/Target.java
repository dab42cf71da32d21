package dev.holdfast.testkit.model;

import dev.holdfast.testkit.fault.Protocol;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The content of a request's address.
 *
 * @param protocol that it is of
 * @param model the model it names; empty if the body names it
 * @param stream whether it asks for a stream; null if the body decides
 */
public record Target(Protocol protocol, String model, @Nullable Boolean stream) {
  private static final Pattern GEMINI =
      Pattern.compile(".*/models/([^/:]+):(streamGenerateContent|generateContent)");

  /** {@return the content of an address, or null if there is nothing at it} */
  static @Nullable public Target of(String path, String query) {
    Matcher gemini = GEMINI.matcher(path);
    if (path.contains("/models/") && gemini.matches()) {
      boolean stream = gemini.group(2).startsWith("stream");
      boolean events = !stream || ("&" + query + "&").contains("&alt=sse&");
      return new Target(
          events ? Protocol.GEMINI_SSE : Protocol.GEMINI_JSON_ARRAY, gemini.group(1), stream);
    }
    for (Protocol protocol : Protocol.values()) {
      if (path.endsWith("/" + protocol.path())) {
        return new Target(protocol, "", null);
      }
    }
    return null;
  }

  /** {@return the content of the address of a protocol's streams, without a chosen model} */
  static Target streamOf(Protocol protocol) {
    return switch (protocol) {
      case GEMINI_SSE, GEMINI_JSON_ARRAY -> new Target(protocol, "gemini-2.5-flash", true);
      case OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES, OLLAMA_CHAT ->
          new Target(protocol, "", null);
    };
  }
}
