package dev.holdfast.core.dialect;

import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads the events of Gemini's Interactions, of both generations: {@code content.*} and {@code
 * interaction.complete}, then {@code step.*} and {@code interaction.completed}.
 *
 * <p>Proof: the completing event, with a status that is an end: {@code completed}, {@code
 * requires_action} or {@code incomplete}. {@code [DONE]} follows it. Quirks and their sources:
 * docs/dialects.md.
 */
final class GeminiInteractionsReader extends DocumentReader {
  private static final int MAX_REASON = 256;
  private static final int MAX_EVENT_ID = 1024;

  private final ChatChoice answer = new ChatChoice(0);
  private final InteractionCalls calls = new InteractionCalls();
  private String finish = "";
  private boolean completed;
  private String id = "";
  private String lastEventId = "";
  private boolean resumed;

  GeminiInteractionsReader(CompletionPolicy completion) {
    super(completion, new Payloads(), Closing.MARKER);
  }

  @Override
  void document(Json.Obj json, String eventType) {
    String named = json.text("event_type");
    String type = named.isEmpty() ? eventType : named;
    var error = json.get("error");
    boolean complains = error != null && error.says();
    if (type.equals("error") || (named.isEmpty() && complains)) {
      fail(error != null && complains ? error : json);
      return;
    }
    String violation = violation(json);
    if (violation != null) {
      reject(violation);
      return;
    }
    String eventId = ErrorValues.cap(json.text("event_id"), MAX_EVENT_ID);
    if (resumed && !eventId.isEmpty() && eventId.equals(lastEventId)) {
      return; // The server began with the cursor itself.
    }
    lastEventId = eventId.isEmpty() ? lastEventId : eventId;
    switch (type) {
      case "interaction.created", "interaction.start" -> created(part(json, "interaction"));
      case "interaction.status_update" -> emit(new StreamEvent.Heartbeat("status"));
      case "step.start", "content.start" ->
          begun(json, part(json, json.has("content") ? "content" : "step"));
      case "step.delta", "content.delta" -> delta(json, part(json, "delta"));
      case "step.stop", "content.stop" -> calls.close(index(json), this::emit);
      case "interaction.completed", "interaction.complete" -> completed(part(json, "interaction"));
      default -> opaque(type);
    }
  }

  /** {@return which rule an event breaks, or null} Asked before any of it has effect. */
  private static @Nullable String violation(Json.Obj json) {
    for (var name : List.of("interaction", "step", "content", "delta")) {
      if (isNoObject(json, name)) {
        return name + ": must be an object, was another";
      }
    }
    if (isNoText(part(json, "delta"), "text") || isNoText(part(json, "content"), "text")) {
      return "text: must be a string, was another";
    }
    return null;
  }

  private void created(Json.Obj interaction) {
    id = id.isEmpty() ? ErrorValues.cap(interaction.text("id"), MAX_EVENT_ID) : id;
    String model = interaction.text("model");
    start(interaction.text("id"), model.isEmpty() ? interaction.text("agent") : model);
  }

  private void begun(Json.Obj json, Json.Obj step) {
    String type = step.text("type");
    switch (type) {
      case "function_call" -> calls.describe(index(json), step, this::emit);
      case "text" -> answer.content(step.text("text"), this::emit);
      case "thought", "model_output" -> {}
      default -> opaque(type);
    }
    var content = step.array("content");
    for (var item : content == null ? List.<Json>of() : content.items()) {
      if (item instanceof Json.Obj words && words.text("type").equals("text")) {
        if (type.equals("thought")) {
          answer.reasoning(words.text("text"), this::emit);
        } else {
          answer.content(words.text("text"), this::emit);
        }
      }
    }
  }

  private void delta(Json.Obj json, Json.Obj delta) {
    switch (delta.text("type")) {
      case "text" -> answer.content(delta.text("text"), this::emit);
      case "thought_summary" -> {
        var content = delta.object("content");
        answer.reasoning((content == null ? delta : content).text("text"), this::emit);
      }
      case "function_call" -> calls.describe(index(json), delta, this::emit);
      case "arguments_delta", "arguments" -> {
        String more = delta.text("arguments");
        calls.more(
            index(json), more.isEmpty() ? delta.text("partial_arguments") : more, this::emit);
      }
      default -> opaque(delta.text("type"));
    }
  }

  private void completed(Json.Obj interaction) {
    created(interaction);
    var usage = interaction.object("usage");
    if (usage != null) {
      usage(usage.number("total_input_tokens", -1), output(usage), usage);
    }
    String said = ErrorValues.cap(interaction.text("status"), MAX_REASON);
    String status = said.isEmpty() ? "completed" : said;
    calls.closeAll(this::emit);
    flush(this::emit);
    if (!status.equals(finish)) {
      finish = status;
      emit(new StreamEvent.Finished(0, new Finish(reason(status), status)));
    }
    switch (status) {
      case "completed", "requires_action", "incomplete" -> completed = true;
      case "failed", "cancelled" -> {
        completed = false;
        var error = interaction.get("error");
        fail(
            error != null && error.says()
                ? error
                : new Json.Obj(Map.of("status", new Json.Str(status))));
      }
      default -> {
        completed = false;
        failed(status);
      }
    }
  }

  private static Finish.Reason reason(String status) {
    return switch (status) {
      case "completed" -> Finish.Reason.STOP;
      case "requires_action" -> Finish.Reason.TOOL_CALLS;
      case "incomplete" -> Finish.Reason.LENGTH;
      case "failed" -> Finish.Reason.ERROR;
      default -> Finish.Reason.OTHER;
    };
  }

  /** Thinking is billed and limited as output is; {@code total_output_tokens} leaves it out. */
  private static long output(Json.Obj usage) {
    long output = usage.number("total_output_tokens", -1);
    return output < 0 ? -1 : output + Math.max(0, usage.number("total_thought_tokens", 0));
  }

  private static String index(Json.Obj json) {
    return json.get("index") instanceof Json.Num(String digits) ? digits : "";
  }

  @Override
  public @Nullable Cursor cursor() {
    return id.isEmpty() || lastEventId.isEmpty() ? null : new Cursor(id, lastEventId);
  }

  @Override
  public void resumed() {
    super.resumed();
    resumed = true;
  }

  @Override
  boolean isProven() {
    return completed;
  }

  @Override
  void flush(Consumer<? super StreamEvent> out) {
    answer.flush(out);
  }

  @Override
  void ended(Consumer<? super StreamEvent> out) {
    calls.closeAll(out);
  }
}
