package dev.holdfast.core.provider.other;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.errors.ErrorValues;
import dev.holdfast.core.provider.shared.ChatChoice;
import dev.holdfast.core.provider.shared.DeltaFastPath;
import dev.holdfast.core.provider.shared.DocumentReader;
import dev.holdfast.core.provider.shared.Payloads;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.StreamEvent;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of Cohere's second chat API.
 *
 * <p>Proof: {@code message-end} of a message that began, which {@code [DONE]} follows. Quirks and
 * their sources: docs/dialects.md.
 */
public final class CohereV2Reader extends DocumentReader {
  private static final String SPLICED = "message-start for another id while a message is open";

  private final ChatChoice answer = new ChatChoice(0);
  private final ToolCalls calls = new ToolCalls(true);
  private String messageId = "";
  private boolean begun;
  private boolean sawContent;
  private boolean warnedOfHead;
  private boolean done;

  public CohereV2Reader(CompletionPolicy completion) {
    super(completion, new Payloads(), Closing.MARKER);
  }

  @Override
  public void read(Json.Obj json, String eventType) {
    String type = json.text("type").isEmpty() ? eventType : json.text("type");
    var error = json.get("error");
    if (type.equals("error") || (error != null && error.hasValue())) {
      fail(error != null && error.hasValue() ? error : json);
      return;
    }
    if (isNoObject(json, "delta") || isNoObject(part(json, "delta"), "message")) {
      reject("delta: must be an object, was another");
      return;
    }
    var delta = part(json, "delta");
    var message = part(delta, "message");
    switch (type) {
      case "message-start", "content-start", "content-delta", "tool-plan-delta" -> begun = true;
      case "tool-call-start", "tool-call-delta" -> begun = true;
      default -> {}
    }
    sawContent |= begun && !type.equals("message-start") && !type.equals("message-end");
    switch (type) {
      case "message-start" -> messageStart(json);
      case "content-start", "content-delta" -> content(message);
      case "tool-plan-delta" -> plan(message);
      case "tool-call-start", "tool-call-delta" -> call(json, message);
      case "message-end" -> messageEnd(delta);
      case "tool-call-end" -> calls.close(0, index(json), this::emit);
      case "content-end" -> {}
      default -> opaque(type);
    }
  }

  private void messageStart(Json.Obj json) {
    String id = ErrorValues.cap(json.text("id"), ToolCalls.MAX_NAME);
    if (!messageId.isEmpty() && !id.isEmpty() && !id.equals(messageId)) {
      if (sawContent || done) {
        // A second answer sent into the first one: their texts cannot be distinguished.
        abandon(ErrorValues.violation(SPLICED));
        return;
      }
      if (!warnedOfHead) {
        warnedOfHead = true;
        emit(
            new StreamEvent.Warned(
                Cause.PROTOCOL_VIOLATION, "message-start: must come once, came again"));
      }
    }
    messageId = id.isEmpty() ? messageId : id;
    start(id, "");
  }

  private void content(Json.Obj message) {
    var content = part(message, "content");
    if (isNoObject(message, "content")
        || isNoText(content, "text")
        || isNoText(content, "thinking")) {
      reject("content: must be an object with a text, was another");
      return;
    }
    answer.reasoning(content.text("thinking"), this::emit);
    answer.content(content.text("text"), this::emit);
  }

  @Override
  public DeltaFastPath.@Nullable Shape shape(Json.Obj json, StreamEvent event) {
    var content = part(part(part(json, "delta"), "message"), "content");
    boolean isText = event instanceof StreamEvent.TextDelta;
    boolean isThought = event instanceof StreamEvent.ReasoningDelta;
    String name = isText ? "text" : "thinking";
    if (!json.text("type").equals("content-delta")
        || !(isText || isThought)
        || content.get(isText ? "thinking" : "text") != null) {
      return null;
    }
    return new DeltaFastPath.Shape(
        List.of("delta", "message", "content", name),
        content.text(name),
        isText
            ? (text, number, out) -> answer.content(text, out)
            : (text, number, out) -> answer.reasoning(text, out));
  }

  /** The model's own notes about the tools it is about to call. */
  private void plan(Json.Obj message) {
    if (isNoText(message, "tool_plan")) {
      reject("tool_plan: must be a string, was another");
      return;
    }
    answer.reasoning(message.text("tool_plan"), this::emit);
  }

  /** One call or a piece of it, distinguished by the event's index. */
  private void call(Json.Obj json, Json.Obj message) {
    if (isNoObject(message, "tool_calls")) {
      reject("tool_calls: must be an object, was another");
      return;
    }
    var index = json.get("index");
    var call = part(message, "tool_calls").with("index", index == null ? Json.Null.VALUE : index);
    var delta = new Json.Obj(Map.of("tool_calls", new Json.Arr(List.of(call))));
    String violation = ToolCalls.violation(delta);
    if (violation == null) {
      calls.read(0, delta, this::emit).forEach(this::emit);
    } else {
      reject(violation);
    }
  }

  private static String index(Json.Obj json) {
    return json.get("index") instanceof Json.Num(String digits) ? digits : "";
  }

  private void messageEnd(Json.Obj delta) {
    String reason = delta.text("finish_reason");
    var usage = delta.object("usage");
    if (usage != null) {
      var counts = usage.has("tokens") ? part(usage, "tokens") : part(usage, "billed_units");
      usage(counts.number("input_tokens", -1), counts.number("output_tokens", -1), usage);
    }
    calls.finish(0, this::emit);
    var error = delta.get("error");
    if (error != null && error.hasValue()) {
      fail(new Json.Obj(Map.of("message", error)));
    }
    finish(answer, reason);
    flush(this::emit);
    done = begun; // An end needs a beginning.
  }

  @Override
  public boolean isProven() {
    return done;
  }

  @Override
  public void flush(Consumer<? super StreamEvent> out) {
    answer.flush(out);
  }

  @Override
  public void ended(Consumer<? super StreamEvent> out) {
    calls.finishAll(out);
  }
}
