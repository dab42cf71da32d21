package dev.holdfast.core.provider.encode;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.tools.ToolCallAssembler;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Writes blocks as the output items of a response, and keeps them for the event that repeats all of
 * them. Not thread-safe.
 */
final class OutputItems implements BlockOrder.Blocks {
  /**
   * What is kept is bounded: past 4 Mi characters the texts are not repeated, as ChatGPT's Codex
   * does with all of them.
   */
  static final int MAX_KEPT = 4 << 20;

  private final String suffix;
  private final BiConsumer<String, JsonObjectBuilder> out;
  private final List<Json> written = new ArrayList<>();
  private final StringBuilder whole = new StringBuilder();

  private BlockOrder.Kind kind = BlockOrder.Kind.TEXT;
  private String itemId = "";
  private String callId = "";
  private String name = "";
  private int index = -1;

  /** The item as another writer began it; null if this one did. */
  private Json.@Nullable Obj begun;

  /** The parts of the item that are done. */
  private final List<Json> parts = new ArrayList<>();

  private boolean partOpen;

  /** Whether the reasoning comes as it was thought, not as a summary. */
  private boolean thoughts;

  private @Nullable Finish last;
  private long kept;
  private boolean refused;

  /** Ids of items are made of the response's, so that they are as unique as it is. */
  OutputItems(String responseId, BiConsumer<String, JsonObjectBuilder> out) {
    suffix = responseId.startsWith("resp_") ? responseId.substring("resp_".length()) : responseId;
    this.out = out;
  }

  /** {@return the items that are done; none where there was too much to keep} */
  List<Json> written() {
    return isKept() ? List.copyOf(written) : List.of();
  }

  /** {@return whether one of the items is a refusal} */
  boolean refused() {
    return refused;
  }

  private boolean isKept() {
    return kept <= MAX_KEPT;
  }

  /** Items were written elsewhere; {@code last} is the index of the last one. */
  void resume(int last, List<Json> done, long size) {
    index = last;
    written.addAll(done);
    kept = size;
  }

  /** {@return what kind of block an item is that was begun elsewhere} */
  BlockOrder.Kind resume(ResponsesPosition.Open open) {
    begun = open.item();
    itemId = open.item().text("id");
    parts.addAll(open.parts());
    partOpen = open.partOpen();
    thoughts = open.partType().equals("reasoning_text");
    whole.append(open.text());
    kept += whole.length();
    kind =
        switch (open.item().text("type")) {
          case "message" ->
              open.partType().equals("refusal") && partOpen
                  ? BlockOrder.Kind.REFUSAL
                  : BlockOrder.Kind.TEXT;
          case "reasoning" -> BlockOrder.Kind.REASONING;
          default -> BlockOrder.Kind.OTHER;
        };
    refused |= kind == BlockOrder.Kind.REFUSAL;
    return kind;
  }

  @Override
  public void open(BlockOrder.Kind kind, String id, String name) {
    begun = null;
    thoughts = false;
    parts.clear();
    this.kind = kind;
    this.callId = id;
    this.name = name;
    index++;
    whole.setLength(0);
    refused |= kind == BlockOrder.Kind.REFUSAL;
    itemId =
        switch (kind) {
          case TEXT, REFUSAL -> "msg_%s_%d".formatted(suffix, index);
          case REASONING -> "rs_%s_%d".formatted(suffix, index);
          case CALL, OTHER -> "fc_%s_%d".formatted(suffix, index);
        };
    out.accept("response.output_item.added", placed().put("item", item("in_progress", false)));
    openPart();
  }

  private void openPart() {
    partOpen = kind != BlockOrder.Kind.CALL && kind != BlockOrder.Kind.OTHER;
    if (partOpen) {
      out.accept(partName() + ".added", inPart().put("part", part("")));
    }
  }

  private String partName() {
    return kind == BlockOrder.Kind.REASONING && !thoughts
        ? "response.reasoning_summary_part"
        : "response.content_part";
  }

  @Override
  public void more(String piece) {
    if (!partOpen && kind != BlockOrder.Kind.CALL) {
      openPart();
    }
    kept += piece.length();
    if (isKept()) {
      whole.append(piece);
    } else {
      whole.setLength(0);
      written.clear();
    }
    out.accept("response." + deltaName() + ".delta", inPart().text("delta", piece));
  }

  /** The answer ends with a finish: the last call may be cut. */
  void ending(Finish finish) {
    last = finish;
  }

  /** {@return whether the finish cut the call that is open} */
  private boolean isCut() {
    if (last == null || kind != BlockOrder.Kind.CALL || whole.toString().isBlank()) {
      return false;
    }
    var judge = new ToolCallAssembler();
    judge.accept(new StreamEvent.ToolCallDelta(0, 0, callId, name, whole.toString()));
    judge.accept(new StreamEvent.Finished(0, last));
    return !judge.cut().isEmpty();
  }

  @Override
  public void close() {
    close(false);
  }

  @Override
  public void closeLast() {
    close(isCut());
  }

  @Override
  public void closeCut() {
    close(true);
  }

  private void close(boolean cut) {
    if (!cut && kind == BlockOrder.Kind.CALL && whole.isEmpty() && isKept()) {
      more("{}"); // Arguments are a document, never nothing.
    }
    String content = whole.toString();
    if (partOpen || kind == BlockOrder.Kind.CALL) {
      out.accept("response." + deltaName() + ".done", inPart().text(wholeName(), content));
    }
    if (partOpen) {
      out.accept(partName() + ".done", inPart().put("part", part(content)));
    }
    var item = begun == null ? item(cut ? "incomplete" : "completed", true).object() : begun(begun);
    partOpen = false;
    if (isKept()) {
      written.add(item);
    }
    out.accept("response.output_item.done", placed().put("item", item));
  }

  /** {@return an item that was begun elsewhere, with its content} */
  private Json.Obj begun(Json.Obj item) {
    var all = new ArrayList<Json>(parts);
    if (partOpen) {
      all.add(part(whole.toString()).object());
    }
    var content = new Json.Arr(all);
    return switch (kind) {
      case TEXT, REFUSAL -> item.with("status", new Json.Str("completed")).with("content", content);
      case REASONING -> item.with(thoughts ? "content" : "summary", content);
      case CALL, OTHER -> item.with("status", new Json.Str("incomplete"));
    };
  }

  private JsonObjectBuilder placed() {
    return new JsonObjectBuilder().number("output_index", index);
  }

  private JsonObjectBuilder inPart() {
    var place = JsonObjectBuilder.of("item_id", itemId).number("output_index", index);
    return switch (kind) {
      case TEXT, REFUSAL -> place.number("content_index", parts.size());
      case REASONING -> place.number(thoughts ? "content_index" : "summary_index", parts.size());
      case CALL, OTHER -> place;
    };
  }

  private String deltaName() {
    return switch (kind) {
      case TEXT -> "output_text";
      case REFUSAL -> "refusal";
      case REASONING -> thoughts ? "reasoning_text" : "reasoning_summary_text";
      case CALL, OTHER -> "function_call_arguments";
    };
  }

  private String wholeName() {
    return switch (kind) {
      case TEXT, REASONING -> "text";
      case REFUSAL -> "refusal";
      case CALL, OTHER -> "arguments";
    };
  }

  private JsonObjectBuilder part(String content) {
    return switch (kind) {
      case REFUSAL -> JsonObjectBuilder.of("type", "refusal").text("refusal", content);
      case REASONING ->
          JsonObjectBuilder.of("type", thoughts ? "reasoning_text" : "summary_text")
              .text("text", content);
      case TEXT, CALL, OTHER ->
          JsonObjectBuilder.of("type", "output_text").text("text", content).list("annotations");
    };
  }

  private JsonObjectBuilder item(String status, boolean done) {
    var item = JsonObjectBuilder.of("id", itemId);
    var parts = done ? new Json[] {part(whole.toString()).object()} : new Json[0];
    return switch (kind) {
      case TEXT, REFUSAL ->
          item.text("type", "message")
              .text("status", status)
              .text("role", "assistant")
              .list("content", parts);
      case REASONING -> item.text("type", "reasoning").list("summary", parts);
      case CALL, OTHER -> {
        item.text("type", "function_call")
            .text("status", status)
            .text("call_id", callId)
            .text("name", name);
        // Arguments that were not kept are not repeated: nothing would contradict their pieces.
        yield done && !isKept() ? item : item.text("arguments", whole.toString());
      }
    };
  }
}
