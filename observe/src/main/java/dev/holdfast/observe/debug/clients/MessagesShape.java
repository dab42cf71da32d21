package dev.holdfast.observe.debug.clients;

import dev.holdfast.core.json.Json;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/** What clients of Anthropic Messages break on. */
final class MessagesShape implements BodyShape {
  private static final Set<String> BLOCKS =
      Set.of(
          "text",
          "thinking",
          "redacted_thinking",
          "tool_use",
          "server_tool_use",
          "mcp_tool_use",
          "container_upload",
          "compaction",
          "fallback");
  private static final Set<String> DELTAS =
      Set.of(
          "text_delta",
          "input_json_delta",
          "thinking_delta",
          "signature_delta",
          "citations_delta",
          "compaction_delta");

  private final Sightings sightings;
  private final Map<Integer, String> blocks = new HashMap<>();
  private final Set<Integer> closed = new HashSet<>();
  private final Set<Integer> withInput = new HashSet<>();
  private boolean started;
  private boolean stopped;

  MessagesShape(Sightings sightings) {
    this.sightings = sightings;
  }

  @Override
  public void read(String event, Json.Obj value) {
    String type = value.text("type");
    sightings.addIf(
        !event.equals("message") && !event.equals(type) && !type.isEmpty(),
        ClientKind.MISNAMED_EVENT);
    switch (type) {
      case "message_start" -> start(value);
      case "content_block_start" -> open(value);
      case "content_block_delta" -> delta(value);
      case "content_block_stop" -> close(value);
      case "message_delta" -> messageDelta(value);
      case "message_stop" -> {
        sightings.addIf(stopped, ClientKind.MESSAGE_STOP_TWICE);
        stopped = true;
      }
      case "ping", "error" -> {}
      default -> sightings.add(ClientKind.UNKNOWN_EVENT);
    }
  }

  private void start(Json.Obj value) {
    sightings.addIf(started, ClientKind.MESSAGE_START_TWICE);
    started = true;
    var message = value.object("message");
    if (message == null) {
      return;
    }
    var usage = message.object("usage");
    sightings.addIf(usage == null, ClientKind.START_USAGE_MISSING);
    sightings.addIf(
        usage != null && !(usage.get("input_tokens") instanceof Json.Num),
        ClientKind.START_USAGE_EMPTY);
    sightings.addIf(message.array("content") == null, ClientKind.START_CONTENT_MISSING);
  }

  private void open(Json.Obj value) {
    int index = BodyShape.index(value.get("index"));
    var block = value.object("content_block");
    if (index < 0 || block == null) {
      sightings.addIf(index < 0, ClientKind.BLOCK_INDEX_MISSING);
      return;
    }
    String type = block.text("type");
    if (blocks.containsKey(index)) {
      sightings.add(ClientKind.BLOCK_INDEX_REUSED);
    } else if (blocks.size() < MAX_KEPT) {
      sightings.addIf(index != blocks.size(), ClientKind.BLOCK_INDEX_GAP);
    }
    if (blocks.size() < MAX_KEPT) {
      blocks.put(index, type);
      closed.remove(index);
    }
    sightings.addIf(
        !BLOCKS.contains(type) && !type.endsWith("_tool_result"), ClientKind.UNKNOWN_BLOCK);
    sightings.addIf(type.equals("compaction"), ClientKind.COMPACTION_BLOCK);
    if (type.equals("text")) {
      sightings.addIf(
          Collections.frequency(blocks.values(), "text") > 1, ClientKind.SEVERAL_TEXT_BLOCKS);
      sightings.addIf(!(block.get("text") instanceof Json.Str), ClientKind.BLOCK_TEXT_MISSING);
      sightings.addIf(!block.text("text").isEmpty(), ClientKind.BLOCK_STARTS_WITH_TEXT);
    }
    if (type.equals("tool_use")) {
      var input = block.get("input");
      sightings.addIf(!BodyShape.isThere(block.get("id")), ClientKind.CALL_ID_MISSING);
      sightings.addIf(
          input instanceof Json.Null || input instanceof Json.Str, ClientKind.CALL_INPUT_TYPE);
      if (input instanceof Json.Obj whole && whole.hasValue()) {
        sightings.add(ClientKind.CALL_INPUT_WHOLE);
        withInput.add(index);
      }
    }
  }

  private void delta(Json.Obj value) {
    int index = BodyShape.index(value.get("index"));
    var delta = value.object("delta");
    if (index < 0 || delta == null) {
      sightings.addIf(index < 0, ClientKind.BLOCK_INDEX_MISSING);
      return;
    }
    String type = delta.text("type");
    String block = blocks.getOrDefault(index, "");
    if (block.isEmpty()) {
      sightings.addIf(blocks.size() < MAX_KEPT, ClientKind.BLOCK_NEVER_OPENED);
      return;
    }
    sightings.addIf(closed.contains(index), ClientKind.DELTA_AFTER_STOP);
    sightings.addIf(
        type.equals("text_delta") && block.equals("tool_use"), ClientKind.TEXT_IN_TOOL_BLOCK);
    boolean thinking = block.equals("thinking");
    sightings.addIf(type.equals("thinking_delta") && !thinking, ClientKind.THINKING_IN_OTHER_BLOCK);
    sightings.addIf(
        type.equals("signature_delta") && !thinking, ClientKind.SIGNATURE_IN_OTHER_BLOCK);
    sightings.addIf(!DELTAS.contains(type), ClientKind.UNKNOWN_DELTA);
    sightings.addIf(
        withInput.contains(index) && !delta.text("partial_json").isEmpty(),
        ClientKind.CALL_INPUT_TWICE);
  }

  private void close(Json.Obj value) {
    int index = BodyShape.index(value.get("index"));
    sightings.addIf(index < 0, ClientKind.BLOCK_INDEX_MISSING);
    if (blocks.containsKey(index)) {
      closed.add(index);
    }
  }

  private void messageDelta(Json.Obj value) {
    var usage = value.object("usage");
    sightings.addIf(usage == null, ClientKind.DELTA_USAGE_MISSING);
    sightings.addIf(
        usage != null && !(usage.get("output_tokens") instanceof Json.Num),
        ClientKind.DELTA_USAGE_EMPTY);
    var delta = value.object("delta");
    var details = delta == null ? null : delta.object("stop_details");
    sightings.addIf(
        details != null && !(details.get("type") instanceof Json.Str),
        ClientKind.STOP_DETAILS_UNTYPED);
  }

  @Override
  public void end() {
    sightings.addIf(
        stopped && blocks.size() < MAX_KEPT && !closed.containsAll(blocks.keySet()),
        ClientKind.BLOCK_NEVER_CLOSED);
  }
}
