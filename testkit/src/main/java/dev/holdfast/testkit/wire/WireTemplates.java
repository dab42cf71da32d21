package dev.holdfast.testkit.wire;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.json.TestJson;
import java.util.List;

/** The bytes of one protocol, written from templates of our own. */
public sealed interface WireTemplates
    permits OpenAiChatTemplates,
        OpenAiResponsesTemplates,
        AnthropicTemplates,
        GeminiTemplates,
        OllamaTemplates {
  /** Kinds of error a provider reports. */
  enum ErrorKind {
    SERVER(500),
    OVERLOADED(503),
    RATE_LIMITED(429),
    INVALID_REQUEST(400);

    private final int status;

    ErrorKind(int status) {
      this.status = status;
    }

    /** {@return the equivalent HTTP status} */
    public int status() {
      return status;
    }

    public static ErrorKind of(Fault.Trouble trouble) {
      return switch (trouble) {
        case SERVER -> SERVER;
        case OVERLOADED -> OVERLOADED;
        case RATE_LIMITED -> RATE_LIMITED;
        case INVALID_REQUEST -> INVALID_REQUEST;
      };
    }

    public static ErrorKind ofStatus(int code) {
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

  /** {@return those of a protocol} */
  static WireTemplates of(Protocol protocol) {
    return switch (protocol) {
      case OPENAI_CHAT -> new OpenAiChatTemplates();
      case ANTHROPIC_MESSAGES -> new AnthropicTemplates();
      case OPENAI_RESPONSES -> new OpenAiResponsesTemplates();
      case GEMINI_SSE -> GeminiTemplates.ofEvents();
      case GEMINI_JSON_ARRAY -> GeminiTemplates.ofArray();
      case OLLAMA_CHAT -> new OllamaTemplates();
    };
  }

  /** {@return how events are separated} */
  EventFraming framing();

  /** {@return what ids of messages begin with} */
  String idPrefix();

  /** {@return whether what proves may be taken back until the body ends properly} */
  default boolean isRevocable() {
    return false;
  }

  /** {@return a request's conversation with the model} */
  Conversation conversation(TestJson request);

  /** {@return whether a request asks for a stream} */
  default boolean streams(TestJson request) {
    return request.isTrue("stream");
  }

  /** {@return the events of a whole streamed answer} */
  List<WireFrame> stream(Answer answer, Envelope envelope);

  /** {@return the document of a whole answer that does not stream} */
  String document(Answer answer, Envelope envelope);

  /**
   * {@return the document of an HTTP error}
   *
   * @param status the HTTP status, which some protocols repeat
   */
  String errorDocument(ErrorKind kind, int status, String message);

  /**
   * {@return an error inside a stream}
   *
   * @param number of the event within the stream, from 0, for protocols that count
   */
  String errorEvent(ErrorKind kind, String message, int number);

  /** {@return an error inside a stream, in an event of the kind that answers are made of} */
  String errorChunk(ErrorKind kind, String message, int number);

  /**
   * {@return an event without its token counts; the same if it has none, empty for nothing else}
   */
  String withoutUsage(WireFrame.Kind kind, String event);

  /** {@return a sign of life without content} */
  WireFrame keepAlive();

  /** {@return the start of a message with another id than any other message has} */
  WireFrame secondStart(String model);

  /**
   * {@return what clones and proxies send where they end a stream without its proof: OpenAI's
   * closing marker, or its equivalent}
   */
  WireFrame bareDone();
}
