package dev.holdfast.observe.debug.clients;

import dev.holdfast.core.json.Json;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** What clients of OpenAI Responses break on. */
final class ResponsesShape implements BodyShape {
  /**
   * The families of events that OpenAI's own SDKs know; the newest of npm has them in its types.
   */
  private static final Set<String> FAMILIES =
      Set.of(
          "audio",
          "code_interpreter_call",
          "code_interpreter_call_code",
          "compaction",
          "content_part",
          "custom_tool_call_input",
          "file_search_call",
          "function_call_arguments",
          "image_generation_call",
          "mcp_call",
          "mcp_call_arguments",
          "mcp_list_tools",
          "output_item",
          "output_text",
          "reasoning_summary_part",
          "reasoning_summary_text",
          "reasoning_text",
          "refusal",
          "shell_call_command",
          "shell_call_output_content",
          "steer",
          "web_search_call",
          "created",
          "queued",
          "in_progress",
          "completed",
          "incomplete",
          "failed");

  private static final Set<String> PARTS =
      Set.of("output_text", "refusal", "reasoning_text", "summary_text");

  private static final class Item {
    private final String id;
    private final String type;
    private final Set<Integer> parts = new HashSet<>();
    private boolean done;

    Item(String id, String type) {
      this.id = id;
      this.type = type;
    }
  }

  private final Sightings sightings;
  private final Map<Integer, Item> items = new HashMap<>();
  private boolean created;
  private boolean textDelta;
  private boolean textElsewhere;
  private int calls;

  ResponsesShape(Sightings sightings) {
    this.sightings = sightings;
  }

  @Override
  public void read(String event, Json.Obj value) {
    String type = value.text("type");
    if (isKnown(type) && !type.equals("response.created") && !type.equals("response.queued")) {
      sightings.addIf(!created, ClientKind.CREATED_MISSING);
      created = true; // Once is enough.
    }
    switch (type) {
      case "response.created" -> created(value.object("response"));
      case "response.output_item.added" -> added(value);
      case "response.content_part.added" -> part(value);
      case "response.output_text.delta" -> {
        textDelta = true;
        delta(value, true);
      }
      case "response.function_call_arguments.delta" -> delta(value, false);
      case "response.output_text.done" -> textElsewhere |= !value.text("text").isEmpty();
      case "response.output_item.done" -> done(value);
      case "response.done" -> sightings.add(ClientKind.TERMINAL_RENAMED);
      case "response.completed", "response.incomplete" -> terminal(value.object("response"));
      case "response.refusal.delta", "response.reasoning_text.delta" -> ofItem(value);
      default -> {
        ofItem(value);
        sightings.addIf(
            !isKnown(type) && !type.equals("keepalive") && !type.equals("error"),
            ClientKind.UNKNOWN_EVENT);
      }
    }
  }

  private static boolean isKnown(String type) {
    String[] words = type.split("\\.", 3);
    return words.length > 1 && words[0].equals("response") && FAMILIES.contains(words[1]);
  }

  private void created(Json.@Nullable Obj response) {
    created = true;
    if (response != null) {
      sightings.addIf(!BodyShape.isThere(response.get("id")), ClientKind.RESPONSE_ID_MISSING);
      sightings.addIf(!BodyShape.isThere(response.get("model")), ClientKind.RESPONSE_MODEL_MISSING);
      sightings.addIf(
          !BodyShape.isThere(response.get("created_at")), ClientKind.CREATED_AT_MISSING);
      sightings.addIf(response.array("output") == null, ClientKind.RESPONSE_OUTPUT_MISSING);
    }
  }

  private void added(Json.Obj value) {
    int index = BodyShape.index(value.get("output_index"));
    var item = value.object("item");
    if (index < 0 || item == null) {
      return;
    }
    sightings.addIf(items.containsKey(index), ClientKind.OUTPUT_INDEX_REUSED);
    sightings.addIf(!BodyShape.isThere(item.get("id")), ClientKind.ITEM_ID_MISSING);
    var known = new Item(item.text("id"), item.text("type"));
    if (known.type.equals("message")) {
      var content = item.array("content");
      sightings.addIf(content == null, ClientKind.ITEM_CONTENT_MISSING);
      for (int i = 0; content != null && i < Math.min(content.items().size(), MAX_KEPT); i++) {
        known.parts.add(i);
      }
    }
    if (items.size() < MAX_KEPT) {
      items.put(index, known);
    }
  }

  private void part(Json.Obj value) {
    var part = value.object("part");
    sightings.addIf(
        part != null && !PARTS.contains(part.text("type")), ClientKind.PART_TYPE_UNKNOWN);
    var item = items.get(BodyShape.index(value.get("output_index")));
    if (item != null && item.parts.size() < MAX_KEPT) {
      item.parts.add(BodyShape.index(value.get("content_index")));
      differs(value, item);
    }
  }

  private void differs(Json.Obj value, Item item) {
    String id = value.text("item_id");
    sightings.addIf(
        !id.isEmpty() && !item.id.isEmpty() && !id.equals(item.id), ClientKind.ITEM_ID_CHANGES);
  }

  private void delta(Json.Obj value, boolean text) {
    int index = BodyShape.index(value.get("output_index"));
    sightings.addIf(!BodyShape.isThere(value.get("item_id")), ClientKind.DELTA_ITEM_ID_MISSING);
    int content = BodyShape.index(value.get("content_index"));
    sightings.addIf(text && content < 0, ClientKind.DELTA_CONTENT_INDEX_MISSING);
    if (index < 0) {
      sightings.add(ClientKind.DELTA_OUTPUT_INDEX_MISSING);
      return;
    }
    var item = items.get(index);
    if (item == null) {
      sightings.addIf(items.size() < MAX_KEPT, ClientKind.ITEM_ADDED_MISSING);
      return;
    }
    differs(value, item);
    sightings.addIf(
        text && content >= 0 && !item.parts.contains(content), ClientKind.PART_ADDED_MISSING);
  }

  private void ofItem(Json.Obj value) {
    int index = BodyShape.index(value.get("output_index"));
    sightings.addIf(
        index >= 0 && !items.containsKey(index) && items.size() < MAX_KEPT,
        ClientKind.ITEM_ADDED_MISSING);
  }

  private void done(Json.Obj value) {
    ofItem(value);
    var known = items.get(BodyShape.index(value.get("output_index")));
    if (known != null) {
      known.done = true;
    }
    var item = value.object("item");
    if (item != null) {
      calls += item.text("type").equals("function_call") ? 1 : 0;
      textElsewhere |= hasText(item);
    }
  }

  private static boolean hasText(Json.Obj item) {
    var content = item.array("content");
    return content != null
        && content.items().stream()
            .anyMatch(part -> part instanceof Json.Obj it && !it.text("text").isEmpty());
  }

  private void terminal(Json.@Nullable Obj response) {
    if (response == null) {
      return;
    }
    var output = response.array("output");
    sightings.addIf(response.text("status").equals("incomplete"), ClientKind.RESPONSE_INCOMPLETE);
    sightings.addIf(output == null, ClientKind.TERMINAL_OUTPUT_MISSING);
    boolean spoke = textDelta || textElsewhere || !items.isEmpty();
    sightings.addIf(
        spoke && output != null && output.items().isEmpty(), ClientKind.TERMINAL_OUTPUT_EMPTY);
    int repeated = 0;
    if (output != null) {
      for (Json one : output.items()) {
        if (one instanceof Json.Obj item) {
          textElsewhere |= item.text("type").equals("message") && hasText(item);
          repeated += item.text("type").equals("function_call") ? 1 : 0;
        }
      }
    }
    boolean added = items.values().stream().anyMatch(it -> it.type.equals("function_call"));
    sightings.addIf(repeated > 0 && calls == 0 && !added, ClientKind.CALL_ONLY_AT_THE_END);
  }

  @Override
  public void end() {
    sightings.addIf(textElsewhere && !textDelta, ClientKind.TEXT_WITHOUT_DELTAS);
    for (Item item : items.values()) {
      sightings.addIf(
          item.type.equals("function_call") && !item.done, ClientKind.CALL_DONE_MISSING);
    }
  }
}
