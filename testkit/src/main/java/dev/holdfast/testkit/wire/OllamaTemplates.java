package dev.holdfast.testkit.wire;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.answer.WireFrame;
import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.json.TestJson;
import java.util.ArrayList;
import java.util.List;

/** {@code /api/chat} as Ollama writes it. It has no words for a refusal but ordinary ones. */
final class OllamaTemplates implements WireTemplates {
  /** Microseconds between two lines, by their time stamps. */
  private static final int PACE = 20_011;

  @Override
  public EventFraming framing() {
    return EventFraming.LINES;
  }

  @Override
  public String idPrefix() {
    return "";
  }

  @Override
  public Conversation conversation(TestJson request) {
    return Conversation.ofMessages(request);
  }

  /** Unlike the others, it streams by default. */
  @Override
  public boolean streams(TestJson request) {
    return !(request.member("stream") instanceof TestJson.Bool(boolean on, int line)) || on;
  }

  @Override
  public List<WireFrame> stream(Answer answer, Envelope envelope) {
    var frames = new ArrayList<WireFrame>();
    int call = 0;
    for (AnswerPart part : answer.parts()) {
      String message =
          switch (part) {
            case AnswerPart.Token(String text) -> message(text);
            case AnswerPart.Refusal(String text) -> message(text);
            case AnswerPart.Reasoning(String text) -> thought(text);
            case AnswerPart.Tool tool ->
                "{\"role\":\"assistant\",\"content\":\"\",\"tool_calls\":[%s]}"
                    .formatted(call(tool, call++));
          };
      frames.add(line(kind(part), envelope, frames.size(), message, "\"done\":false"));
    }
    frames.add(line(Kind.DONE, envelope, frames.size(), message(""), ending(answer, envelope)));
    return frames;
  }

  private static Kind kind(AnswerPart part) {
    return switch (part) {
      case AnswerPart.Token token -> Kind.CONTENT;
      case AnswerPart.Refusal refusal -> Kind.CONTENT;
      case AnswerPart.Reasoning reasoning -> Kind.REASONING;
      case AnswerPart.Tool tool -> Kind.TOOL;
    };
  }

  private static String message(String text) {
    return "{\"role\":\"assistant\",\"content\":" + q(text) + "}";
  }

  private static String thought(String text) {
    return "{\"role\":\"assistant\",\"content\":\"\",\"thinking\":" + q(text) + "}";
  }

  private static String call(AnswerPart.Tool tool, int index) {
    return """
    {"id":%s,"function":{"index":%d,"name":%s,"arguments":%s}}\
    """
        .formatted(
            q(tool.id()),
            index,
            q(tool.name()),
            tool.arguments().isEmpty() ? "{}" : tool.argumentsJson());
  }

  private static String ending(Answer answer, Envelope envelope) {
    return """
    "done":true,"done_reason":"stop","total_duration":1740312800,"load_duration":52166166,\
    "prompt_eval_count":%d,"prompt_eval_duration":30622448,"eval_count":%d,\
    "eval_duration":833825454\
    """
        .formatted(envelope.promptTokens(), answer.parts().size());
  }

  /** {@return a number of so many digits, zeros before it} */
  private static String digits(long number, int digits) {
    String text = Long.toString(number);
    return "0".repeat(digits - text.length()) + text;
  }

  private static WireFrame line(
      Kind kind, Envelope envelope, int number, String message, String ending) {
    long micros = (long) number * PACE;
    String json =
        "{\"model\":"
            + q(envelope.model())
            + ",\"created_at\":\"2026-08-06T06:"
            + digits(micros / 60_000_000 % 60, 2)
            + ":"
            + digits(micros / 1_000_000 % 60, 2)
            + "."
            + digits(micros % 1_000_000, 6)
            + "Z\",\"message\":"
            + message
            + ","
            + ending
            + "}";
    return new WireFrame(kind, EventFraming.LINES.event(json));
  }

  @Override
  public String document(Answer answer, Envelope envelope) {
    var message = new StringBuilder(message(answer.text() + answer.refusal()));
    message.setLength(message.length() - 1);
    if (!answer.reasoning().isEmpty()) {
      message.append(",\"thinking\":").append(q(answer.reasoning()));
    }
    var calls = new ArrayList<String>();
    answer.tools().forEach(tool -> calls.add(call(tool, calls.size())));
    if (!calls.isEmpty()) {
      message.append(",\"tool_calls\":[").append(String.join(",", calls)).append(']');
    }
    String ending = ending(answer, envelope);
    return line(Kind.DOCUMENT, envelope, 0, message.append('}').toString(), ending).text().strip();
  }

  @Override
  public String errorDocument(ErrorKind kind, int status, String message) {
    return "{\"error\":" + q(message) + "}";
  }

  @Override
  public String errorEvent(ErrorKind kind, String message, int number) {
    return EventFraming.LINES.event(errorDocument(kind, kind.status(), message));
  }

  @Override
  public String errorChunk(ErrorKind kind, String message, int number) {
    String json =
        "{\"model\":\"m\",\"created_at\":\"2026-08-06T06:00:00Z\",\"error\":%s,\"done\":false}"
            .formatted(q(message));
    return EventFraming.LINES.event(json);
  }

  @Override
  public String withoutUsage(Kind kind, String event) {
    return event.replaceFirst(",\"prompt_eval_count\":[^}]*", "");
  }

  @Override
  public WireFrame keepAlive() {
    return new WireFrame(Kind.KEEP_ALIVE, "\n");
  }

  /** Messages have no ids and no start; another model speaks. */
  @Override
  public WireFrame secondStart(String model) {
    return line(Kind.START, new Envelope("", model, false, 0, 0), 0, message(""), "\"done\":false");
  }

  /** A reason, but not the end that it is the reason of: seen of clones. */
  @Override
  public WireFrame bareDone() {
    String ending = "\"done\":false,\"done_reason\":\"stop\"";
    return line(Kind.DONE, new Envelope("", "m", false, 0, 0), 0, message(""), ending);
  }

  private static String q(String text) {
    return TestJson.quote(text);
  }
}
