package dev.holdfast.core.provider.encode;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.json.Json;
import dev.holdfast.core.json.Members;
import dev.holdfast.core.provider.shared.UsageWords;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import java.util.SortedMap;
import java.util.TreeMap;

/** Writes chat completion chunks as OpenAI does: role, deltas, finish, tokens, marker. */
final class OpenAiChatEncoder extends FrontEncoder {
  /** The choices that were begun, and whether each of them refused. */
  private final SortedMap<Integer, Boolean> refused = new TreeMap<>();

  OpenAiChatEncoder(AnswerHead head) {
    super(head);
  }

  @Override
  void open() {
    begin(0);
  }

  private void begin(int choice) {
    if (refused.putIfAbsent(choice, false) == null) {
      chunk(choice, Members.of("role", "assistant").text("content", ""), Json.Null.VALUE);
    }
  }

  @Override
  void text(int choice, String delta) {
    delta(choice, Members.of("content", delta));
  }

  @Override
  void reasoning(int choice, String delta) {
    delta(choice, Members.of("reasoning_content", delta));
  }

  @Override
  void refusal(int choice, String delta) {
    delta(choice, Members.of("refusal", delta));
    refused.put(choice, true);
  }

  @Override
  void callBegins(int choice, int number, String id, String name) {
    call(
        choice,
        new Members()
            .number("index", number)
            .text("id", id)
            .text("type", "function")
            .put("function", Members.of("name", name).text("arguments", "")));
  }

  @Override
  void callGoesOn(int choice, int number, String arguments) {
    call(
        choice,
        new Members().number("index", number).put("function", Members.of("arguments", arguments)));
  }

  /** Clients parse the arguments of a call, and an empty text is no document. */
  @Override
  void callIsBlank(int choice, int number) {
    callGoesOn(choice, number, "{}");
  }

  private void call(int choice, Members call) {
    delta(choice, new Members().list("tool_calls", call.object()));
  }

  private void delta(int choice, Members delta) {
    begin(choice);
    chunk(choice, delta, Json.Null.VALUE);
  }

  private void chunk(int choice, Members delta, Json finish) {
    var members =
        new Members()
            .number("index", choice)
            .put("delta", delta)
            .put("logprobs", Json.Null.VALUE)
            .put("finish_reason", finish);
    frame("", named().list("choices", members.object()));
  }

  private Members named() {
    return Members.of("id", head().id())
        .text("object", "chat.completion.chunk")
        .number("created", head().createdSeconds())
        .text("model", head().model());
  }

  @Override
  void close() {
    finished().forEach(this::begin);
    refused.forEach((choice, refusal) ->
        chunk(choice, new Members(), new Json.Str(word(finish(choice), refusal))));
    var usage = UsageWords.CHAT.value(usage());
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
        new Members()
            .put(
                "error",
                Members.of("message", sentence(failure))
                    .text("type", type)
                    .none("param")
                    .text("code", failure.cause().id())));
  }
}
