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

  @Override
  public void open(BlockOrder.Kind kind, String id, String name) {
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
          case CALL -> "fc_%s_%d".formatted(suffix, index);
        };
    out.accept("response.output_item.added", placed().put("item", item("in_progress", false)));
    switch (kind) {
      case TEXT, REFUSAL ->
          out.accept("response.content_part.added", inPart().put("part", part("")));
      case REASONING ->
          out.accept("response.reasoning_summary_part.added", inPart().put("part", part("")));
      case CALL -> {}
    }
  }

  @Override
  public void more(String piece) {
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
    String said = whole.toString();
    out.accept("response." + deltaName() + ".done", inPart().text(wholeName(), said));
    switch (kind) {
      case TEXT, REFUSAL ->
          out.accept("response.content_part.done", inPart().put("part", part(said)));
      case REASONING ->
          out.accept("response.reasoning_summary_part.done", inPart().put("part", part(said)));
      case CALL -> {}
    }
    var item = item(cut ? "incomplete" : "completed", true).object();
    if (isKept()) {
      written.add(item);
    }
    out.accept("response.output_item.done", placed().put("item", item));
  }

  private JsonObjectBuilder placed() {
    return new JsonObjectBuilder().number("output_index", index);
  }

  private JsonObjectBuilder inPart() {
    var place = JsonObjectBuilder.of("item_id", itemId).number("output_index", index);
    return switch (kind) {
      case TEXT, REFUSAL -> place.number("content_index", 0);
      case REASONING -> place.number("summary_index", 0);
      case CALL -> place;
    };
  }

  private String deltaName() {
    return switch (kind) {
      case TEXT -> "output_text";
      case REFUSAL -> "refusal";
      case REASONING -> "reasoning_summary_text";
      case CALL -> "function_call_arguments";
    };
  }

  private String wholeName() {
    return switch (kind) {
      case TEXT, REASONING -> "text";
      case REFUSAL -> "refusal";
      case CALL -> "arguments";
    };
  }

  private JsonObjectBuilder part(String said) {
    return switch (kind) {
      case REFUSAL -> JsonObjectBuilder.of("type", "refusal").text("refusal", said);
      case REASONING -> JsonObjectBuilder.of("type", "summary_text").text("text", said);
      case TEXT, CALL ->
          JsonObjectBuilder.of("type", "output_text").text("text", said).list("annotations");
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
      case CALL -> {
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
