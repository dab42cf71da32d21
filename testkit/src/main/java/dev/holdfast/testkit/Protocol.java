package dev.holdfast.testkit;

import java.util.Arrays;
import java.util.stream.Collectors;

/** A wire protocol the test kit speaks. The ids are those of core's dialects. */
public enum Protocol {
  /** OpenAI Chat Completions. */
  OPENAI_CHAT("openai-chat", "chat/completions", new OpenAiChatTemplates()),
  /** Anthropic Messages. */
  ANTHROPIC_MESSAGES("anthropic-messages", "messages", new AnthropicTemplates());

  private final String id;
  private final String path;

  @SuppressWarnings("ImmutableEnumChecker") // The templates have no state.
  private final WireTemplates templates;

  Protocol(String id, String path, WireTemplates templates) {
    this.id = id;
    this.path = path;
    this.templates = templates;
  }

  /** {@return the stable id, for example {@code openai-chat}} */
  public String id() {
    return id;
  }

  /** {@return where requests go, relative to the base URL} */
  public String path() {
    return path;
  }

  WireTemplates templates() {
    return templates;
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

  @Override
  public String toString() {
    return id;
  }
}
