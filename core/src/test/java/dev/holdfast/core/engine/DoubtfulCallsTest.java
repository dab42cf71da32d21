package dev.holdfast.core.engine;

import static dev.holdfast.core.engine.ReportedStreams.added;
import static dev.holdfast.core.engine.ReportedStreams.block;
import static dev.holdfast.core.engine.ReportedStreams.chat;
import static dev.holdfast.core.engine.ReportedStreams.chatWithout;
import static dev.holdfast.core.engine.ReportedStreams.done;
import static dev.holdfast.core.engine.ReportedStreams.gemini;
import static dev.holdfast.core.engine.ReportedStreams.messages;
import static dev.holdfast.core.engine.ReportedStreams.responses;
import static dev.holdfast.core.engine.ReportedStreams.row;
import static dev.holdfast.core.engine.ReportedStreams.run;
import static dev.holdfast.core.engine.ReportedStreams.sse;
import static dev.holdfast.core.engine.ReportedStreams.stop;
import static dev.holdfast.core.engine.ReportedStreams.tc;
import static dev.holdfast.core.engine.ReportedStreams.text;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.RecoveryPolicy;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Streams in which a call looks whole, and what their bytes report leaves that open. */
class DoubtfulCallsTest {
  private static final String DELETE = tc("0", "a", "delete_all", text(""));

  private static String finish(String reason) {
    return sse(
        "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"%s\"}]}"
            .formatted(reason));
  }

  private static String interaction(String status, String outputs, String... steps) {
    return sse("{\"event_type\":\"interaction.created\",\"interaction\":{\"id\":\"i\"}}")
        + sse(steps)
        + sse(
            "{\"event_type\":\"interaction.completed\",\"interaction\":{\"status\":\"%s\"%s}}"
                .formatted(status, outputs.isEmpty() ? "" : ",\"outputs\":[" + outputs + "]"),
            "[DONE]");
  }

  private static String begun(String index, String id, String name, String arguments) {
    return "{\"event_type\":\"step.start\"%s,\"step\":%s}"
        .formatted(index, called(id, name, arguments));
  }

  private static String called(String id, String name, String arguments) {
    return "{\"type\":\"function_call\",\"id\":\"%s\",\"name\":\"%s\"%s}"
        .formatted(id, name, arguments.isEmpty() ? "" : ",\"arguments\":" + arguments);
  }

  private static String piece(String index, String escaped) {
    return "{\"event_type\":\"step.delta\"%s,\"delta\":{\"type\":\"arguments_delta\",\"arguments\":\"%s\"}}"
        .formatted(index, escaped);
  }

  private static String stopped(String index) {
    return "{\"event_type\":\"step.stop\"" + index + "}";
  }

  private static final String AT_0 = ",\"index\":0";
  private static final String AT_1 = ",\"index\":1";

  private static String geminiChunks(String... chunks) {
    return sse(chunks);
  }

  private static String geminiCall(String call) {
    return "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":%s}]},\"finishReason\":\"STOP\"}]}"
        .formatted(call);
  }

  private static String path(String beginning, String id, String more) {
    return "{\"name\":\"rm\",%s\"partialArgs\":[{\"jsonPath\":\"$.path\",\"stringValue\":\"%s\"%s}]%s}"
        .formatted(id, beginning, more, more);
  }

  static Stream<Arguments> chatCompletions() {
    return Stream.of(
        row(
            "chat, a call after the finish",
            "openai-chat",
            "TRUNCATED malformed-json ''",
            finish("stop") + chatWithout(DELETE) + sse("[DONE]")),
        row(
            "chat, a call with an empty object after the finish",
            "openai-chat",
            "TRUNCATED malformed-json ''",
            finish("tool_calls")
                + chatWithout(tc("0", "a", "delete_all", text("{}")))
                + sse("[DONE]")),
        row(
            "chat, a call after the finish, which comes again",
            "openai-chat",
            "COMPLETE '' delete_all{}",
            finish("tool_calls") + chat("tool_calls", DELETE)),
        row(
            "chat, a limit after the finish",
            "openai-chat",
            "COMPLETE ''",
            finish("tool_calls") + chat("length", DELETE)),
        row(
            "chat, an unknown finish and then a stop",
            "openai-chat",
            "TRUNCATED malformed-json ''",
            chatWithout(DELETE) + finish("ran_out") + finish("stop") + sse("[DONE]")),
        row(
            "chat, a router's own unlisted word for the limit",
            "openai-chat",
            "COMPLETE ''",
            chatWithout(DELETE)
                + sse(
                    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"tool_calls\","
                        + "\"native_finish_reason\":\"max_tokens_reached\"}]}",
                    "[DONE]")),
        row(
            "chat, a name in pieces",
            "openai-chat",
            "FAILED protocol-violation ''",
            chat(
                "tool_calls",
                tc("0", "a", "delete", "-"),
                tc("0", "-", "_all", "-"),
                tc("0", "-", "-", text("{\"a\":1}")))),
        row(
            "chat, a name in pieces beside the id",
            "openai-chat",
            "TRUNCATED malformed-json ''",
            chat(
                "tool_calls",
                tc("0", "a", "delete", "-"),
                tc("0", "a", "_all", text("{\"a\":1}")))),
        row(
            "chat, a name in pieces without an index",
            "openai-chat",
            "FAILED protocol-violation ''",
            chat("tool_calls", tc("-", "-", "delete", "-"), tc("-", "-", "_all", text("{}")))),
        row(
            "chat, a name in pieces, the old way",
            "openai-chat",
            "FAILED protocol-violation ''",
            chat(
                "function_call",
                "{\"function_call\":{\"name\":\"delete\"}}",
                "{\"function_call\":{\"name\":\"_all\",\"arguments\":\"{}\"}}")),
        row(
            "chat, the same name again",
            "openai-chat",
            "COMPLETE '' f{\"a\":1}",
            chat(
                "tool_calls",
                tc("0", "a", "f", text("")),
                tc("0", "a", "f", text("{\"a\"")),
                tc("0", "-", "f", text(":1}")))),
        row(
            "responses, another name at the item's end",
            "openai-responses",
            "TRUNCATED malformed-json ''",
            responses(
                "completed",
                added(0, "i1", "call_a", "delete"),
                done(0, "i1", "call_a", "delete_all", "completed", "{\\\"a\\\":1}"))),
        row(
            "messages, another name for the same block",
            "anthropic-messages",
            "TRUNCATED malformed-json ''",
            messages("tool_use", block(0, "t1", "delete"), block(0, "t1", "delete_all"), stop(0))),
        row(
            "messages, a stop sequence inside a call",
            "anthropic-messages",
            "TRUNCATED malformed-json ''",
            messages("stop_sequence", block(0, "t1", "delete_all"), stop(0))),
        row(
            "responses, completed, with the details of an incomplete one",
            "openai-responses",
            "COMPLETE ''",
            responses("completed", done(0, "i1", "call_a", "delete_all", "completed", ""))
                .replace(
                    "\"incomplete_details\":null",
                    "\"incomplete_details\":{\"reason\":\"max_output_tokens\"}")));
  }

  static Stream<Arguments> geminis() {
    String open = ",\"willContinue\":true";
    return Stream.of(
        row(
            "gemini, a stop on every chunk",
            "gemini-sse",
            "COMPLETE '' f{} g{}",
            geminiChunks(
                geminiCall("{\"name\":\"f\",\"args\":{}}"),
                geminiCall("{\"name\":\"g\",\"args\":{}}"))),
        row(
            "gemini, a call after the stop",
            "gemini-sse",
            "TRUNCATED truncated ''",
            sse("{\"candidates\":[{\"finishReason\":\"STOP\"}]}")
                + sse(
                    geminiCall("{\"name\":\"delete_all\"}")
                        .replace(",\"finishReason\":\"STOP\"", ""))),
        row(
            "gemini, a stop inside a call, and then a limit",
            "gemini-sse",
            "COMPLETE ''",
            gemini(
                    "STOP",
                    "{\"name\":\"rm\",\"willContinue\":true}",
                    path("notes", "", "").replace("]}", "],\"willContinue\":true}"))
                + sse("{\"candidates\":[{\"finishReason\":\"MAX_TOKENS\"}]}")),
        row(
            "gemini, a name again inside a string",
            "gemini-sse",
            "FAILED protocol-violation ''",
            gemini("STOP", path("notes/old", "", open), path("/x", "", ""))),
        row(
            "gemini, name and id again inside a string",
            "gemini-sse",
            "COMPLETE '' rm{\"path\":\"notes/old/x\"}",
            gemini(
                "STOP",
                path("notes/old", "\"id\":\"a\",", open),
                path("/x", "\"id\":\"a\",", ""))));
  }

  static Stream<Arguments> interactions() {
    String rm = called("a", "rm", "{\"path\":\"notes/old\"}");
    String cp = called("b", "cp", "{\"n\":1}");
    return Stream.of(
        row(
            "interactions, a piece at the index of no call",
            "gemini-interactions",
            "COMPLETE ''",
            interaction(
                "incomplete",
                "",
                begun(AT_0, "a", "rm", ""),
                piece("", "{\\\"path\\\":"),
                stopped(AT_0))),
        row(
            "interactions, the same after the call's end",
            "gemini-interactions",
            "COMPLETE ''",
            interaction(
                "incomplete",
                "",
                begun(AT_0, "a", "rm", ""),
                stopped(AT_0),
                piece("", "{\\\"path\\\":"))),
        row(
            "interactions, two calls at one index",
            "gemini-interactions",
            "COMPLETE '' rm{\"path\":\"notes\"} cp{\"n\":1}",
            interaction(
                "requires_action",
                "",
                begun("", "a", "rm", "{\"path\":\"notes\"}"),
                stopped(""),
                begun("", "b", "cp", "{\"n\":1}"),
                stopped(""))),
        row(
            "interactions, the second begun before the first has arguments",
            "gemini-interactions",
            "FAILED protocol-violation ''",
            interaction(
                "requires_action",
                "",
                begun("", "a", "rm", ""),
                begun("", "b", "cp", "{\"n\":1}"),
                stopped(""))),
        row(
            "interactions, a call that only the end has",
            "gemini-interactions",
            "COMPLETE '' rm{\"path\":\"notes/old\"} cp{\"n\":1}",
            interaction(
                "requires_action",
                rm + "," + cp,
                begun(AT_0, "a", "rm", "{\"path\":\"notes/old\"}"),
                stopped(AT_0))),
        row(
            "interactions, the same calls at the end",
            "gemini-interactions",
            "COMPLETE '' rm{\"path\": \"notes/old\"} cp{ \"n\": 1.0 }",
            interaction(
                "requires_action",
                rm + "," + cp,
                begun(AT_0, "a", "rm", ""),
                piece(AT_0, "{\\\"path\\\": "),
                piece(AT_0, "\\\"notes/old\\\"}"),
                stopped(AT_0),
                begun(AT_1, "b", "cp", ""),
                piece(AT_1, "{ \\\"n\\\": 1.0 }"),
                stopped(AT_1))),
        row(
            "interactions, no call at the end",
            "gemini-interactions",
            "COMPLETE '' rm{\"path\":\"notes/old\"}",
            interaction(
                "requires_action",
                "{\"type\":\"text\",\"text\":\"\"}",
                begun(AT_0, "a", "rm", "{\"path\":\"notes/old\"}"),
                stopped(AT_0))),
        row(
            "interactions, other arguments at the end",
            "gemini-interactions",
            "TRUNCATED malformed-json ''",
            interaction(
                "requires_action",
                rm,
                begun(AT_0, "a", "rm", "{\"path\":\"notes\"}"),
                stopped(AT_0))),
        row(
            "interactions, another function at the end",
            "gemini-interactions",
            "TRUNCATED malformed-json ''",
            interaction(
                "requires_action",
                rm,
                begun(AT_0, "a", "cp", "{\"path\":\"notes/old\"}"),
                stopped(AT_0))));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"chatCompletions", "geminis", "interactions"})
  void aCallInDoubtIsNotHandedOn(String name, String protocol, String expected, String body) {
    assertThat(run(protocol, body, RecoveryPolicy.Tools.WHOLE)).isEqualTo(expected);
    assertThat(run(protocol, body, RecoveryPolicy.Tools.LIVE)).isEqualTo(expected);
  }
}
