package dev.holdfast.core.provider.ollama;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.anthropic.ToolBlocks;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.shared.ChatChoice;
import dev.holdfast.core.provider.shared.DeltaFastPath;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCallMark;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the lines of Ollama's own APIs. Chat has its text in {@code message.content}, generate in
 * {@code response}; a line that has the latter is read so under either name.
 *
 * <p>Proof: a line with {@code done: true}. A {@code done_reason} alone is none. Quirks and their
 * sources: docs/dialects.md.
 */
final class OllamaReader extends DocumentReader {
  private static final List<String> COUNTS = List.of("prompt_eval_count", "eval_count");

  private static final List<List<String>> UNREAD = List.of(List.of("created_at"));

  private static final String SPLICED = "lines of another model while an answer is open";

  private final ChatChoice answer = new ChatChoice(0);
  private String model = "";
  private boolean begun;
  private boolean done;
  private int calls;
  private long argumentChars;

  OllamaReader(CompletionPolicy completion) {
    super(completion, Payloads.ofLines(), Closing.PROOF);
  }

  @Override
  public boolean isHolding() {
    return answer.isHolding();
  }

  @Override
  public void document(Json.Obj json, String type) {
    var error = json.get("error");
    if (error != null && error.hasValue()) {
      fail(error);
      return;
    }
    var violation = violation(json);
    if (violation != null) {
      reject(violation);
      return;
    }
    begun |= json.has("model") || json.has("created_at");
    begun |= json.get("message") != null || json.get("response") != null;
    String named = ErrorValues.cap(json.text("model"), ToolCalls.MAX_NAME);
    var message = part(json, "message");
    boolean another = !named.isEmpty() && !model.isEmpty() && !named.equals(model);
    if (another && sawAnswer() && !done && speaks(json, message)) {
      abandon(ErrorValues.violation(SPLICED));
      return;
    }
    model = model.isEmpty() ? named : model;
    start("", named);
    var thoughts = json.has("thinking") ? json : message;
    answer.reasoning(thoughts.text("thinking"), this::emit);
    boolean generates = json.get("response") != null;
    answer.content(generates ? json.text("response") : message.text("content"), this::emit);
    var list = message.array("tool_calls");
    if (list != null) {
      for (var item : list.items()) {
        if (item instanceof Json.Obj call) {
          call(call);
        }
      }
    }
    if (message.has("images")) {
      opaque("images");
    }
    var flag = json.get("done");
    if (flag != null && flag.hasValue()) {
      done(json);
    }
  }

  @Override
  public DeltaFastPath.@Nullable Shape shape(Json.Obj json, StreamEvent event) {
    var message = part(json, "message");
    String named = ErrorValues.cap(json.text("model"), ToolCalls.MAX_NAME);
    if (!named.isEmpty() && !named.equals(model)) {
      return null; // The next one like it may be of another answer.
    }
    boolean isText = event instanceof StreamEvent.TextDelta;
    boolean generates = json.get("response") != null;
    boolean plain =
        !json.has("thinking")
            && !message.has("thinking")
            && message.get("tool_calls") == null
            && !json.has("done");
    if (!isText || !plain || (generates && message.has("content"))) {
      return null;
    }
    return new DeltaFastPath.Shape(
        generates ? List.of("response") : List.of("message", "content"),
        UNREAD,
        List.of(),
        generates ? json.text("response") : message.text("content"),
        (text, number, out) -> answer.content(text, out));
  }

  private static boolean speaks(Json.Obj json, Json.Obj message) {
    return message.has("tool_calls")
        || !json.text("response").isEmpty()
        || !message.text("content").isEmpty()
        || !message.text("thinking").isEmpty();
  }

  private static @Nullable String violation(Json.Obj json) {
    if (isNoObject(json, "message")) {
      return "message: must be an object, was another";
    }
    var message = part(json, "message");
    if (isNoText(json, "response")
        || isNoText(json, "thinking")
        || isNoText(message, "content")
        || isNoText(message, "thinking")) {
      return "text: must be a string, was another";
    }
    return ToolCalls.violation(message);
  }

  /** Calls come whole, each one another: indices are missing, or all zero, on older servers. */
  private void call(Json.Obj call) {
    var function = part(call, "function");
    String arguments =
        switch (function.get("arguments")) {
          case Json.Str(String text) -> text;
          case null -> "";
          case Json.Null() -> "";
          case Json value -> value.write();
        };
    if (calls == ToolCalls.MAX_CALLS
        || argumentChars + arguments.length() > ToolCalls.MAX_ARGUMENTS) {
      ToolBlocks.refuse(this::emit);
      return;
    }
    argumentChars += arguments.length();
    int number = calls++;
    emit(
        new StreamEvent.ToolCallDelta(
            0, number, call.text("id"), function.text("name"), arguments));
    emit(new StreamEvent.ToolCallMarked(0, number, ToolCallMark.CLOSED));
  }

  private void done(Json.Obj json) {
    var counts = new LinkedHashMap<String, Json>();
    for (var name : COUNTS) {
      var count = json.get(name);
      if (count != null) {
        counts.put(name, count);
      }
    }
    if (!counts.isEmpty()) {
      usage(
          json.number("prompt_eval_count", -1),
          json.number("eval_count", -1),
          new Json.Obj(counts));
    }
    // Old servers give no reason.
    finish(answer, json.text("done_reason"));
    flush(this::emit);
    done = begun; // An end needs a beginning, which may be the same line.
  }

  @Override
  public boolean isProven() {
    return done;
  }

  @Override
  public void flush(Consumer<? super StreamEvent> out) {
    answer.flush(out);
  }
}
