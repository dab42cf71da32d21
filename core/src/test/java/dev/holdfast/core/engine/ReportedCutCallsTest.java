package dev.holdfast.core.engine;

import static dev.holdfast.core.engine.ReportedStreams.added;
import static dev.holdfast.core.engine.ReportedStreams.block;
import static dev.holdfast.core.engine.ReportedStreams.chat;
import static dev.holdfast.core.engine.ReportedStreams.chatWithout;
import static dev.holdfast.core.engine.ReportedStreams.cohere;
import static dev.holdfast.core.engine.ReportedStreams.dashScope;
import static dev.holdfast.core.engine.ReportedStreams.done;
import static dev.holdfast.core.engine.ReportedStreams.gemini;
import static dev.holdfast.core.engine.ReportedStreams.interaction;
import static dev.holdfast.core.engine.ReportedStreams.messages;
import static dev.holdfast.core.engine.ReportedStreams.ollama;
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

/**
 * Reported streams that ended within a call, at a limit or for a filter: no cut call is handed on.
 */
class ReportedCutCallsTest {
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
            "TRUNCATED malformed-json ''",
            ollama("", "{\"name\":\"now\"}")),
        row(
            "ollama, arguments without a reason",
            "ollama-chat",
            "COMPLETE '' f{\"a\":1}",
            ollama("", "{\"name\":\"f\",\"arguments\":{\"a\":1}}")),
        row(
            "messages, closed without a reason",
            "anthropic-messages",
            "TRUNCATED malformed-json ''",
            messages("null", block(0, "t1", "delete_all"), stop(0)).replace("\"null\"", "null")),
        row(
            "messages, a limit and then a request for tools",
            "anthropic-messages",
            "COMPLETE ''",
            messages("max_tokens", block(0, "t1", "delete_all"), stop(0))
                .replace(
                    "{\"type\":\"message_stop\"}",
                    "{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"tool_use\"}}\n\n"
                        + "data: {\"type\":\"message_stop\"}")),
        row(
            "chat, a limit and then a stop",
            "openai-chat",
            "COMPLETE ''",
            chatWithout(tc("0", "a", "delete_all", text("")))
                + sse(
                    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"length\"}]}",
                    "{\"id\":\"c1\",\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}",
                    "[DONE]")),
        row(
            "gemini, a limit and then a stop",
            "gemini-sse",
            "COMPLETE ''",
            gemini("MAX_TOKENS", "{\"name\":\"delete_all\"}")
                + sse("{\"candidates\":[{\"index\":0,\"finishReason\":\"STOP\"}]}")),
        row(
            "gemini, a call closed while its string continues, at the limit",
            "gemini-sse",
            "COMPLETE ''",
            gemini("MAX_TOKENS", open, path, "{}")),
        row(
            "gemini, the same by a piece that does not continue the call",
            "gemini-sse",
            "COMPLETE ''",
            gemini(
                "MAX_TOKENS",
                open,
                "{\"partialArgs\":[{\"jsonPath\":\"$.path\",\"stringValue\":\"notes/old\","
                    + "\"willContinue\":true}]}")),
        row(
            "gemini, the same before a stop, closed",
            "gemini-sse",
            "TRUNCATED malformed-json ''",
            gemini("STOP", open, path, "{}")),
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
            "responses, a done item that is still in progress",
            "openai-responses",
            "TRUNCATED malformed-json ''",
            responses(
                "completed",
                added(0, "i1", "call_a", "delete_all"),
                done(0, "i1", "call_a", "delete_all", "in_progress", ""))),
        row(
            "responses, the same with arguments",
            "openai-responses",
            "COMPLETE '' rm{\"a\":1}",
            responses(
                "completed",
                added(0, "i1", "call_a", "rm"),
                done(0, "i1", "call_a", "rm", "in_progress", "{\\\"a\\\":1}"))),
        row(
            "responses, an item that failed",
            "openai-responses",
            "TRUNCATED malformed-json ''",
            responses(
                "completed",
                added(0, "i1", "call_a", "rm"),
                done(0, "i1", "call_a", "rm", "failed", "{\\\"a\\\":1}"))),
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
}
