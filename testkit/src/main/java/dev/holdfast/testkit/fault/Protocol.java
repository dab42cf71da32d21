package dev.holdfast.testkit.fault;

import dev.holdfast.core.provider.Dialects;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;

/** A wire protocol the test kit speaks. The ids are those of core's dialects. */
public enum Protocol {
  /** OpenAI Chat Completions. */
  OPENAI_CHAT("openai-chat", "v1", "chat/completions", true, true),
  /** Anthropic Messages. */
  ANTHROPIC_MESSAGES("anthropic-messages", "v1", "messages", true, false),
  /** OpenAI Responses. */
  OPENAI_RESPONSES("openai-responses", "v1", "responses", true, false),
  /** Google's streamGenerateContent with {@code alt=sse}. */
  GEMINI_SSE("gemini-sse", "v1beta", "models/{model}:streamGenerateContent?alt=sse", true, true),
  /** Google's streamGenerateContent without: one array. */
  GEMINI_JSON_ARRAY(
      "gemini-json-array", "v1beta", "models/{model}:streamGenerateContent", false, true),
  /** Ollama's own chat. */
  OLLAMA_CHAT("ollama-chat", "", "api/chat", false, false);

  private final String id;
  private final String root;
  private final String path;
  private final boolean events;
  private final boolean finishProves;

  Protocol(String id, String root, String path, boolean events, boolean finishProves) {
    this.id = id;
    this.root = root;
    this.path = path;
    this.events = events;
    this.finishProves = finishProves;
  }

  /** {@return the stable id, for example {@code openai-chat}} */
  public String id() {
    return id;
  }

  /** {@return the path of the base URL without its first slash, for example {@code v1}} */
  public String root() {
    return root;
  }

  /** {@return where requests go, relative to the base URL; {@code {model}} is to be replaced} */
  public String path() {
    return path;
  }

  /** {@return whether streams are server-sent events} */
  public boolean isEvents() {
    return events;
  }

  /** {@return whether the finish reason proves completion; else what closes the stream does} */
  public boolean finishProves() {
    return finishProves;
  }

  /**
   * {@return the protocol with an id}
   *
   * @throws IllegalArgumentException if there is none
   */
  public static Protocol of(String id) {
    for (Protocol protocol : values()) {
      if (protocol.id.equals(id)) {
        return protocol;
      }
    }
    throw new IllegalArgumentException(
        "protocol: must be one of "
            + Arrays.stream(values()).map(Protocol::id).collect(Collectors.joining(", "))
            + ", was "
            + id);
  }

  /** {@return the protocols in which Holdfast's own client makes requests, too} */
  public static List<Protocol> spoken() {
    List<String> ids = Dialects.chatIds();
    return Arrays.stream(values()).filter(one -> ids.contains(one.id)).toList();
  }

  @Override
  public String toString() {
    return id;
  }
}
