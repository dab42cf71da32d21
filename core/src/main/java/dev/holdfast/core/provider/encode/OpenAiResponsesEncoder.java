package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.provider.shared.UsageFields;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the events of OpenAI's Responses API, each with the rungs below it: item added, part
 * added, deltas, done, part done, item done. Every block is an item of its own. Writes the first
 * choice only, since a response has no others.
 */
final class OpenAiResponsesEncoder extends BlockEncoder {
  private final OutputItems items;
  private final BlockOrder order;
  private long sequence;

  /** The response as another writer announced it; null if this one does. */
  private Json.@Nullable Obj announced;

  OpenAiResponsesEncoder(AnswerHead head) {
    super(head, BlockOrder.Kind.REFUSAL);
    items = new OutputItems(head.id(), this::event);
    order = new BlockOrder(items);
  }

  /** The response was announced elsewhere; {@code next} is the number of the next event. */
  void resume(Json.Obj response, long next) {
    resumed();
    announced = response;
    sequence = next;
  }

  /** An item was begun elsewhere, and is open. */
  void open(ResponsesPosition.Open open) {
    order.resume(items.resume(open));
  }

  OutputItems items() {
    return items;
  }

  @Override
  BlockOrder order() {
    return order;
  }

  @Override
  void ending() {
    items.ending(finish(0));
  }

  @Override
  void open() {
    event(
        "response.created",
        new JsonObjectBuilder().put("response", response("in_progress", List.of())));
    event(
        "response.in_progress",
        new JsonObjectBuilder().put("response", response("in_progress", List.of())));
  }

  private void event(String type, JsonObjectBuilder data) {
    var whole = JsonObjectBuilder.of("type", type).number("sequence_number", sequence++);
    data.object().members().forEach(whole::put);
    frame(type, whole);
  }

  /** The members that OpenAI's own SDKs demand, with what is not known as null. */
  private JsonObjectBuilder response(String status, List<Json> output) {
    if (announced != null) {
      var same = new JsonObjectBuilder();
      announced.members().forEach(same::put);
      return same.text("status", status).put("output", new Json.Arr(output));
    }
    return JsonObjectBuilder.of("id", head().id())
        .text("object", "response")
        .number("created_at", head().createdSeconds())
        .text("status", status)
        .none("error", "incomplete_details", "instructions", "max_output_tokens")
        .text("model", head().model())
        .put("output", new Json.Arr(output))
        .put("parallel_tool_calls", new Json.Bool(true))
        .none("previous_response_id", "temperature")
        .text("tool_choice", "auto")
        .list("tools")
        .none("top_p", "usage")
        .put("metadata", new JsonObjectBuilder());
  }

  @Override
  void close() {
    String reason = incomplete(finish(0));
    String status = reason == null ? "completed" : "incomplete";
    var response = response(status, items.written());
    if (reason != null) {
      response.put("incomplete_details", JsonObjectBuilder.of("reason", reason));
    }
    var usage = UsageFields.RESPONSES.value(usage());
    if (usage != null) {
      response.put("usage", usage);
    }
    event("response." + status, new JsonObjectBuilder().put("response", response));
  }

  /** {@return why the content is incomplete, or null if it is not} */
  private @Nullable String incomplete(Finish finish) {
    return switch (finish.reason()) {
      case STOP, TOOL_CALLS, OTHER -> null;
      case LENGTH, PAUSE -> "max_output_tokens";
      case REFUSAL -> items.refused() ? null : "content_filter";
      case CONTENT_FILTER, ERROR -> "content_filter";
    };
  }

  /** As OpenAI does: an error event, then the response that failed. */
  @Override
  void error(Failure failure) {
    String code =
        switch (failure.cause()) {
          case RATE_LIMITED -> "rate_limit_exceeded";
          case OVERLOADED -> "server_overloaded";
          case REJECTED -> "invalid_prompt";
          default -> "server_error";
        };
    boolean wasOpen = isOpen();
    event(
        "error",
        JsonObjectBuilder.of("code", code).text("message", sentence(failure)).none("param"));
    if (wasOpen) {
      var error = JsonObjectBuilder.of("code", code).text("message", sentence(failure));
      var response = response("failed", new ArrayList<>(items.written())).put("error", error);
      event("response.failed", new JsonObjectBuilder().put("response", response));
    }
  }
}
