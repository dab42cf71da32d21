package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Small streams after public bug reports of other projects, rebuilt with words of our own: what the
 * engine makes of each in one attempt.
 */
class ReportedStreamsTest {
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
      var failure = end.failure();
      String cause = failure == null ? "" : " " + failure.cause();
      String calls =
          end.toolCalls().stream()
              .map(call -> " " + call.name() + call.arguments())
              .collect(Collectors.joining());
      return end.verdict().name() + cause + " '" + text + "'" + calls;
    }
  }

  // ---------------------------------------------------------------- how bodies are written

  private static String sse(String... documents) {
    return Arrays.stream(documents)
        .map(document -> "data: " + document + "\n\n")
        .collect(Collectors.joining());
  }

  private static String chat(String finish, String... deltas) {
    return chatWithout(deltas)
        + sse(
            "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"%s\"}]}"
                .formatted(finish),
            "[DONE]");
  }

  private static String chatWithout(String... deltas) {
    return Arrays.stream(deltas)
        .map(delta ->
            sse(
                "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":null}]}"
                    .formatted(delta)))
        .collect(Collectors.joining());
  }

  private static String content(String text) {
    return "{\"content\":\"" + text + "\"}";
  }

  /** As the issue writes it: {@code -} is an absent member; arguments are JSON already. */
  private static String tc(String index, String id, String name, String arguments) {
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
  private static String text(String json) {
    return '"' + json.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private static Arguments row(String name, String protocol, String expected, String body) {
    return Arguments.of(name, protocol, expected, body);
  }

  // ---------------------------------------------------------------- whose a fragment is

  static Stream<Arguments> fragments() {
    String chat = "openai-chat";
    return Stream.of(
        row(
            "an index used again, then one of no call",
            chat,
            "COMPLETE '' lookup{\"city\":\"Oslo\"} lookup{\"city\":\"Bonn\"}",
            chat(
                "tool_calls",
                tc("0", "call_one", "lookup", text("")),
                tc("0", "-", "-", text("{\"city\":\"Oslo\"}")),
                tc("0", "call_two", "lookup", text("")),
                tc("1", "-", "-", text("{\"city\":\"Bonn\"}")))),
        row(
            "an index that counts pieces",
            chat,
            "COMPLETE '' read_file{\"path\":\"notes.md\"}",
            chat(
                "tool_calls",
                tc("0", "call_one", "read_file", text("")),
                tc("1", "-", "-", text("{\"path\":")),
                tc("2", "-", "-", text("\"notes.md\"}")))),
        row(
            "a name again after whole arguments",
            chat,
            "COMPLETE '' get{\"q\":\"x\"} get{\"q\":\"y\"}",
            chat(
                "tool_calls",
                tc("0", "-", "get", text("{\"q\":\"x\"}")),
                tc("0", "-", "get", text("{\"q\":\"y\"}")))),
        row(
            "a name again, then its arguments",
            chat,
            "COMPLETE '' get{\"q\":\"x\"} get{\"q\":\"y\"}",
            chat(
                "tool_calls",
                tc("0", "-", "get", text("{\"q\":\"x\"}")),
                tc("0", "-", "get", text("")),
                tc("0", "-", "-", text("{\"q\":")),
                tc("0", "-", "-", text("\"y\"}")))),
        row(
            "a name on every fragment",
            chat,
            "COMPLETE '' get{\"q\":\"x\"}",
            chat(
                "tool_calls",
                tc("0", "-", "get", text("")),
                tc("0", "-", "get", text("{\"q\":")),
                tc("0", "-", "get", text("\"x\"}")),
                tc("0", "-", "get", text("")))),
        row(
            "snapshots",
            chat,
            "COMPLETE '' find{\"q\":\"tide\",\"n\":3}",
            chat(
                "tool_calls",
                tc("0", "call_k", "find", text("{\"q\":")),
                tc("0", "call_k", "-", text("{\"q\":\"tide\",")),
                tc("0", "call_k", "-", text("{\"q\":\"tide\",\"n\":3}")))),
        row(
            "snapshots with the name on each, the last one twice",
            chat,
            "COMPLETE '' find{\"q\":\"tide\"}",
            chat(
                "tool_calls",
                tc("0", "-", "find", text("{\"q\":")),
                tc("0", "-", "find", text("{\"q\":\"tide\"}")),
                tc("0", "-", "find", text("{\"q\":\"tide\"}")))),
        row(
            "snapshots cut",
            chat,
            "TRUNCATED malformed-json ''",
            chat(
                "tool_calls",
                tc("0", "call_k", "find", text("{\"q\":")),
                tc("0", "call_k", "-", text("{\"q\":\"ti")))),
        row(
            "a known id beats the index",
            chat,
            "COMPLETE '' f{\"a\":1} g{\"b\":2}",
            chat(
                "tool_calls",
                tc("0", "call_a", "f", text("{\"a\":")),
                tc("1", "call_b", "g", text("{\"b\":")),
                tc("1", "call_a", "-", text("1}")),
                tc("0", "call_b", "-", text("2}")))),
        row(
            "one index for two calls that take turns, with ids",
            chat,
            "COMPLETE '' f{\"a\":1} g{\"b\":2}",
            chat(
                "tool_calls",
                tc("0", "call_a", "f", text("{\"a\":")),
                tc("0", "call_b", "g", text("{\"b\":")),
                tc("0", "call_a", "-", text("1}")),
                tc("0", "call_b", "-", text("2}")))),
        row(
            "one index for two calls that take turns, without",
            chat,
            "FAILED protocol-violation ''",
            chat(
                "tool_calls",
                tc("0", "call_a", "f", text("{\"a\":")),
                tc("0", "call_b", "g", text("{\"b\":")),
                tc("0", "-", "-", text("1}")),
                tc("0", "-", "-", text("2}")))),
        row(
            "two calls opened at one index, arguments of one",
            chat,
            "FAILED protocol-violation ''",
            chat(
                "tool_calls",
                tc("0", "call_a", "f", text("")),
                tc("0", "call_b", "g", text("")),
                tc("0", "-", "-", text("{\"a\":1}")))),
        row(
            "two calls without arguments at one index",
            chat,
            "COMPLETE '' f{} g{}",
            chat("tool_calls", tc("0", "call_a", "f", text("")), tc("0", "call_b", "g", text("")))),
        row(
            "an index that stays with the first call",
            chat,
            "COMPLETE '' f{\"a\":1} g{\"b\":2}",
            chat(
                "tool_calls",
                tc("0", "call_a", "f", text("{\"a\":1}")),
                tc("1", "call_b", "g", text("")),
                tc("0", "-", "-", text("{\"b\":")),
                tc("1", "-", "-", text("2}")))),
        row(
            "one id for all calls",
            chat,
            "COMPLETE '' f{\"a\":1} f{\"a\":2} g{}",
            chat(
                "tool_calls",
                tc("0", "x", "f", text("{\"a\":1}")),
                tc("1", "x", "f", text("{\"a\":2}")),
                tc("2", "x", "g", text("{}")))),
        row(
            "an id of its own for every piece",
            chat,
            "COMPLETE '' f{\"a\":1}",
            chat(
                "tool_calls",
                tc("0", "r1", "f", text("{\"a\"")),
                tc("0", "r2", "-", text(":1")),
                tc("0", "r3", "f", text("}")))),
        row(
            "no index and no id",
            chat,
            "COMPLETE '' f{\"a\":1} f{\"a\":2}",
            chat(
                "tool_calls",
                tc("-", "-", "f", text("{\"a\":1}")),
                tc("-", "-", "f", text("{\"a\":")),
                tc("-", "-", "-", text("2}")))),
        row(
            "no index, ids",
            chat,
            "COMPLETE '' f{\"a\":1} g{\"b\":2}",
            chat(
                "tool_calls",
                tc("-", "call_a", "f", text("{\"a\":")),
                tc("-", "call_b", "g", text("{\"b\":")),
                tc("-", "call_a", "-", text("1}")),
                tc("-", "call_b", "-", text("2}")))),
        row(
            "arguments as an object",
            chat,
            "COMPLETE '' f{\"a\":1}",
            chat("tool_calls", tc("0", "call_a", "f", "{\"a\":1}"))),
        row(
            "opened with an empty object",
            chat,
            "COMPLETE '' f{\"a\":1} g{}",
            chat(
                "tool_calls",
                tc("0", "call_a", "f", "{}"),
                tc("0", "-", "-", text("{\"a\":")),
                tc("0", "-", "-", text("1}")),
                tc("1", "call_b", "g", text("{}")))),
        row(
            "opened with an empty object, then the name again",
            chat,
            "FAILED protocol-violation ''",
            chat("tool_calls", tc("0", "-", "f", "{}"), tc("0", "-", "f", text("{\"a\":1}")))),
        row(
            "never named",
            chat,
            "FAILED protocol-violation ''",
            chat("tool_calls", tc("0", "call_a", "-", text("{\"a\":1}")))),
        row(
            "named late",
            chat,
            "COMPLETE '' f{\"a\":1}",
            chat(
                "tool_calls",
                tc("0", "call_a", "-", text("{\"a\":")),
                tc("0", "-", "f", text("1}")))),
        row(
            "two values in one call",
            chat,
            "TRUNCATED malformed-json ''",
            chat("tool_calls", tc("0", "call_a", "f", text("{\"a\":1}{\"b\":2}")))),
        row(
            "two values in two pieces",
            chat,
            "TRUNCATED malformed-json ''",
            chat(
                "tool_calls",
                tc("0", "call_a", "f", text("{\"a\":1}")),
                tc("0", "-", "-", text("{\"b\":2}")))),
        row(
            "cut without a limit",
            chat,
            "TRUNCATED malformed-json ''",
            chat(
                "tool_calls",
                tc("0", "call_t", "save", text("")),
                tc("0", "-", "-", text("{\"title\":\"Long")))),
        row(
            "a piece of a block that was never opened",
            "anthropic-messages",
            "FAILED protocol-violation ''",
            messages(
                "tool_use",
                "{\"type\":\"content_block_delta\",\"index\":1,\"delta\":"
                    + "{\"type\":\"input_json_delta\",\"partial_json\":\"{}\"}}")),
        row(
            "pieces with the index of no block while one is open",
            "anthropic-messages",
            "COMPLETE '' f{\"a\":1}",
            messages("tool_use", block(0, "t1", "f"), piece(1, "{\\\"a\\\":1}"), stop(0))),
        row(
            "a piece of a block that is closed",
            "anthropic-messages",
            "FAILED protocol-violation ''",
            messages(
                "tool_use",
                block(0, "t1", "f"),
                piece(0, "{\\\"a\\\":1}"),
                stop(0),
                piece(0, "{\\\"b\\\":1}"))),
        row(
            "a block index used again",
            "anthropic-messages",
            "COMPLETE '' f{\"a\":1} g{\"b\":1}",
            messages(
                "tool_use",
                block(0, "t1", "f"),
                piece(0, "{\\\"a\\\":1}"),
                block(0, "t2", "g"),
                piece(0, "{\\\"b\\\":1}"),
                stop(0))),
        row(
            "a block index used again before any argument",
            "anthropic-messages",
            "FAILED protocol-violation ''",
            messages(
                "tool_use",
                block(0, "t1", "f"),
                block(0, "t2", "g"),
                piece(0, "{\\\"b\\\":1}"),
                stop(0))),
        row(
            "snapshots in a block",
            "anthropic-messages",
            "COMPLETE '' f{\"a\":1}",
            messages(
                "tool_use",
                block(0, "t1", "f"),
                piece(0, "{\\\"a\\\":"),
                piece(0, "{\\\"a\\\":1}"),
                stop(0))),
        row(
            "pieces of a call whose beginning was lost",
            "gemini-sse",
            "FAILED protocol-violation ''",
            gemini("STOP", "{\"partialArgs\":[{\"jsonPath\":\"$.a\",\"numberValue\":1}]}")),
        row(
            "an item added at an index whose item is done",
            "openai-responses",
            "COMPLETE '' f{\"a\":1} g{\"b\":1}",
            responses(
                "completed",
                added(0, "i1", "call_a", "f"),
                delta(0, "i1", "{\\\"a\\\":1}"),
                done(0, "i1", "call_a", "f", "completed", "{\\\"a\\\":1}"),
                added(0, "i2", "call_b", "g"),
                delta(0, "i2", "{\\\"b\\\":1}"),
                done(0, "i2", "call_b", "g", "completed", "{\\\"b\\\":1}"))),
        row(
            "two items at one index that take turns",
            "openai-responses",
            "COMPLETE '' f{\"a\":1} g{\"b\":1}",
            responses(
                "completed",
                added(0, "i1", "call_a", "f"),
                added(0, "i2", "call_b", "g"),
                delta(0, "i2", "{\\\"b\\\":1}"),
                delta(0, "i1", "{\\\"a\\\":1}"),
                done(0, "i2", "call_b", "g", "completed", "{\\\"b\\\":1}"),
                done(0, "i1", "call_a", "f", "completed", "{\\\"a\\\":1}"))),
        row(
            "an item whose id changes from event to event",
            "openai-responses",
            "COMPLETE '' f{\"a\":1} g{\"b\":1}",
            responses(
                "completed",
                added(0, "x1", "call_a", "f"),
                added(1, "x2", "call_b", "g"),
                delta(1, "x3", "{\\\"b\\\":1}"),
                delta(0, "x4", "{\\\"a\\\":1}"),
                done(0, "x5", "call_a", "f", "completed", "{\\\"a\\\":1}"),
                done(1, "x6", "call_b", "g", "completed", "{\\\"b\\\":1}"))),
        row(
            "pieces with the index of no item",
            "openai-responses",
            "COMPLETE '' f{\"a\":1}",
            responses("completed", added(0, "", "call_a", "f"), delta(1, "", "{\\\"a\\\":1}"))),
        row(
            "pieces of an item whose beginning was lost",
            "openai-responses",
            "FAILED protocol-violation ''",
            responses("completed", delta(0, "i1", "{\\\"a\\\":1}"))),
        row(
            "an input that is no JSON",
            "openai-responses",
            "COMPLETE '' patch*** Begin",
            responses(
                "completed",
                done(0, "i1", "call_a", "patch", "completed", "*** Begin")
                    .replace("function_call", "custom_tool_call")
                    .replace("arguments", "input"))),
        row(
            "a start with the index of another call",
            "cohere-v2",
            "COMPLETE '' f{\"a\":1} g{\"b\":1}",
            cohere(
                "TOOL_CALL",
                cohere("start", 0, "\"id\":\"a\",", "\"name\":\"f\","),
                cohere("delta", 0, "", "", "{\\\"a\\\":1}"),
                cohere("start", 0, "\"id\":\"b\",", "\"name\":\"g\","),
                cohere("delta", 0, "", "", "{\\\"b\\\":1}"),
                "{\"type\":\"tool-call-end\",\"index\":0}")));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("fragments")
  void everyFragmentBelongsToOneCall(String name, String protocol, String expected, String body) {
    assertThat(run(protocol, body, RecoveryPolicy.Tools.WHOLE)).isEqualTo(expected);
  }

  // ---------------------------------------------------------------- whether a call is whole

  static Stream<Arguments> limits() {
    String open = "{\"name\":\"rm\",\"willContinue\":true}";
    String path =
        "{\"partialArgs\":[{\"jsonPath\":\"$.path\",\"stringValue\":\"notes/old\",\"willContinue\":"
            + "true}],\"willContinue\":true}";
    String number =
        "{\"partialArgs\":[{\"jsonPath\":\"$.n\",\"numberValue\":1}],\"willContinue\":true}";
    return Stream.of(
        row(
            "chat, nothing but the name",
            "openai-chat",
            "COMPLETE ''",
            chat("length", tc("0", "a", "delete_all", text("")))),
        row(
            "chat, an empty object",
            "openai-chat",
            "COMPLETE ''",
            chat("length", tc("0", "a", "delete_all", text("{}")))),
        row(
            "chat, filtered",
            "openai-chat",
            "COMPLETE ''",
            chat("content_filter", tc("0", "a", "delete_all", text("")))),
        row(
            "chat, arguments that are closed",
            "openai-chat",
            "COMPLETE '' f{\"a\":1}",
            chat("length", tc("0", "a", "f", text("{\"a\":1}")))),
        row(
            "chat, the call before the last one",
            "openai-chat",
            "COMPLETE '' f{}",
            chat("length", tc("0", "a", "f", text("{}")), tc("1", "b", "g", text("{\"a")))),
        row(
            "chat, a router's own word for the limit",
            "openai-chat",
            "COMPLETE ''",
            chatWithout(tc("0", "a", "delete_all", text("")))
                + sse(
                    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\","
                        + "\"native_finish_reason\":\"max_tokens\"}]}",
                    "[DONE]")),
        row(
            "chat, an unknown finish",
            "openai-chat",
            "TRUNCATED malformed-json ''",
            chat("ran_out", tc("0", "a", "delete_all", text("")))),
        row(
            "chat, natural",
            "openai-chat",
            "COMPLETE '' now{}",
            chat("tool_calls", tc("0", "a", "now", text("")))),
        row(
            "messages, no input",
            "anthropic-messages",
            "COMPLETE ''",
            messages("max_tokens", block(0, "t1", "delete_all"), stop(0))),
        row(
            "messages, not even closed",
            "anthropic-messages",
            "COMPLETE ''",
            messages("max_tokens", block(0, "t1", "delete_all"))),
        row(
            "messages, not closed before a natural finish",
            "anthropic-messages",
            "TRUNCATED malformed-json ''",
            messages("tool_use", block(0, "t1", "delete_all"))),
        row(
            "messages, closed",
            "anthropic-messages",
            "COMPLETE '' now{}",
            messages("tool_use", block(0, "t1", "now"), stop(0))),
        row(
            "gemini, a string that was to continue",
            "gemini-sse",
            "COMPLETE ''",
            gemini("MAX_TOKENS", open, path)),
        row(
            "gemini, the same in a malformed call",
            "gemini-sse",
            "TRUNCATED malformed-json ''",
            gemini("MALFORMED_FUNCTION_CALL", open, path)),
        row(
            "gemini, the same before a stop",
            "gemini-sse",
            "TRUNCATED malformed-json ''",
            gemini("STOP", open, path)),
        row(
            "gemini, a call that was to continue",
            "gemini-sse",
            "COMPLETE ''",
            gemini("MAX_TOKENS", open, number)),
        row(
            "gemini, a call that nothing was missing of",
            "gemini-sse",
            "COMPLETE '' rm{\"n\":1}",
            gemini("STOP", open, number)),
        row(
            "gemini, closed before the limit",
            "gemini-sse",
            "COMPLETE '' rm{\"n\":1}",
            gemini("MAX_TOKENS", open, number, "{}")),
        row(
            "gemini, an empty call at the limit",
            "gemini-sse",
            "COMPLETE ''",
            gemini("MAX_TOKENS", "{\"name\":\"delete_all\",\"args\":{}}")),
        row(
            "cohere, at the limit",
            "cohere-v2",
            "COMPLETE ''",
            cohere("MAX_TOKENS", cohere("start", 0, "\"id\":\"a\",", "\"name\":\"delete_all\","))),
        row(
            "cohere, not closed",
            "cohere-v2",
            "TRUNCATED malformed-json ''",
            cohere("TOOL_CALL", cohere("start", 0, "\"id\":\"a\",", "\"name\":\"delete_all\","))),
        row(
            "ollama, at the limit",
            "ollama-chat",
            "COMPLETE ''",
            ollama("length", "{\"name\":\"delete_all\",\"arguments\":{}}")),
        row(
            "ollama, without arguments or a reason",
            "ollama-chat",
            "COMPLETE '' now{}",
            ollama("", "{\"name\":\"now\"}")),
        row(
            "dashscope, at the limit",
            "dashscope-incremental",
            "COMPLETE ''",
            dashScope("length", "{\"name\":\"delete_all\",\"arguments\":\"\"}")),
        row(
            "dashscope, natural",
            "dashscope-cumulative",
            "COMPLETE '' now{}",
            dashScope("tool_calls", "{\"name\":\"now\",\"arguments\":\"{}\"}")),
        row(
            "responses, an item that is incomplete",
            "openai-responses",
            "COMPLETE ''",
            responses(
                "incomplete",
                added(0, "i1", "call_a", "delete_all"),
                done(0, "i1", "call_a", "delete_all", "incomplete", ""))),
        row(
            "responses, an incomplete item whose arguments look whole",
            "openai-responses",
            "COMPLETE ''",
            responses(
                "incomplete",
                added(0, "i1", "call_a", "rm"),
                done(0, "i1", "call_a", "rm", "incomplete", "{\\\"a\\\":1}"))),
        row(
            "responses, an incomplete item in a response that is complete",
            "openai-responses",
            "TRUNCATED malformed-json ''",
            responses(
                "completed",
                added(0, "i1", "call_a", "rm"),
                done(0, "i1", "call_a", "rm", "incomplete", "{\\\"a\\\":1}"))),
        row(
            "responses, not done before the limit",
            "openai-responses",
            "COMPLETE ''",
            responses("incomplete", added(0, "i1", "call_a", "delete_all"))),
        row(
            "responses, never done",
            "openai-responses",
            "TRUNCATED malformed-json ''",
            responses("completed", added(0, "i1", "call_a", "delete_all"))),
        row(
            "responses, done without arguments",
            "openai-responses",
            "COMPLETE '' now{}",
            responses(
                "completed",
                added(0, "i1", "call_a", "now"),
                done(0, "i1", "call_a", "now", "completed", ""))),
        row(
            "responses, an input of any form at the limit",
            "openai-responses",
            "COMPLETE ''",
            responses(
                "incomplete",
                done(0, "i1", "call_a", "patch", "completed", "*** Be")
                    .replace("function_call", "custom_tool_call")
                    .replace("arguments", "input"))),
        row(
            "interactions, at the limit",
            "gemini-interactions",
            "COMPLETE ''",
            interaction("incomplete", true)),
        row(
            "interactions, not closed",
            "gemini-interactions",
            "TRUNCATED malformed-json ''",
            interaction("requires_action", false)),
        row(
            "interactions, closed",
            "gemini-interactions",
            "COMPLETE '' delete_all{}",
            interaction("requires_action", true)));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("limits")
  void aCutCallIsNeverHandedOn(String name, String protocol, String expected, String body) {
    assertThat(run(protocol, body, RecoveryPolicy.Tools.WHOLE)).isEqualTo(expected);
    // Fragments that were handed on change neither the verdict nor the whole calls.
    assertThat(run(protocol, body, RecoveryPolicy.Tools.LIVE)).isEqualTo(expected);
  }

  // ---------------------------------------------------------------- failures in disguise

  static Stream<Arguments> failures() {
    String first = "{\"role\":\"assistant\",\"content\":\"The first thr\"}";
    String disconnected =
        "{\"error\":{\"message\":\"stream error: stream disconnected before completion\","
            + "\"type\":\"invalid_request_error\"}}";
    return Stream.of(
        row(
            "a router translated an error to a stop",
            "openai-chat",
            "FAILED provider-error 'The first thr'",
            chatWithout(first)
                + sse(
                    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"\"},"
                        + "\"finish_reason\":\"stop\",\"native_finish_reason\":\"error\"}]}",
                    "[DONE]")),
        row(
            "two answers, another model",
            "openai-chat",
            "FAILED protocol-violation 'The sea is ca'",
            two("c1", "m1", "c2", "m2", false)),
        row(
            "two answers, a second role",
            "openai-chat",
            "FAILED protocol-violation 'The sea is ca'",
            two("c1", "m1", "c2", "m1", true)),
        row(
            "the same answer, another id only",
            "openai-chat",
            "COMPLETE 'The sea is caThe sea is calm.'",
            two("c1", "m1", "c2", "m1", false)),
        row(
            "the same answer, a role in every chunk and an id for each",
            "openai-chat",
            "COMPLETE 'abc'",
            roleInEveryChunk("c1", "c2", "c3")),
        row(
            "two answers whose first chunks look like that",
            "openai-chat",
            "FAILED protocol-violation 'ab'",
            roleInEveryChunk("c1", "c2")
                .replace("\ndata: [DONE]\n", "")
                .replaceFirst(
                    "data: \\{\"id\":\"z\"",
                    "data: {\"id\":\"c2\",\"model\":\"m\",\"choices\":[{"
                        + "\"index\":0,\"delta\":{\"content\":\"c\"}}]}\n\ndata: {\"id\":\"z\"")),
        row(
            "a cut that blames the request",
            "openai-chat",
            "FAILED provider-error 'The sea'",
            chatWithout(content("The "), content("sea")) + sse(disconnected)),
        row(
            "a request that is blamed before any content",
            "openai-chat",
            "FAILED rejected ''",
            sse(disconnected)),
        row(
            "a filter that steps in after content",
            "openai-chat",
            "FAILED rejected 'The '",
            chatWithout(content("The "))
                + sse(disconnected.replace("\"type\"", "\"code\":\"content_filter\",\"type\""))),
        row(
            "a cut that blames the request by its status",
            "openai-chat",
            "FAILED provider-error 'The '",
            chatWithout(content("The ")) + sse("{\"error\":{\"code\":400,\"message\":\"cut\"}}")),
        row(
            "messages, a cut that blames the request",
            "anthropic-messages",
            "FAILED provider-error 'Hi'",
            messages(
                "end_turn",
                "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\",\"text\":"
                    + "\"Hi\"}}",
                "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":\"cut\"}}")),
        row(
            "responses, a cut that blames the request",
            "openai-responses",
            "FAILED provider-error 'Hi'",
            sse(
                "{\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}",
                "{\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}",
                "{\"type\":\"error\",\"code\":\"invalid_request_error\",\"message\":\"cut\"}")),
        row(
            "the text twice in one choice",
            "openai-completions",
            "COMPLETE 'Hi there.'",
            sse(
                "{\"choices\":[{\"index\":0,\"text\":\"Hi \",\"delta\":{\"content\":\"Hi \"}}]}",
                "{\"choices\":[{\"index\":0,\"text\":\"there.\",\"delta\":{\"content\":\"there.\"},"
                    + "\"finish_reason\":\"stop\"}]}",
                "[DONE]")),
        row(
            "a delta alone in a completion",
            "openai-completions",
            "COMPLETE 'Hi'",
            sse(
                "{\"choices\":[{\"index\":0,\"text\":\"\",\"delta\":{\"content\":\"Hi\"},"
                    + "\"finish_reason\":\"stop\"}]}",
                "[DONE]")),
        row(
            "no blank lines at the end of the body",
            "openai-chat",
            "COMPLETE 'Hi'",
            chatWithout(content("Hi"))
                + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n"
                + "data: [DONE]"),
        row(
            "no blank lines at all, and cut in the last one",
            "openai-chat",
            "TRUNCATED truncated 'Hi'",
            "data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi\"}}]}\n"
                + "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"st"),
        row(
            "no blank lines in a message",
            "anthropic-messages",
            "COMPLETE 'Hi'",
            messages(
                        "end_turn",
                        "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
                            + "\"text\":\"Hi\"}}")
                    .replace("\n\n", "\n")
                + "data: [DONE]"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("failures")
  void aFailedAnswerIsNotTakenForWhole(String name, String protocol, String expected, String body) {
    assertThat(run(protocol, body, RecoveryPolicy.Tools.WHOLE)).isEqualTo(expected);
  }

  /** In every protocol: a finish that is a failure, whoever spells it. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "error", "ERROR", "network-error", "network_error", "NetworkError", "upstream-error",
        "timeout", "TIMEOUT", "request-timeout", "cancelled", "canceled", "overloaded",
        "engine_overloaded", "aborted", "abort", "failed", "internal_server_error"
      })
  void aFinishThatIsAFailureIsOneInEveryProtocol(String word) {
    var bodies =
        Map.of(
            "openai-chat", chat(word, content("Hi")),
            "openai-completions",
                sse("{\"choices\":[{\"text\":\"Hi\",\"finish_reason\":\"%s\"}]}".formatted(word)),
            "anthropic-messages",
                messages(
                    word,
                    "{\"type\":\"content_block_start\",\"index\":0,\"content_block\":{\"type\":\"text\","
                        + "\"text\":\"Hi\"}}"),
            "gemini-sse",
                sse(
                    "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"Hi\"}]},\"finishReason\":\"%s\"}]}"
                        .formatted(word)),
            "ollama-chat",
                "{\"message\":{\"content\":\"Hi\"},\"done\":true,\"done_reason\":\"%s\"}\n"
                    .formatted(word),
            "cohere-v2",
                sse(
                    "{\"type\":\"content-delta\",\"index\":0,\"delta\":{\"message\":{\"content\":{\"text\":"
                        + "\"Hi\"}}}}",
                    "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"%s\"}}"
                        .formatted(word)),
            "dashscope-incremental",
                sse("{\"output\":{\"text\":\"Hi\",\"finish_reason\":\"%s\"}}".formatted(word)),
            "tgi-native",
                sse(
                    "{\"token\":{\"text\":\"Hi\"},\"generated_text\":\"Hi\",\"details\":{\"finish_reason\":"
                        + "\"%s\"}}".formatted(word)),
            "gemini-interactions",
                sse(
                    "{\"event_type\":\"content.delta\",\"index\":0,\"delta\":{\"type\":\"text\",\"text\":\"Hi\"}}",
                    "{\"event_type\":\"interaction.completed\",\"interaction\":{\"status\":\"%s\"}}"
                        .formatted(word)),
            "openai-responses",
                sse(
                    "{\"type\":\"response.created\",\"response\":{\"id\":\"r\"}}",
                    "{\"type\":\"response.output_text.delta\",\"delta\":\"Hi\"}",
                    "{\"type\":\"response.incomplete\",\"response\":{\"status\":\"incomplete\","
                        + "\"incomplete_details\":{\"reason\":\"%s\"}}}".formatted(word)));
    bodies.forEach((protocol, body) -> {
      String line = run(protocol, body, RecoveryPolicy.Tools.WHOLE);
      assertThat(line).as(protocol).startsWith("FAILED ").endsWith(" 'Hi'");
      assertThat(line).as(protocol).containsPattern("provider-error|overloaded");
    });
  }

  // ---------------------------------------------------------------- other protocols

  private static String messages(String finish, String... events) {
    return sse("{\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"model\":\"m\"}}")
        + sse(events)
        + sse(
            "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\"}}".formatted(finish),
            "{\"type\":\"message_stop\"}");
  }

  private static String block(int index, String id, String name) {
    return ("{\"type\":\"content_block_start\",\"index\":%d,\"content_block\":{\"type\":\"tool_use\","
            + "\"id\":\"%s\",\"name\":\"%s\",\"input\":{}}}")
        .formatted(index, id, name);
  }

  private static String piece(int index, String escaped) {
    return ("{\"type\":\"content_block_delta\",\"index\":%d,\"delta\":{\"type\":\"input_json_delta\","
            + "\"partial_json\":\"%s\"}}")
        .formatted(index, escaped);
  }

  private static String stop(int index) {
    return "{\"type\":\"content_block_stop\",\"index\":%d}".formatted(index);
  }

  private static String responses(String status, String... events) {
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

  private static String added(int index, String item, String id, String name) {
    return done(index, item, id, name, "in_progress", "").replace("item.done", "item.added");
  }

  private static String delta(int index, String item, String escaped) {
    return ("{\"type\":\"response.function_call_arguments.delta\",\"output_index\":%d,"
            + "\"item_id\":\"%s\",\"delta\":\"%s\"}")
        .formatted(index, item, escaped);
  }

  private static String done(
      int index, String item, String id, String name, String status, String escaped) {
    return ("{\"type\":\"response.output_item.done\",\"output_index\":%d,\"item\":{\"type\":"
            + "\"function_call\",\"id\":\"%s\",\"call_id\":\"%s\",\"name\":\"%s\","
            + "\"status\":\"%s\",\"arguments\":\"%s\"}}")
        .formatted(index, item, id, name, status, escaped);
  }

  private static String gemini(String finish, String... calls) {
    return Arrays.stream(calls)
            .map(call ->
                sse(
                    "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":%s}]}}]}"
                        .formatted(call)))
            .collect(Collectors.joining())
        + sse("{\"candidates\":[{\"finishReason\":\"%s\"}]}".formatted(finish));
  }

  private static String cohere(String kind, int index, String id, String name, String... escaped) {
    return ("{\"type\":\"tool-call-%s\",\"index\":%d,\"delta\":{\"message\":{\"tool_calls\":{%s"
            + "\"function\":{%s\"arguments\":\"%s\"}}}}}")
        .formatted(kind, index, id, name, String.join("", escaped));
  }

  private static String cohere(String finish, String... events) {
    return sse("{\"type\":\"message-start\",\"id\":\"m1\"}")
        + sse(events)
        + sse(
            "{\"type\":\"message-end\",\"delta\":{\"finish_reason\":\"%s\"}}".formatted(finish),
            "[DONE]");
  }

  private static String ollama(String reason, String function) {
    return """
        {"message":{"content":"","tool_calls":[{"function":%s}]},"done":false}
        {"message":{"content":""},"done":true,"done_reason":"%s"}
        """
        .formatted(function, reason);
  }

  private static String dashScope(String finish, String function) {
    String call = "[{\"index\":0,\"id\":\"a\",\"function\":%s}]".formatted(function);
    String choice =
        "{\"output\":{\"choices\":[{\"message\":{\"content\":\"\",\"tool_calls\":%s},"
            + "\"finish_reason\":\"%s\"}]}}";
    return sse(choice.formatted(call, "null"), choice.formatted(call, finish));
  }

  private static String interaction(String status, boolean closed) {
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

  private static String chunk(String id, String model, String delta) {
    return sse(
        "{\"id\":\"%s\",\"model\":\"%s\",\"choices\":[{\"index\":0,\"delta\":%s}]}"
            .formatted(id, model, delta));
  }

  private static String two(String id, String model, String id2, String model2, boolean role) {
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

  private static String roleInEveryChunk(String... ids) {
    var body = new StringBuilder();
    char text = 'a';
    for (var id : ids) {
      body.append(chunk(id, "m", "{\"role\":\"assistant\",\"content\":\"" + text++ + "\"}"));
    }
    return body
        + sse("{\"id\":\"z\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}")
        + "\ndata: [DONE]\n\n";
  }
}
