package dev.holdfast.testkit.judge;

import dev.holdfast.core.stream.Check;
import dev.holdfast.testkit.fault.Protocol;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a client is asked to do: one streamed answer to one prompt.
 *
 * @param baseUrl where to, as SDKs of the protocol take it: with the version for OpenAI's
 *     protocols, without for the others
 * @param protocol what is spoken there
 * @param prompt the user's message
 * @param patience how long the client shall wait for more of the answer; its own timeout
 * @param cancelAfter after how many characters of text it shall cancel; 0 for never
 */
public record Task(
    URI baseUrl, Protocol protocol, String prompt, Duration patience, int cancelAfter) {
  private static final String KEY = "not-a-key";

  /** Checks the bounds. */
  public Task {
    Check.that(patience.isPositive(), "patience", "must be positive", patience);
    Check.that(cancelAfter >= 0, "cancelAfter", "must not be negative", cancelAfter);
  }

  /**
   * {@return the task as environment variables of a command} The official SDKs' variables are set
   * as well, so that an ordinary script can be judged unchanged.
   */
  public Map<String, String> environment() {
    var all = new LinkedHashMap<String, String>();
    all.put("HOLDFAST_BASE_URL", baseUrl.toString());
    all.put("HOLDFAST_PROTOCOL", protocol.id());
    all.put("HOLDFAST_PROMPT", prompt);
    all.put("HOLDFAST_TIMEOUT", Long.toString(Math.max(1, patience.toSeconds())));
    if (cancelAfter > 0) {
      all.put("HOLDFAST_CANCEL_AFTER", Integer.toString(cancelAfter));
    }
    switch (protocol) {
      case OPENAI_CHAT, OPENAI_RESPONSES -> {
        all.put("OPENAI_BASE_URL", baseUrl.toString());
        all.put("OPENAI_API_KEY", KEY);
      }
      case ANTHROPIC_MESSAGES -> {
        all.put("ANTHROPIC_BASE_URL", baseUrl.toString());
        all.put("ANTHROPIC_API_KEY", KEY);
      }
      case GEMINI_SSE, GEMINI_JSON_ARRAY -> {
        all.put("GOOGLE_GEMINI_BASE_URL", baseUrl.toString());
        all.put("GEMINI_API_KEY", KEY);
      }
      case OLLAMA_CHAT -> all.put("OLLAMA_HOST", baseUrl.toString());
    }
    return all;
  }
}
