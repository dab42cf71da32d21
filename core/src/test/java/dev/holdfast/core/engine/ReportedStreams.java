package dev.holdfast.core.engine;

import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.StreamEvent;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.provider.Arguments;

/** Small streams after public bug reports, rebuilt with words of our own, and their outcome. */
final class ReportedStreams {
  /** {@return verdict, cause, text and calls, as one line} */
  static String run(String protocol, String body, RecoveryPolicy.Tools tools) {
    var policy =
        StreamPolicy.DEFAULT
            .withRetry(RetryPolicy.NONE)
            .withRecovery(RecoveryPolicy.DEFAULT.withTools(tools));
    var machine =
        new StreamMachine(
            new StreamPlan(new Speaking(protocol), "", Driven.PREFILL_THEN_ANCHOR, policy),
            new SplittableRandom(1));
    var seen = new Seen();
    seen.take(machine, new Signal.Begin());
    seen.take(machine, new Signal.HeadersArrived(1, new ResponseHead(200, Map.of()), 0));
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    seen.take(machine, new Signal.BytesArrived(1, ByteBuffer.wrap(bytes)));
    seen.take(machine, new Signal.EndOfBody(1));
    return seen.line();
  }

  private static final class Seen {
    private final StringBuilder text = new StringBuilder();
    private @Nullable Ending ending;

    void take(StreamMachine machine, Signal signal) {
      for (var action : machine.on(signal, 1_000_000, true)) {
        switch (action) {
          case Action.Deliver(StreamEvent.TextDelta delta) -> text.append(delta.text());
          case Action.Finish(var end) -> ending = end;
          default -> {}
        }
      }
    }

    String line() {
      var end = Objects.requireNonNull(ending);
      var failure = end.failure().orElse(null);
      String cause = failure == null ? "" : " " + failure.cause();
      String calls =
          end.toolCalls().stream()
              .map(call -> " " + call.name() + call.arguments())
              .collect(Collectors.joining());
      return end.verdict().name() + cause + " '" + text + "'" + calls;
    }
  }

  static String sse(String... documents) {
    return Arrays.stream(documents)
        .map(document -> "data: " + document + "\n\n")
        .collect(Collectors.joining());
  }

  static String chat(String finish, String... deltas) {
    return chatWithout(deltas)
        + sse(
            "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"%s\"}]}"
                .formatted(finish),
            "[DONE]");
  }

  static String chatWithout(String... deltas) {
    return Arrays.stream(deltas)
        .map(delta ->
            sse(
                "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":null}]}"
                    .formatted(delta)))
        .collect(Collectors.joining());
  }

  static String content(String text) {
    return "{\"content\":\"" + text + "\"}";
  }

  /** As the issue writes it: {@code -} is an absent member; arguments are JSON already. */
  static String tc(String index, String id, String name, String arguments) {
    var members = new StringBuilder("{\"tool_calls\":[{");
    String comma = "";
    if (!index.equals("-")) {
      members.append("\"index\":").append(index);
      comma = ",";
    }
    if (!id.equals("-")) {
      members.append(comma).append("\"id\":\"").append(id).append('"');
      comma = ",";
    }
    var function = new StringBuilder();
    if (!name.equals("-")) {
      function.append("\"name\":\"").append(name).append('"');
    }
    if (!arguments.equals("-")) {
      function.append(function.isEmpty() ? "" : ",").append("\"arguments\":").append(arguments);
    }
    return members + comma + "\"function\":{" + function + "}}]}";
  }

  /** {@return arguments as a piece of their text} */
  static String text(String json) {
    return '"' + json.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  static Arguments row(String name, String protocol, String expected, String body) {
    return Arguments.of(name, protocol, expected, body);
  }

  static String messages(String finish, String... events) {
    return sse("{\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"model\":\"m\"}}")
        + sse(events)
        + sse(
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\"}}".formatted(finish),
            "{\"type\":\"message_stop\"}");
  }

  static String block(int index, String id, String name) {
    return ("{\"type\":\"content_block_start\",\"index\":%d,\"content_block\":{\"type\":\"tool_use\","
            + "\"id\":\"%s\",\"name\":\"%s\",\"input\":{}}}")
        .formatted(index, id, name);
  }

  static String piece(int index, String escaped) {
    return ("{\"type\":\"content_block_delta\",\"index\":%d,\"delta\":{\"type\":\"input_json_delta\","
            + "\"partial_json\":\"%s\"}}")
        .formatted(index, escaped);
  }

  static String stop(int index) {
    return "{\"type\":\"content_block_stop\",\"index\":%d}".formatted(index);
  }

  static String responses(String status, String... events) {
    return sse("{\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}")
        + sse(events)
        + sse(
            "{\"type\":\"response.%s\",\"response\":{\"id\":\"r\",\"status\":\"%s\",\"output\":[],%s}}"
                .formatted(
                    status,
                    status,
                    "\"incomplete_details\":"
                        + (status.equals("incomplete")
                            ? "{\"reason\":\"max_output_tokens\"}"
                            : "null")));
  }

  static String added(int index, String item, String id, String name) {
    return done(index, item, id, name, "in_progress", "").replace("item.done", "item.added");
  }

  static String delta(int index, String item, String escaped) {
    return ("{\"type\":\"response.function_call_arguments.delta\",\"output_index\":%d,"
            + "\"item_id\":\"%s\",\"delta\":\"%s\"}")
        .formatted(index, item, escaped);
  }

  static String done(
      int index, String item, String id, String name, String status, String escaped) {
    return ("{\"type\":\"response.output_item.done\",\"output_index\":%d,\"item\":{\"type\":"
            + "\"function_call\",\"id\":\"%s\",\"call_id\":\"%s\",\"name\":\"%s\","
            + "\"status\":\"%s\",\"arguments\":\"%s\"}}")
        .formatted(index, item, id, name, status, escaped);
  }

  static String gemini(String finish, String... calls) {
    return Arrays.stream(calls)
            .map(call ->
                sse(
                    "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":%s}]}}]}"
                        .formatted(call)))
            .collect(Collectors.joining())
        + sse("{\"candidates\":[{\"finishReason\":\"%s\"}]}".formatted(finish));
  }

  static String cohere(String kind, int index, String id, String name, String... escaped) {
    return ("{\"type\":\"tool-call-%s\",\"index\":%d,\"delta\":{\"message\":{\"tool_calls\":{%s"
            + "\"function\":{%s\"arguments\":\"%s\"}}}}}")
        .formatted(kind, index, id, name, String.join("", escaped));
  }

  static String cohere(String finish, String... events) {
    return sse("{\"type\":\"message-start\",\"id\":\"m1\"}")
        + sse(events)
        + sse(
            "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"%s\"}}".formatted(finish),
            "[DONE]");
  }

  static String ollama(String reason, String function) {
    return """
    {"message":{"content":"","tool_calls":[{"function":%s}]},"done":false}
    {"message":{"content":""},"done":true,"done_reason":"%s"}
    """
        .formatted(function, reason);
  }

  static String dashScope(String finish, String function) {
    String call = "[{\"index\":0,\"id\":\"a\",\"function\":%s}]".formatted(function);
    String choice =
        "{\"output\":{\"choices\":[{\"message\":{\"content\":\"\",\"tool_calls\":%s},"
            + "\"finish_reason\":\"%s\"}]}}";
    return sse(choice.formatted(call, "null"), choice.formatted(call, finish));
  }

  static String interaction(String status, boolean closed) {
    return sse(
            "{\"event_type\":\"interaction.created\",\"interaction\":{\"id\":\"i\"}}",
            "{\"event_type\":\"step.start\",\"index\":0,\"step\":{\"type\":\"function_call\",\"id\":\"a\","
                + "\"name\":\"delete_all\"}}")
        + (closed ? sse("{\"event_type\":\"step.stop\",\"index\":0}") : "")
        + sse(
            "{\"event_type\":\"interaction.completed\",\"interaction\":{\"status\":\"%s\"}}"
                .formatted(status),
            "[DONE]");
  }

  static String chunk(String id, String model, String delta) {
    return sse(
        "{\"id\":\"%s\",\"model\":\"%s\",\"choices\":[{\"index\":0,\"delta\":%s}]}"
            .formatted(id, model, delta));
  }

  static String two(String id, String model, String id2, String model2, boolean role) {
    return chunk(id, model, "{\"role\":\"assistant\",\"content\":\"The sea \"}")
        + chunk(id, model, content("is ca"))
        + chunk(
            id2,
            model2,
            role ? "{\"role\":\"assistant\",\"content\":\"The sea \"}" : content("The sea "))
        + chunk(id2, model2, content("is calm."))
        + sse(
            "{\"id\":\"%s\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}"
                .formatted(id2),
            "[DONE]");
  }

  static String roleInEveryChunk(String... ids) {
    var body = new StringBuilder();
    char text = 'a';
    for (var id : ids) {
      body.append(chunk(id, "m", "{\"role\":\"assistant\",\"content\":\"" + text++ + "\"}"));
    }
    return body
        + sse("{\"id\":\"z\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
        + "\ndata: [DONE]\n\n";
  }

  private ReportedStreams() {}
}
