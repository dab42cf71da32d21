package dev.holdfast.core.engine;

import static dev.holdfast.core.engine.ReportedStreams.run;
import static dev.holdfast.core.engine.ReportedStreams.sse;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.policy.RecoveryPolicy;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * An answer with three calls, cut behind every event, then each finish that is not a natural one,
 * alone and beside others: no call is handed on that the model did not write.
 */
class CutCallFinishesTest {
  record Call(String name, String arguments) {}

  private static final List<Call> TRUTH =
      List.of(
          new Call("now", "{}"),
          new Call("rm", "{\"path\":\"notes/old\",\"list\":[1,{\"deep\":{}}],\"n\":12}"),
          new Call("delete_all", "{}"));

  private static final int PIECE = 5;

  private static List<String> pieces(String text) {
    var pieces = new ArrayList<String>();
    for (int at = 0; at < text.length(); at += PIECE) {
      pieces.add(text.substring(at, Math.min(text.length(), at + PIECE)));
    }
    return pieces;
  }

  private static String quoted(String text) {
    return new Json.Str(text).write();
  }

  /** A protocol: its head, the events of a call, and its ends. */
  enum Wire {
    CHAT(
        "openai-chat",
        "",
        "length content_filter error max_tokens_reached ran_out",
        "tool_calls",
        chatEnd("%s"),
        sse("[DONE]")) {
      @Override
      List<String> events(int index, Call call) {
        var events = new ArrayList<String>();
        events.add(
            chat(
                "{\"index\":%d,\"id\":\"c%d\",\"function\":{\"name\":%s,\"arguments\":\"\"}}"
                    .formatted(index, index, quoted(call.name()))));
        for (String piece : pieces(call.arguments())) {
          events.add(
              chat(
                  "{\"index\":%d,\"function\":{\"arguments\":%s}}"
                      .formatted(index, quoted(piece))));
        }
        return events;
      }
    },
    CHAT_OPENED_BY_OBJECT(
        "openai-chat",
        "",
        "length content_filter error",
        "tool_calls",
        chatEnd("%s"),
        sse("[DONE]")) {
      @Override
      List<String> events(int index, Call call) {
        var events = new ArrayList<>(CHAT.events(index, call));
        events.set(0, events.getFirst().replace("\"arguments\":\"\"", "\"arguments\":\"{}\""));
        return call.arguments().equals("{}") ? events.subList(0, 1) : events;
      }
    },
    MESSAGES(
        "anthropic-messages",
        sse("{\"type\":\"message_start\",\"message\":{\"id\":\"m\",\"model\":\"m\"}}"),
        "max_tokens refusal pause_turn model_context_window_exceeded error",
        "tool_use",
        sse("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\"}}"),
        sse("{\"type\":\"message_stop\"}")) {
      @Override
      List<String> events(int index, Call call) {
        var events = new ArrayList<String>();
        events.add(
            sse(
                "{\"type\":\"content_block_start\",\"index\":%d,\"content_block\":{\"type\":\"tool_use\",\"id\":\"c%d\",\"name\":%s,\"input\":{}}}"
                    .formatted(index, index, quoted(call.name()))));
        for (String piece :
            call.arguments().equals("{}") ? List.of("") : pieces(call.arguments())) {
          events.add(
              sse(
                  "{\"type\":\"content_block_delta\",\"index\":%d,\"delta\":{\"type\":\"input_json_delta\",\"partial_json\":%s}}"
                      .formatted(index, quoted(piece))));
        }
        events.add(sse("{\"type\":\"content_block_stop\",\"index\":" + index + "}"));
        return events;
      }
    },
    RESPONSES(
        "openai-responses",
        sse("{\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}"),
        "max_output_tokens content_filter other",
        "",
        sse(
            "{\"type\":\"response.incomplete\",\"response\":{\"id\":\"r\",\"status\":\"incomplete\",\"output\":[],\"incomplete_details\":{\"reason\":\"%s\"}}}"),
        "") {
      @Override
      List<String> events(int index, Call call) {
        String item =
            "{\"type\":\"response.output_item.%s\",\"output_index\":%d,\"item\":{\"type\":\"function_call\",\"id\":\"i%d\",\"call_id\":\"c%d\",\"name\":%s,\"status\":\"%s\",\"arguments\":%s}}";
        var events = new ArrayList<String>();
        events.add(
            sse(
                item.formatted(
                    "added", index, index, index, quoted(call.name()), "in_progress", "\"\"")));
        for (String piece : pieces(call.arguments())) {
          events.add(
              sse(
                  "{\"type\":\"response.function_call_arguments.delta\",\"output_index\":%d,\"item_id\":\"i%d\",\"delta\":%s}"
                      .formatted(index, index, quoted(piece))));
        }
        events.add(
            sse(
                item.formatted(
                    "done",
                    index,
                    index,
                    index,
                    quoted(call.name()),
                    "completed",
                    quoted(call.arguments()))));
        return events;
      }
    },
    GEMINI(
        "gemini-sse",
        "",
        "MAX_TOKENS SAFETY MALFORMED_FUNCTION_CALL UNEXPECTED_TOOL_CALL OTHER",
        "STOP",
        sse("{\"candidates\":[{\"finishReason\":\"%s\"}]}"),
        "") {
      @Override
      List<String> events(int index, Call call) {
        String chunk = "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":%s}]}}]}";
        if (call.arguments().equals("{}")) {
          return List.of(
              sse(chunk.formatted("{\"name\":" + quoted(call.name()) + ",\"args\":{}}")));
        }
        String open = "\"willContinue\":true";
        return Stream.of(
                "{\"name\":" + quoted(call.name()) + "," + open + "}",
                partial("$.path", "\"stringValue\":\"notes\"," + open, open),
                partial("$.path", "\"stringValue\":\"/old\"", open),
                partial("$.list[0]", "\"numberValue\":1", open),
                partial("$.list[1].deep", "\"nullValue\":null", open),
                partial("$.n", "\"numberValue\":12", open),
                "{}")
            .map(piece -> sse(chunk.formatted(piece)))
            .toList();
      }
    },
    COHERE(
        "cohere-v2",
        sse("{\"type\":\"message-start\",\"id\":\"m\"}"),
        "MAX_TOKENS ERROR TIMEOUT STOP_SEQUENCE",
        "TOOL_CALL",
        sse("{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"%s\"}}"),
        sse("[DONE]")) {
      @Override
      List<String> events(int index, Call call) {
        String event =
            "{\"type\":\"tool-call-%s\",\"index\":%d,\"delta\":{\"message\":{\"tool_calls\":{%s\"function\":{%s\"arguments\":%s}}}}}";
        var events = new ArrayList<String>();
        events.add(
            sse(
                event.formatted(
                    "start",
                    index,
                    "\"id\":\"c" + index + "\",",
                    "\"name\":" + quoted(call.name()) + ",",
                    "\"\"")));
        for (String piece : pieces(call.arguments())) {
          events.add(sse(event.formatted("delta", index, "", "", quoted(piece))));
        }
        events.add(sse("{\"type\":\"tool-call-end\",\"index\":" + index + "}"));
        return events;
      }
    },
    INTERACTIONS(
        "gemini-interactions",
        sse("{\"event_type\":\"interaction.created\",\"interaction\":{\"id\":\"i\"}}"),
        "incomplete failed cancelled budget_exceeded",
        "requires_action",
        sse(
            "{\"event_type\":\"interaction.completed\",\"interaction\":{\"id\":\"i\",\"status\":\"%s\"}}"),
        sse("[DONE]")) {
      @Override
      List<String> events(int index, Call call) {
        var events = new ArrayList<String>();
        events.add(
            sse(
                "{\"event_type\":\"step.start\",\"index\":%d,\"step\":{\"type\":\"function_call\",\"id\":\"c%d\",\"name\":%s}}"
                    .formatted(index, index, quoted(call.name()))));
        for (String piece : pieces(call.arguments())) {
          events.add(
              sse(
                  "{\"event_type\":\"step.delta\",\"index\":%d,\"delta\":{\"type\":\"arguments_delta\",\"arguments\":%s}}"
                      .formatted(index, quoted(piece))));
        }
        events.add(sse("{\"event_type\":\"step.stop\",\"index\":" + index + "}"));
        return events;
      }
    },
    OLLAMA(
        "ollama-chat",
        "",
        "length error load",
        "stop",
        "{\"message\":{\"content\":\"\"},\"done\":true,\"done_reason\":\"%s\"}\n",
        "") {
      @Override
      List<String> events(int index, Call call) {
        return List.of(
            "{\"message\":{\"content\":\"\",\"tool_calls\":[{\"function\":{\"name\":%s,\"arguments\":%s}}]},\"done\":false}\n"
                .formatted(quoted(call.name()), call.arguments()));
      }
    },
    DASHSCOPE(
        "dashscope-incremental",
        "",
        "length content_filter ran_out",
        "tool_calls",
        sse(
            "{\"output\":{\"choices\":[{\"message\":{\"content\":\"\"},\"finish_reason\":\"%s\"}]}}"),
        "") {
      @Override
      List<String> events(int index, Call call) {
        return CHAT.events(index, call).stream()
            .map(event ->
                event
                    .replace("{\"id\":\"c1\",\"choices\"", "{\"output\":{\"choices\"")
                    .replace("\"delta\"", "\"message\"")
                    .replace("\"finish_reason\":null}]}", "\"finish_reason\":\"null\"}]}}"))
            .toList();
      }
    };

    private final String id;
    private final String head;
    private final String early;
    private final String natural;
    private final String finish;
    private final String close;

    Wire(String id, String head, String early, String natural, String finish, String close) {
      this.id = id;
      this.head = head;
      this.early = early;
      this.natural = natural;
      this.finish = finish;
      this.close = close;
    }

    abstract List<String> events(int index, Call call);

    /** {@return what may follow a cut: no finish at all, and every early one alone or doubled} */
    List<String> ends() {
      var ends = new ArrayList<>(List.of("", close));
      for (String reason : early.split(" ", -1)) {
        ends.add(finish.formatted(reason));
        ends.add(finish.formatted(reason) + close);
        ends.add(finish.formatted(reason) + finish.formatted(reason) + close);
        if (!natural.isEmpty()) {
          ends.add(finish.formatted(reason) + finish.formatted(natural) + close);
          ends.add(finish.formatted(natural) + finish.formatted(reason) + close);
        }
      }
      return ends;
    }
  }

  private static String chat(String call) {
    return sse(
        "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[%s]},\"finish_reason\":null}]}"
            .formatted(call));
  }

  private static String chatEnd(String reason) {
    return sse(
        "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"%s\"}]}"
            .formatted(reason));
  }

  /** A Gemini null in the place of an empty object: paths lead to values only. */
  private static String written(Wire wire, Call call) {
    return wire == Wire.GEMINI
        ? call.name() + call.arguments().replace("{\"deep\":{}}", "{\"deep\":null}")
        : call.name() + call.arguments();
  }

  private static String partial(String path, String value, String open) {
    return "{\"partialArgs\":[{\"jsonPath\":\"" + path + "\"," + value + "}]," + open + "}";
  }

  @ParameterizedTest
  @EnumSource(Wire.class)
  void noCallIsHandedOnThatTheModelDidNotWrite(Wire wire) {
    var events = new ArrayList<String>();
    var truths = new ArrayList<String>();
    for (Call call : TRUTH) {
      events.addAll(wire.events(truths.size(), call));
      truths.add(written(wire, call));
    }
    String all = truths.stream().map(call -> " " + call).collect(Collectors.joining());
    if (!wire.natural.isEmpty()) {
      String whole = wire.finish.formatted(wire.natural) + wire.close;
      assertThat(run(wire.id, wire.head + String.join("", events) + whole, whole()))
          .isEqualTo("COMPLETE ''" + all);
    }
    for (int cut = 0; cut <= events.size(); cut++) {
      String body = wire.head + String.join("", events.subList(0, cut));
      for (String end : wire.ends()) {
        for (var tools : RecoveryPolicy.Tools.values()) {
          String line = run(wire.id, body + end, tools);
          String calls = line.substring(line.indexOf("''") + 2);
          assertThat(isSome(calls, truths)).as("%s after %s, then %s", line, cut, end).isTrue();
        }
      }
    }
  }

  private static RecoveryPolicy.Tools whole() {
    return RecoveryPolicy.Tools.WHOLE;
  }

  /** Whether a line lists some of these calls, in their order and unchanged. */
  private static boolean isSome(String calls, List<String> truths) {
    String left = calls;
    for (String truth : truths) {
      left = left.startsWith(" " + truth) ? left.substring(truth.length() + 1) : left;
    }
    return left.isEmpty();
  }
}
