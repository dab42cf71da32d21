package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.UsageFields;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * Writes the chunks of Gemini's {@code streamGenerateContent}, as server-sent events or as one
 * array. A function call is one part with an object, so that calls that come in pieces are kept
 * until the answer is complete. Writes refusals as text.
 */
final class GeminiEncoder extends ResponseEncoder {
  private static final String BLOCKED = "prompt_blocked:";

  private static final Set<String> REASONS =
      Set.of(
          "STOP",
          "MAX_TOKENS",
          "SAFETY",
          "RECITATION",
          "LANGUAGE",
          "OTHER",
          "BLOCKLIST",
          "PROHIBITED_CONTENT",
          "SPII",
          "MALFORMED_FUNCTION_CALL",
          "MALFORMED_RESPONSE",
          "UNEXPECTED_TOOL_CALL",
          "TOO_MANY_TOOL_CALLS",
          "MISSING_THOUGHT_SIGNATURE",
          "MODEL_ARMOR",
          "IMAGE_SAFETY",
          "IMAGE_PROHIBITED_CONTENT",
          "IMAGE_RECITATION");

  private final Set<Integer> candidates = new TreeSet<>();
  private final Map<List<Integer>, Call> calls = new LinkedHashMap<>();
  private final Set<Integer> broken = new TreeSet<>();

  private final boolean array;

  /** Whether the array has been opened. */
  private boolean begun;

  /** Whether it has an element. */
  private boolean filled;

  private record Call(String id, String name, StringBuilder arguments) {}

  GeminiEncoder(AnswerHead head) {
    this(head, false);
  }

  /** Writes the elements of one array in place of events. */
  GeminiEncoder(AnswerHead head, boolean array) {
    super(head);
    this.array = array;
  }

  private void write(JsonObjectBuilder chunk) {
    if (array) {
      raw((filled ? ",\n" : begun ? "" : "[") + chunk.object().write());
      begun = true;
      filled = true;
    } else {
      frame("", chunk);
    }
  }

  private void end() {
    if (array) {
      raw("\n]\n");
    }
  }

  /** A comment makes google-genai raise: it takes each line that is no data for a document. */
  @Override
  void beat() {
    if (array) {
      // Google's own reader of arrays takes no byte before the bracket.
      raw(begun ? "\n" : "[\n");
      begun = true;
    } else {
      blank();
    }
  }

  /** Continues an array that has elements. */
  void resume() {
    begun = true;
    filled = true;
    resumed();
  }

  /** The protocol has no opening. */
  @Override
  void open() {}

  @Override
  void text(int choice, String delta) {
    part(choice, JsonObjectBuilder.of("text", delta));
  }

  @Override
  void reasoning(int choice, String delta) {
    part(choice, JsonObjectBuilder.of("text", delta).put("thought", new Json.Bool(true)));
  }

  @Override
  void refusal(int choice, String delta) {
    text(choice, delta);
  }

  @Override
  void callBegins(int choice, int number, String id, String name) {
    calls.put(List.of(choice, number), new Call(id, name, new StringBuilder()));
  }

  @Override
  void continueCall(int choice, int number, String arguments) {
    var call = calls.get(List.of(choice, number));
    if (call != null) {
      call.arguments.append(arguments);
    }
  }

  @Override
  void callIsBlank(int choice, int number) {
    continueCall(choice, number, "{}");
  }

  private void part(int choice, JsonObjectBuilder part) {
    candidates.add(choice);
    chunk(List.of(candidate(choice, List.of(part.object())).object()));
  }

  private static JsonObjectBuilder candidate(int choice, List<Json> parts) {
    return new JsonObjectBuilder()
        .put(
            "content",
            new JsonObjectBuilder().put("parts", new Json.Arr(parts)).text("role", "model"))
        .number("index", choice);
  }

  private void chunk(List<Json> items) {
    write(named(new JsonObjectBuilder().put("candidates", new Json.Arr(items))));
  }

  private JsonObjectBuilder named(JsonObjectBuilder chunk) {
    return chunk.text("modelVersion", head().model()).text("responseId", head().id());
  }

  @Override
  void close() {
    calls.forEach((key, call) -> call(key.getFirst(), call));
    var usage = UsageFields.GEMINI.value(usage());
    var chunk = new JsonObjectBuilder();
    if (candidates.isEmpty() && broken.isEmpty() && isRefusal()) {
      chunk.put("promptFeedback", JsonObjectBuilder.of("blockReason", blockReason(finish(0))));
    } else {
      finished().forEach(candidates::add);
      candidates.addAll(broken);
      if (candidates.isEmpty()) {
        candidates.add(0);
      }
      var items = new ArrayList<Json>();
      for (int choice : candidates) {
        var nothing = List.<Json>of(JsonObjectBuilder.of("text", "").object());
        items.add(candidate(choice, nothing).text("finishReason", word(choice)).object());
      }
      chunk.put("candidates", new Json.Arr(items));
    }
    if (usage != null) {
      chunk.put("usageMetadata", usage);
    }
    write(named(chunk));
    end();
  }

  private void call(int choice, Call call) {
    var args = args(call.arguments.toString());
    if (args == null) {
      broken.add(choice);
      return;
    }
    part(
        choice,
        new JsonObjectBuilder()
            .put(
                "functionCall",
                JsonObjectBuilder.of("id", call.id).text("name", call.name).put("args", args)));
  }

  /** {@return the arguments as the object they must be here, or null if they are none} */
  private static Json.@Nullable Obj args(String arguments) {
    try {
      return switch (Json.parse(arguments)) {
        case Json.Obj object -> object;
        case Json.Null none -> DocumentReader.NOTHING;
        default -> null;
      };
    } catch (Json.MalformedException e) {
      return null;
    }
  }

  private boolean isRefusal() {
    return finish(0).reason() == Finish.Reason.REFUSAL;
  }

  private static String blockReason(Finish finish) {
    return finish.raw().startsWith(BLOCKED) ? finish.raw().substring(BLOCKED.length()) : "OTHER";
  }

  private String word(int choice) {
    var finish = finish(choice);
    boolean ended =
        finish.reason() == Finish.Reason.STOP || finish.reason() == Finish.Reason.TOOL_CALLS;
    if (ended && broken.contains(choice)) {
      return "MALFORMED_FUNCTION_CALL"; // A call was left out; the client must not miss it.
    }
    String own = own(finish, REASONS);
    if (own != null) {
      return own;
    }
    return switch (finish.reason()) {
      case STOP, TOOL_CALLS -> "STOP";
      case LENGTH, PAUSE -> "MAX_TOKENS";
      case REFUSAL, CONTENT_FILTER -> "SAFETY";
      case ERROR -> "MALFORMED_RESPONSE";
      case OTHER -> "OTHER";
    };
  }

  /** As an event: readers of server-sent events skip the bare document that Google sends. */
  @Override
  void error(Failure failure) {
    var status =
        switch (failure.cause()) {
          case RATE_LIMITED -> new Status(429, "RESOURCE_EXHAUSTED");
          case OVERLOADED -> new Status(503, "UNAVAILABLE");
          case REJECTED -> new Status(400, "INVALID_ARGUMENT");
          case FIRST_TOKEN_TIMEOUT, IDLE_TIMEOUT, PROGRESS_TIMEOUT, DEADLINE_EXCEEDED ->
              new Status(504, "DEADLINE_EXCEEDED");
          default -> new Status(500, "INTERNAL");
        };
    write(
        new JsonObjectBuilder()
            .put(
                "error",
                new JsonObjectBuilder()
                    .number("code", status.code)
                    .text("message", sentence(failure))
                    .text("status", status.name)));
    end();
  }

  private record Status(int code, String name) {}
}
