package dev.holdfast.core.engine;

import static dev.holdfast.core.engine.ReportedStreams.added;
import static dev.holdfast.core.engine.ReportedStreams.block;
import static dev.holdfast.core.engine.ReportedStreams.chat;
import static dev.holdfast.core.engine.ReportedStreams.cohere;
import static dev.holdfast.core.engine.ReportedStreams.delta;
import static dev.holdfast.core.engine.ReportedStreams.done;
import static dev.holdfast.core.engine.ReportedStreams.gemini;
import static dev.holdfast.core.engine.ReportedStreams.messages;
import static dev.holdfast.core.engine.ReportedStreams.piece;
import static dev.holdfast.core.engine.ReportedStreams.responses;
import static dev.holdfast.core.engine.ReportedStreams.row;
import static dev.holdfast.core.engine.ReportedStreams.run;
import static dev.holdfast.core.engine.ReportedStreams.stop;
import static dev.holdfast.core.engine.ReportedStreams.tc;
import static dev.holdfast.core.engine.ReportedStreams.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.RecoveryPolicy;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Reported streams whose fragments of a call came in any order: every fragment belongs to one call. */
class ReportedFragmentsTest {
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
}
