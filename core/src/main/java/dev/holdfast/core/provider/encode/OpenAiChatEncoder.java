package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.JsonObjectBuilder;
import dev.holdfast.core.provider.shared.UsageFields;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes chat completion chunks as OpenAI does: role, deltas, finish, tokens, marker. */
final class OpenAiChatEncoder extends ResponseEncoder {
  /** How the names of Mistral's models begin. */
  private static final List<String> MISTRAL =
      List.of(
          "mistral",
          "ministral",
          "magistral",
          "mixtral",
          "pixtral",
          "voxtral",
          "codestral",
          "devstral",
          "open-mistral",
          "open-mixtral",
          "open-codestral");

  /** The choices that were begun, and whether each of them refused. */
  private final SortedMap<Integer, Boolean> refused = new TreeMap<>();

  /** The whole calls of each choice that are not written yet. */
  private final SortedMap<Integer, List<Json>> whole = new TreeMap<>();

  private final Map<String, Json> named;

  /** Whether whole calls that follow each other are one chunk. */
  private final boolean together;

  OpenAiChatEncoder(AnswerHead head) {
    super(head);
    together = isOfMistral(head.model());
    named =
        JsonObjectBuilder.of("id", head.id())
            .text("object", "chat.completion.chunk")
            .number("created", head.createdSeconds())
            .text("model", head.model())
            .object()
            .members();
  }

  /** Continues an answer whose chunks have these members; {@code begun} if its role was written. */
  OpenAiChatEncoder(AnswerHead head, Map<String, Json> named, boolean begun) {
    super(head);
    this.named = new LinkedHashMap<>(named);
    together = named.get("model") instanceof Json.Str(String model) && isOfMistral(model);
    if (begun) {
      resumed();
      refused.put(0, false);
    }
  }

  /** The name may follow that of a provider and a slash. */
  private static boolean isOfMistral(String model) {
    String name = model.substring(model.lastIndexOf('/') + 1).toLowerCase(Locale.ROOT);
    return MISTRAL.stream().anyMatch(name::startsWith);
  }

  @Override
  void open() {
    begin(0);
  }

  private void begin(int choice) {
    if (refused.putIfAbsent(choice, false) == null) {
      chunk(choice, JsonObjectBuilder.of("role", "assistant").text("content", ""), Json.Null.VALUE);
    }
  }

  @Override
  void text(int choice, String delta) {
    delta(choice, JsonObjectBuilder.of("content", delta));
  }

  @Override
  void reasoning(int choice, String delta) {
    delta(choice, JsonObjectBuilder.of("reasoning_content", delta));
  }

  @Override
  void refusal(int choice, String delta) {
    delta(choice, JsonObjectBuilder.of("refusal", delta));
    refused.put(choice, true);
  }

  @Override
  void callBegins(int choice, int number, String id, String name) {
    callBegins(choice, number, id, name, "");
  }

  /**
   * A whole call is one chunk. Mistral's models send all calls of an answer in one, and clients
   * made for them expect that; clients made for OpenAI may read the first call of a chunk only.
   */
  @Override
  void callBegins(int choice, int number, String id, String name, String arguments) {
    var call =
        new JsonObjectBuilder()
            .number("index", number)
            .text("id", id)
            .text("type", "function")
            .put("function", JsonObjectBuilder.of("name", name).text("arguments", arguments));
    if (together && arrivesWhole()) {
      whole.computeIfAbsent(choice, unused -> new ArrayList<>()).add(call.object());
    } else {
      call(choice, call);
    }
  }

  @Override
  void flushCalls() {
    if (whole.isEmpty()) {
      return;
    }
    whole.forEach((choice, calls) ->
        delta(choice, new JsonObjectBuilder().list("tool_calls", calls.toArray(Json[]::new))));
    whole.clear();
  }

  @Override
  void continueCall(int choice, int number, String arguments) {
    call(
        choice,
        new JsonObjectBuilder()
            .number("index", number)
            .put("function", JsonObjectBuilder.of("arguments", arguments)));
  }

  /** Clients parse the arguments of a call, and an empty text is no document. */
  @Override
  void callIsBlank(int choice, int number) {
    continueCall(choice, number, "{}");
  }

  private void call(int choice, JsonObjectBuilder call) {
    delta(choice, new JsonObjectBuilder().list("tool_calls", call.object()));
  }

  private void delta(int choice, JsonObjectBuilder delta) {
    begin(choice);
    chunk(choice, delta, Json.Null.VALUE);
  }

  private void chunk(int choice, JsonObjectBuilder delta, Json finish) {
    var members =
        new JsonObjectBuilder()
            .number("index", choice)
            .put("delta", delta)
            .put("logprobs", Json.Null.VALUE)
            .put("finish_reason", finish);
    frame("", named().list("choices", members.object()));
  }

  private JsonObjectBuilder named() {
    var chunk = new JsonObjectBuilder();
    named.forEach(chunk::put);
    return chunk;
  }

  @Override
  void close() {
    finished().forEach(this::begin);
    refused.forEach((choice, refusal) ->
        chunk(choice, new JsonObjectBuilder(), new Json.Str(word(finish(choice), refusal))));
    var usage = UsageFields.CHAT.value(usage());
    if (head().usageAsked() && usage != null) {
      frame("", named().list("choices").put("usage", usage));
    }
    marker();
  }

  private static String word(Finish finish, boolean refused) {
    return switch (finish.reason()) {
      case STOP, OTHER -> "stop";
      case LENGTH, PAUSE -> "length";
      case TOOL_CALLS -> "tool_calls";
      // A refusal in words is its own report, as at OpenAI.
      case REFUSAL -> refused ? "stop" : "content_filter";
      case CONTENT_FILTER, ERROR -> "content_filter";
    };
  }

  @Override
  void error(Failure failure) {
    String type =
        switch (failure.cause()) {
          case RATE_LIMITED -> "rate_limit_error";
          case REJECTED -> "invalid_request_error";
          default -> "server_error";
        };
    frame(
        "",
        new JsonObjectBuilder()
            .put(
                "error",
                JsonObjectBuilder.of("message", sentence(failure))
                    .text("type", type)
                    .none("param")
                    .text("code", failure.cause().id())));
  }
}
