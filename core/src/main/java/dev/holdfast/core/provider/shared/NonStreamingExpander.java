package dev.holdfast.core.provider.shared;

import dev.holdfast.core.json.Json;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Splits answers that came as one document into the documents of an equivalent stream. Each method
 * returns null where the document is no answer of its protocol.
 */
final class NonStreamingExpander {
  private NonStreamingExpander() {}

  /** OpenAI Chat Completions: what was a message is one delta. */
  static @Nullable List<Json.Obj> chat(Json.Obj answer) {
    var choices = answer.array("choices");
    if (choices == null) {
      return null;
    }
    var chunks = new ArrayList<Json>();
    for (var choice : choices.items()) {
      chunks.add(
          choice instanceof Json.Obj one && one.get("message") instanceof Json.Obj message
              ? one.with("delta", numbered(message)).with("message", Json.Null.VALUE)
              : choice);
    }
    return List.of(answer.with("choices", new Json.Arr(chunks)));
  }

  /** Calls of a whole message have no index; in a delta the index distinguishes them. */
  private static Json.Obj numbered(Json.Obj message) {
    var calls = message.array("tool_calls");
    if (calls == null) {
      return message;
    }
    var all = new ArrayList<Json>();
    for (var call : calls.items()) {
      all.add(call instanceof Json.Obj one ? one.with("index", Json.of(all.size())) : call);
    }
    return message.with("tool_calls", new Json.Arr(all));
  }

  /** Anthropic Messages: blocks come whole as they start. */
  static @Nullable List<Json.Obj> messages(Json.Obj answer) {
    var content = answer.array("content");
    if (!answer.text("type").equals("message") || content == null) {
      return null;
    }
    var events = new ArrayList<Json.Obj>();
    events.add(event("message_start").with("message", without(answer, "content", "stop_reason")));
    for (var item : content.items()) {
      var index = Json.of(events.size() - 1L);
      events.add(event("content_block_start").with("index", index).with("content_block", item));
    }
    for (int i = 0; i < content.items().size(); i++) {
      events.add(event("content_block_stop").with("index", Json.of(i)));
    }
    var delta = new LinkedHashMap<String, Json>();
    delta.put("stop_reason", new Json.Str(answer.text("stop_reason")));
    events.add(event("message_delta").with("delta", new Json.Obj(delta)));
    if (answer.has("stop_reason")) {
      events.add(event("message_stop"));
    }
    return events;
  }

  /** OpenAI Responses: while it is under way there is an answer, but nothing proves it. */
  static @Nullable List<Json.Obj> responses(Json.Obj answer) {
    var output = answer.array("output");
    String status = answer.text("status");
    if (output == null || status.isEmpty()) {
      return null;
    }
    var events = new ArrayList<Json.Obj>();
    events.add(event("response.created").with("response", without(answer, "output", "usage")));
    for (int i = 0; i < output.items().size(); i++) {
      if (output.items().get(i) instanceof Json.Obj item) {
        item(item, Json.of(i), events);
      }
    }
    switch (status) {
      case "completed", "incomplete" ->
          events.add(event("response." + status).with("response", answer));
      case "queued", "in_progress" -> {}
      default -> events.add(event("response.failed").with("response", answer));
    }
    return events;
  }

  private static void item(Json.Obj item, Json index, List<Json.Obj> events) {
    switch (item.text("type")) {
      case "message" -> parts(item, "content", index, events);
      case "reasoning" -> {
        parts(item, "summary", index, events);
        parts(item, "content", index, events);
        events.add(
            event("response.output_item.done").with("output_index", index).with("item", item));
      }
      default ->
          events.add(
              event("response.output_item.done").with("output_index", index).with("item", item));
    }
  }

  private static void parts(Json.Obj item, String member, Json index, List<Json.Obj> events) {
    var parts = item.array(member);
    for (var each : parts == null ? List.<Json>of() : parts.items()) {
      if (each instanceof Json.Obj part) {
        String type = part.text("type");
        String kind =
            switch (type) {
              case "output_text" -> "response.output_text.delta";
              case "refusal" -> "response.refusal.delta";
              case "summary_text" -> "response.reasoning_summary_text.delta";
              case "reasoning_text" -> "response.reasoning_text.delta";
              default -> "";
            };
        if (!kind.isEmpty()) {
          String text = part.text(type.equals("refusal") ? "refusal" : "text");
          events.add(event(kind).with("output_index", index).with("delta", new Json.Str(text)));
        }
      }
    }
  }

  /** Gemini Interactions, of both generations: steps, or outputs. */
  static @Nullable List<Json.Obj> interaction(Json.Obj answer) {
    String status = answer.text("status");
    if (status.isEmpty() || answer.text("id").isEmpty()) {
      return null;
    }
    var steps = answer.array("steps") == null ? answer.array("outputs") : answer.array("steps");
    var events = new ArrayList<Json.Obj>();
    var begun = without(answer, "steps", "outputs", "usage", "status");
    events.add(named("interaction.created").with("interaction", begun));
    for (var item : steps == null ? List.<Json>of() : steps.items()) {
      if (item instanceof Json.Obj step && !step.text("type").equals("user_input")) {
        var index = Json.of(events.size());
        events.add(named("step.start").with("index", index).with("step", step));
        events.add(named("step.stop").with("index", index));
      }
    }
    if (!status.equals("in_progress") && !status.equals("queued")) {
      events.add(
          named("interaction.completed").with("interaction", without(answer, "steps", "outputs")));
    }
    return events;
  }

  /** Protocols in which a whole answer looks like the last piece of a stream. */
  static @Nullable List<Json.Obj> chunk(Json.Obj answer) {
    boolean known =
        answer.has("candidates")
            || answer.has("promptFeedback")
            || answer.get("done") instanceof Json.Bool
            || answer.get("stop") instanceof Json.Bool;
    return known ? List.of(answer) : null;
  }

  private static Json.Obj event(String type) {
    return new Json.Obj(Map.of("type", new Json.Str(type)));
  }

  private static Json.Obj named(String type) {
    return new Json.Obj(Map.of("event_type", new Json.Str(type)));
  }

  private static Json.Obj without(Json.Obj document, String... names) {
    var members = new LinkedHashMap<>(document.members());
    members.keySet().removeAll(List.of(names));
    return new Json.Obj(members);
  }
}
