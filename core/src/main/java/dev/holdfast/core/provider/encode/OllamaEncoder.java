package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes the lines of Ollama's {@code /api/chat}. A tool call is one object, so that calls that
 * come in pieces are kept until the answer is complete. Writes the first choice only, since an
 * answer has no others, and refusals as text.
 */
final class OllamaEncoder extends ResponseEncoder {
  private final Map<Integer, Call> calls = new LinkedHashMap<>();

  private record Call(String id, String name, StringBuilder arguments) {}

  OllamaEncoder(AnswerHead head) {
    super(head);
  }

  /** A line without content: clients parse every line, also an empty one. */
  @Override
  void beat() {
    message(JsonObjectBuilder.of("content", ""));
  }

  /** The protocol has no opening. */
  @Override
  void open() {}

  @Override
  void text(int choice, String delta) {
    if (choice == 0) {
      message(JsonObjectBuilder.of("content", delta));
    }
  }

  @Override
  void reasoning(int choice, String delta) {
    if (choice == 0) {
      message(JsonObjectBuilder.of("content", "").text("thinking", delta));
    }
  }

  @Override
  void refusal(int choice, String delta) {
    text(choice, delta);
  }

  @Override
  void callBegins(int choice, int number, String id, String name) {
    if (choice == 0) {
      calls.put(number, new Call(id, name, new StringBuilder()));
    }
  }

  @Override
  void continueCall(int choice, int number, String arguments) {
    var call = calls.get(number);
    if (choice == 0 && call != null) {
      call.arguments.append(arguments);
    }
  }

  @Override
  void callIsBlank(int choice, int number) {
    continueCall(choice, number, "{}");
  }

  private void message(JsonObjectBuilder content) {
    line(named().put("message", spoken(content)).put("done", new Json.Bool(false)));
  }

  private static JsonObjectBuilder spoken(JsonObjectBuilder content) {
    var message = JsonObjectBuilder.of("role", "assistant");
    content.object().members().forEach(message::put);
    return message;
  }

  private JsonObjectBuilder named() {
    return JsonObjectBuilder.of("model", head().model())
        .text("created_at", Instant.ofEpochSecond(head().createdSeconds()).toString());
  }

  @Override
  void close() {
    boolean broken = false;
    for (var numbered : calls.entrySet()) {
      var call = numbered.getValue();
      var arguments = arguments(call.arguments.toString());
      broken |= arguments == null;
      if (arguments != null) {
        // Without its number clients such as LangChain4j's join it to the call before.
        var function =
            new JsonObjectBuilder()
                .number("index", numbered.getKey())
                .text("name", call.name)
                .put("arguments", arguments);
        message(
            JsonObjectBuilder.of("content", "")
                .list(
                    "tool_calls",
                    JsonObjectBuilder.of("id", call.id).put("function", function).object()));
      }
    }
    var last =
        named()
            .put("message", spoken(JsonObjectBuilder.of("content", "")))
            .put("done", new Json.Bool(true))
            .text("done_reason", broken ? "length" : word(finish(0)));
    usage().input().ifPresent(count -> last.number("prompt_eval_count", count));
    usage().output().ifPresent(count -> last.number("eval_count", count));
    line(last);
  }

  /** {@return the arguments as the object they must be here, or null if they are none} */
  private static Json.@Nullable Obj arguments(String text) {
    try {
      return switch (Json.parse(text)) {
        case Json.Obj object -> object;
        case Json.Null none -> DocumentReader.NOTHING;
        default -> null;
      };
    } catch (Json.MalformedException e) {
      return null;
    }
  }

  private static String word(Finish finish) {
    return switch (finish.reason()) {
      case LENGTH, PAUSE -> "length";
      case STOP, OTHER, TOOL_CALLS -> "stop";
      case REFUSAL, CONTENT_FILTER, ERROR -> "content_filter";
    };
  }

  @Override
  void error(Failure failure) {
    line(JsonObjectBuilder.of("error", sentence(failure)));
  }
}
