package dev.holdfast.testkit;

import java.util.List;

/** The bytes of one protocol, written from templates of our own. */
sealed interface WireTemplates permits OpenAiChatTemplates, AnthropicTemplates {
  /** Kinds of error a provider reports. */
  enum ErrorKind {
    SERVER,
    OVERLOADED,
    RATE_LIMITED,
    INVALID_REQUEST;

    static ErrorKind ofStatus(int code) {
      return switch (code) {
        case 429 -> RATE_LIMITED;
        case 503, 529 -> OVERLOADED;
        default -> code >= 500 ? SERVER : INVALID_REQUEST;
      };
    }
  }

  /**
   * What is the same in every event of a reply.
   *
   * @param id the message's id
   * @param model the model's name as requested
   * @param usage whether the usage event was asked for
   * @param promptTokens what the prompt counted
   * @param seed of padding and the like
   */
  record Envelope(String id, String model, boolean usage, int promptTokens, long seed) {}

  /** {@return the events of a whole streamed answer} */
  List<WireFrame> stream(Answer answer, Envelope envelope);

  /** {@return the document of a whole answer that does not stream} */
  String document(Answer answer, Envelope envelope);

  /** {@return the document of an HTTP error} */
  String errorDocument(ErrorKind kind, String message);

  /** {@return an error inside a stream} */
  String errorEvent(ErrorKind kind, String message);

  /** {@return a sign of life without content} */
  WireFrame keepAlive();

  /** {@return the start of a message with another id than any other message has} */
  WireFrame secondStart(String model);

  /**
   * {@return the closing marker of OpenAI's protocol and its clones, as this protocol frames it}
   */
  WireFrame bareDone();
}
