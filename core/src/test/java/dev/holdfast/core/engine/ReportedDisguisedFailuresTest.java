package dev.holdfast.core.engine;

import static dev.holdfast.core.engine.ReportedStreams.chat;
import static dev.holdfast.core.engine.ReportedStreams.chatWithout;
import static dev.holdfast.core.engine.ReportedStreams.content;
import static dev.holdfast.core.engine.ReportedStreams.messages;
import static dev.holdfast.core.engine.ReportedStreams.roleInEveryChunk;
import static dev.holdfast.core.engine.ReportedStreams.row;
import static dev.holdfast.core.engine.ReportedStreams.run;
import static dev.holdfast.core.engine.ReportedStreams.sse;
import static dev.holdfast.core.engine.ReportedStreams.two;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.RecoveryPolicy;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Reported streams that failed and looked whole: the failure is named. */
class ReportedDisguisedFailuresTest {
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
}
