package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.util.List;

/**
 * Writes the events of one stream as one response body of a protocol. The body reads as the same
 * events, except what the protocol cannot express (docs/dialects.md lists it). Not thread-safe.
 *
 * <p>However many attempts the events come from, the body is that of one answer: one id, one
 * opening, blocks counted on. Seams, retries and failed attempts leave no trace. Only {@link
 * #complete} writes the proof of completion, with any finishes among the events: an attempt may
 * stop and still be cut. Exactly one of {@link #complete} and {@link #fail} is the last.
 */
public interface EventEncoder {
  /** {@return the protocols that can be written, by the names of their dialects} */
  static List<String> dialects() {
    return List.of(
        "openai-chat", "openai-responses", "anthropic-messages", "gemini-sse", "ollama-chat");
  }

  /**
   * {@return a writer of one response body}
   *
   * @throws IllegalArgumentException if the protocol cannot be written
   */
  static EventEncoder of(String dialect, AnswerHead head) {
    check(dialect);
    return switch (dialect) {
      case "openai-chat" -> new OpenAiChatEncoder(head);
      case "openai-responses" -> new OpenAiResponsesEncoder(head);
      case "anthropic-messages" -> new AnthropicMessagesEncoder(head);
      case "ollama-chat" -> new OllamaEncoder(head);
      default -> new GeminiEncoder(head);
    };
  }

  private static void check(String dialect) {
    Check.that(
        dialects().contains(dialect),
        "dialect",
        "must be one of " + String.join(", ", dialects()),
        "'" + dialect + "'");
  }

  /**
   * {@return the frames that encode this event; often none} Of several reports of tokens the last
   * one counts: merge the tokens of all attempts before the end.
   *
   * @throws IllegalStateException after the end
   */
  byte[] encode(StreamEvent event);

  /**
   * {@return a sign of life that the protocol's clients skip: a comment, or a blank line for
   * Gemini, whose clients do not know comments}
   *
   * @throws IllegalStateException after the end
   */
  byte[] keepAlive();

  /**
   * {@return the frames that end a complete answer: finishes, tokens, proof and closing marker}
   *
   * @throws IllegalStateException after the end
   */
  byte[] complete();

  /**
   * {@return the protocol's own error inside a stream, after which nothing follows} Contains the
   * cause and the detail of the failure, nothing that a provider wrote.
   *
   * @throws IllegalStateException after the end
   */
  byte[] fail(Failure failure);
}
