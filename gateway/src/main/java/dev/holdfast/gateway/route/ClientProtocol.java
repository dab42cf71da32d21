package dev.holdfast.gateway.route;

import dev.holdfast.core.provider.Dialects;
import dev.holdfast.gateway.config.UpstreamConfig.Family;
import org.jspecify.annotations.Nullable;

/** The protocol that a client speaks, by the path of its request. */
public enum ClientProtocol {
  /** OpenAI's Chat Completions. */
  CHAT(Family.OPENAI, Dialects.OPENAI_CHAT),
  /** OpenAI's Responses. */
  RESPONSES(Family.OPENAI, Dialects.OPENAI_RESPONSES),
  /** Anything else of OpenAI's. */
  OPENAI(Family.OPENAI, null),
  /** Anthropic's Messages. */
  MESSAGES(Family.ANTHROPIC, Dialects.ANTHROPIC_MESSAGES),
  /** Anything else of Anthropic's. */
  ANTHROPIC(Family.ANTHROPIC, null),
  /** Gemini's {@code streamGenerateContent} as server-sent events. */
  GEMINI(Family.GOOGLE, Dialects.GEMINI_SSE),
  /** The same as one array. */
  GEMINI_ARRAY(Family.GOOGLE, Dialects.GEMINI_JSON_ARRAY),
  /** Anything else of Google's. */
  GOOGLE(Family.GOOGLE, null),
  /** Ollama's chat. */
  OLLAMA_CHAT(Family.OLLAMA, Dialects.OLLAMA_CHAT),
  /** Anything else of Ollama's. */
  OLLAMA(Family.OLLAMA, null);

  private final Family family;
  private final @Nullable String dialect;

  ClientProtocol(Family family, @Nullable String dialect) {
    this.family = family;
    this.dialect = dialect;
  }

  /** {@return whose paths it belongs to} */
  public Family family() {
    return family;
  }

  /** {@return the protocol whose streams run under the machine; null where requests are relayed} */
  public @Nullable String dialect() {
    return dialect;
  }
}
