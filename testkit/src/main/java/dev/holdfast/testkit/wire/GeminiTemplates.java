package dev.holdfast.testkit.wire;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.json.PrettyJson;
import dev.holdfast.testkit.json.TestJson;
import java.util.ArrayList;
import java.util.List;

/**
 * {@code streamGenerateContent} as Google's AI Studio writes it: as events, or as one JSON array.
 * Its brackets count as events. A refusal is a blocked prompt, without a word of the model's.
 */
final class GeminiTemplates implements WireTemplates {
  private final EventFraming framing;

  private GeminiTemplates(EventFraming framing) {
    this.framing = framing;
  }

  static GeminiTemplates ofEvents() {
    return new GeminiTemplates(EventFraming.CRLF_EVENTS);
  }

  static GeminiTemplates ofArray() {
    return new GeminiTemplates(EventFraming.ARRAY);
  }

  @Override
  public EventFraming framing() {
    return framing;
  }

  /** A later chunk without a reason takes the reason back: answers with code stop in the middle. */
  @Override
  public boolean isRevocable() {
    return true;
  }

  @Override
  public String idPrefix() {
    return "";
  }

  @Override
  public Conversation conversation(TestJson request) {
    return Conversation.ofContents(request);
  }

  @Override
  public List<WireFrame> stream(Answer answer, Envelope envelope) {
    var frames = new ArrayList<WireFrame>();
    if (isArray()) {
      frames.add(new WireFrame(Kind.STRUCTURE, "["));
    }
    if (answer.refusal().isEmpty()) {
      chunks(answer, envelope, frames);
    } else {
      frames.add(last(blocked(envelope)));
    }
    if (isArray()) {
      frames.add(bareDone());
    }
    return frames;
  }

  private void chunks(Answer answer, Envelope envelope, List<WireFrame> frames) {
    int thoughts = 0;
    int written = 0;
    for (AnswerPart part : answer.parts()) {
      if (part instanceof AnswerPart.Reasoning) {
        thoughts++;
      } else {
        written++;
      }
      String json = chunk(envelope, written, thoughts, part(part), "");
      frames.add(new WireFrame(kind(part), framing.event(shown(json))));
    }
    String last = chunk(envelope, written, thoughts, "{\"text\":\"\"}", finish(answer));
    frames.add(last(last));
  }

  /** The last element of an array has no comma after it. */
  private WireFrame last(String json) {
    String event = isArray() ? shown(json) + "\n" : framing.event(json);
    return new WireFrame(Kind.FINISH, event);
  }

  private boolean isArray() {
    return framing == EventFraming.ARRAY;
  }

  /** Arrays are indented. */
  private String shown(String json) {
    return isArray() ? PrettyJson.of(json) : json;
  }

  private static Kind kind(AnswerPart part) {
    return switch (part) {
      case AnswerPart.Token token -> Kind.CONTENT;
      case AnswerPart.Refusal refusal -> Kind.CONTENT;
      case AnswerPart.Reasoning reasoning -> Kind.REASONING;
      case AnswerPart.Tool tool -> Kind.TOOL;
    };
  }

  private static String part(AnswerPart part) {
    return switch (part) {
      case AnswerPart.Token(String text) -> "{\"text\":" + q(text) + "}";
      case AnswerPart.Refusal(String text) -> "{\"text\":" + q(text) + "}";
      case AnswerPart.Reasoning(String text) -> "{\"text\":" + q(text) + ",\"thought\":true}";
      case AnswerPart.Tool tool ->
          "{\"functionCall\":{\"args\":%s,\"name\":%s},\"thoughtSignature\":\"c2lnbmF0dXJl\"}"
              .formatted(tool.arguments().isEmpty() ? "{}" : tool.argumentsJson(), q(tool.name()));
    };
  }

  private static String finish(Answer answer) {
    return answer.tools().isEmpty()
        ? "\"finishReason\":\"STOP\","
        : "\"finishMessage\":\"Model generated function call(s).\",\"finishReason\":\"STOP\",";
  }

  private static String chunk(
      Envelope envelope, int written, int thoughts, String parts, String finish) {
    return "{\"candidates\":[{\"content\":{\"parts\":["
        + parts
        + "],\"role\":\"model\"},"
        + finish
        + "\"index\":0}],"
        + tail(envelope, written, thoughts)
        + "}";
  }

  private static String blocked(Envelope envelope) {
    return """
    {"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},%s}\
    """
        .formatted(tail(envelope, 0, 0));
  }

  private static String tail(Envelope envelope, int written, int thoughts) {
    int prompt = envelope.promptTokens();
    return "\"modelVersion\":"
        + q(envelope.model())
        + ",\"responseId\":"
        + q(envelope.id())
        + ",\"usageMetadata\":{"
        + (written == 0 ? "" : "\"candidatesTokenCount\":" + written + ",")
        + "\"promptTokenCount\":"
        + prompt
        + ",\"promptTokensDetails\":[{\"modality\":\"TEXT\",\"tokenCount\":"
        + prompt
        + "}],\"serviceTier\":\"standard\","
        + (thoughts == 0 ? "" : "\"thoughtsTokenCount\":" + thoughts + ",")
        + "\"totalTokenCount\":"
        + (prompt + written + thoughts)
        + "}";
  }

  @Override
  public String document(Answer answer, Envelope envelope) {
    if (!answer.refusal().isEmpty()) {
      return PrettyJson.of(blocked(envelope)) + "\n";
    }
    var parts = new ArrayList<String>();
    if (!answer.reasoning().isEmpty()) {
      parts.add(part(new AnswerPart.Reasoning(answer.reasoning())));
    }
    if (!answer.text().isEmpty()) {
      parts.add(part(new AnswerPart.Token(answer.text())));
    }
    answer.tools().forEach(tool -> parts.add(part(tool)));
    int all = answer.parts().size();
    return PrettyJson.of(chunk(envelope, all, 0, String.join(",", parts), finish(answer))) + "\n";
  }

  @Override
  public String errorDocument(ErrorKind kind, int status, String message) {
    String document = PrettyJson.of(error(status, message)) + "\n";
    return isArray() ? "[" + document + "]\n" : document;
  }

  static String error(int status, String message) {
    return """
    {"error":{"code":%d,"message":%s,"status":%s}}\
    """
        .formatted(status, q(message), q(name(status)));
  }

  /** Google's names of what HTTP has numbers for: google.rpc.Code. */
  private static String name(int status) {
    return switch (status) {
      case 401 -> "UNAUTHENTICATED";
      case 403 -> "PERMISSION_DENIED";
      case 404 -> "NOT_FOUND";
      case 409 -> "ABORTED";
      case 429 -> "RESOURCE_EXHAUSTED";
      case 499 -> "CANCELLED";
      case 503 -> "UNAVAILABLE";
      case 504 -> "DEADLINE_EXCEEDED";
      default -> status < 500 ? "INVALID_ARGUMENT" : "INTERNAL";
    };
  }

  /** The array is left open after it: the connection is what ends. */
  @Override
  public String errorEvent(ErrorKind kind, String message, int number) {
    String json = error(kind.status(), message);
    return isArray() ? PrettyJson.of(json) + "\n]\n" : framing.event(json);
  }

  @Override
  public String errorChunk(ErrorKind kind, String message, int number) {
    String error = error(kind.status(), message);
    String json = "{\"candidates\":[]," + error.substring(1);
    return isArray() ? PrettyJson.of(json) + "\n]\n" : framing.event(json);
  }

  @Override
  public String withoutUsage(Kind kind, String event) {
    return event.replaceFirst(",\\s*\"usageMetadata\": ?\\{(?:[^{}]|\\{[^{}]*\\})*\\}", "");
  }

  @Override
  public WireFrame keepAlive() {
    return new WireFrame(Kind.KEEP_ALIVE, isArray() ? "\n" : ": keep-alive\r\n\r\n");
  }

  @Override
  public WireFrame secondStart(String model) {
    var other = new Envelope("another", model, false, 0, 0);
    String json = chunk(other, 0, 0, "{\"text\":\"\"}", "");
    return new WireFrame(Kind.START, framing.event(shown(json)));
  }

  @Override
  public WireFrame bareDone() {
    return new WireFrame(Kind.DONE, isArray() ? "]\n" : "data: [DONE]\r\n\r\n");
  }

  private static String q(String text) {
    return TestJson.quote(text);
  }
}
