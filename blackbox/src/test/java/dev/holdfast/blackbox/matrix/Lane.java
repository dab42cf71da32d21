package dev.holdfast.blackbox.matrix;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.fault.Protocol;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A way to ask: the protocol, and what decides the rungs.
 *
 * @param model the table of capabilities knows it
 * @param capability in place of the table's, or null
 * @param deterministic whether the request has a temperature of 0, so that it may be replayed
 */
record Lane(
    String name,
    Protocol protocol,
    String model,
    @Nullable Capability capability,
    boolean deterministic) {
  static final Lane CHAT_ANCHOR =
      new Lane("chat-anchor", Protocol.OPENAI_CHAT, "gpt-4.1", null, false);
  static final Lane CHAT_PREFILL =
      new Lane(
          "chat-prefill",
          Protocol.OPENAI_CHAT,
          "deepseek-chat",
          new Capability(List.of(Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY), Prefill.PREFIX_TRUE),
          false);
  static final Lane CHAT_REPLAY =
      new Lane("chat-replay", Protocol.OPENAI_CHAT, "gpt-4.1", null, true);
  static final Lane CLAUDE_PREFILL =
      new Lane("claude-prefill", Protocol.ANTHROPIC_MESSAGES, "claude-sonnet-4-5", null, false);
  static final Lane CLAUDE_ANCHOR =
      new Lane("claude-anchor", Protocol.ANTHROPIC_MESSAGES, "claude-opus-4-6", null, false);
  static final Lane CLAUDE_REPLAY =
      new Lane("claude-replay", Protocol.ANTHROPIC_MESSAGES, "claude-opus-4-6", null, true);

  static final Lane RESPONSES_ANCHOR =
      new Lane(
          "responses-anchor",
          Protocol.OPENAI_RESPONSES,
          "gpt-4.1",
          new Capability(List.of(Rung.ANCHOR, Rung.REPLAY), Prefill.PLAIN),
          false);
  static final Lane GEMINI_ANCHOR =
      new Lane(
          "gemini-anchor",
          Protocol.GEMINI_SSE,
          "gemini-2.5-flash",
          new Capability(List.of(Rung.ANCHOR, Rung.REPLAY), Prefill.PLAIN),
          false);
  static final Lane OLLAMA_PREFILL =
      new Lane(
          "ollama-prefill",
          Protocol.OLLAMA_CHAT,
          "llama3.2",
          new Capability(List.of(Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY), Prefill.PLAIN),
          false);

  static final List<Lane> ALL =
      List.of(
          CHAT_ANCHOR,
          CHAT_PREFILL,
          CHAT_REPLAY,
          CLAUDE_PREFILL,
          CLAUDE_ANCHOR,
          CLAUDE_REPLAY,
          RESPONSES_ANCHOR,
          GEMINI_ANCHOR,
          OLLAMA_PREFILL);

  /** One for each protocol that the client speaks. */
  static final List<Lane> OF_PROTOCOLS =
      List.of(CHAT_ANCHOR, CLAUDE_PREFILL, RESPONSES_ANCHOR, GEMINI_ANCHOR, OLLAMA_PREFILL);

  static List<Lane> ofProtocols() {
    return OF_PROTOCOLS;
  }

  /** {@return whether a trailing assistant message is the first thing tried} */
  boolean prefills() {
    return equals(CHAT_PREFILL) || equals(CLAUDE_PREFILL) || equals(OLLAMA_PREFILL);
  }

  ChatRequest request(String prompt) {
    var request = ChatRequest.to(model).user(prompt).maxTokens(1000);
    return (deterministic ? request.temperature(0) : request).build();
  }
}
