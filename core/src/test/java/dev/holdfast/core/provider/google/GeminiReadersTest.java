package dev.holdfast.core.provider.google;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.json.JsonText;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.ToolCallMark;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the fixtures cannot say: single events, proof step by step, bounds. */
class GeminiReadersTest {
  private final DialectReader reader = GeminiReader.ofEvents(CompletionPolicy.STRICT);

  private List<StreamEvent> read(String data) {
    return read(reader, data);
  }

  private static List<StreamEvent> read(DialectReader reader, String data) {
    var events = new ArrayList<StreamEvent>();
    reader.read(Frame.event("message", data), events::add);
    return events;
  }

  private static String chunk(String text, String finish) {
    return "{\"candidates\":[{\"content\":{\"parts\":[{\"text\":\"%s\"}]}%s}]}"
        .formatted(text, finish.isEmpty() ? "" : ",\"finishReason\":\"" + finish + "\"");
  }

  private static String calls(String call) {
    return "{\"candidates\":[{\"content\":{\"parts\":[{\"functionCall\":%s}]}}]}".formatted(call);
  }

  @Test
  void aLaterChunkTakesTheProofBack() {
    assertThat(reader.proof()).isEqualTo(Proof.OPEN);
    read(chunk("a", "STOP"));
    assertThat(reader.proof()).isEqualTo(Proof.TENTATIVE);
    read(chunk("b", ""));
    assertThat(reader.proof()).isEqualTo(Proof.OPEN);
    read(chunk("c", "STOP"));
    read("{\"usageMetadata\":{\"promptTokenCount\":1}}");
    assertThat(reader.proof()).isEqualTo(Proof.TENTATIVE);
    assertThat(reader.end(event -> {})).isEqualTo(Proof.CLOSED);
  }

  @Test
  void whatCannotBeReadTakesTheProofBack() {
    read(chunk("a", "STOP"));
    assertThat(read("{\"candidates\":[")).hasSize(1);
    assertThat(reader.proof()).isEqualTo(Proof.OPEN);
    read(chunk("a", "STOP"));
    assertThat(read("{\"candidates\":[7]}")).hasSize(1);
    assertThat(reader.end(event -> {})).isEqualTo(Proof.OPEN);
  }

  @Test
  void theBracketClosesAnArray() {
    var body = "[" + chunk("a", "STOP");
    assertThat(array(body).proof()).isEqualTo(Proof.PROVEN);
    assertThat(array(body + "]").proof()).isEqualTo(Proof.CLOSED);
    assertThat(array(body + "]").events()).contains(new StreamEvent.DoneMarker());
    assertThat(array("[" + chunk("a", "") + "]").proof()).isEqualTo(Proof.CLOSED_UNPROVEN);
  }

  private static Wire.Reading array(String body) {
    byte[] bytes = JsonText.bytes(body);
    return Wire.read(
        "gemini-json-array", Wire.reader("gemini-json-array"), bytes, bytes.length, 16);
  }

  @Test
  void eofIsProofWhereThePolicyAllowsItUnlessItIsACut() {
    var whole = GeminiReader.ofEvents(CompletionPolicy.EOF);
    read(whole, chunk("a", ""));
    assertThat(whole.end(event -> {})).isEqualTo(Proof.CLOSED);
    var cut = GeminiReader.ofEvents(CompletionPolicy.EOF);
    byte[] half = JsonText.bytes("{\"candidates\":[");
    cut.read(
        new Frame().set(Frame.Kind.EVENT, "message", "", half, 0, half.length, 0, true),
        event -> {});
    assertThat(cut.end(event -> {})).isEqualTo(Proof.OPEN);
  }

  @ParameterizedTest
  @CsvSource({
    "STOP, STOP",
    "MAX_TOKENS, LENGTH",
    "SAFETY, CONTENT_FILTER",
    "RECITATION, CONTENT_FILTER",
    "PROHIBITED_CONTENT, CONTENT_FILTER",
    "SPII, CONTENT_FILTER",
    "BLOCKLIST, CONTENT_FILTER",
    "IMAGE_SAFETY, CONTENT_FILTER",
    "MALFORMED_FUNCTION_CALL, ERROR",
    "UNEXPECTED_TOOL_CALL, ERROR",
    "LANGUAGE, OTHER",
    "NEVER_HEARD_OF, OTHER"
  })
  void finishReasonsAreNormalised(String raw, Finish.Reason reason) {
    assertThat(read(chunk("", raw))).contains(new StreamEvent.Finished(0, new Finish(reason, raw)));
  }

  @Test
  void aStopAfterACallAsksForTools() {
    assertThat(read(calls("{\"name\":\"f\",\"args\":{\"a\":1}}")))
        .containsExactly(
            new StreamEvent.Started("", ""),
            new StreamEvent.ToolCallDelta(0, 0, "", "f", "{\"a\":1}"),
            new StreamEvent.ToolCallMarked(0, 0, ToolCallMark.CLOSED));
    assertThat(read(chunk("", "STOP")))
        .containsExactly(new StreamEvent.Finished(0, new Finish(Finish.Reason.TOOL_CALLS, "STOP")));
  }

  @Test
  void aBlockedPromptIsARefusal() {
    assertThat(read("{\"promptFeedback\":{\"blockReason\":\"SAFETY\"}}"))
        .containsExactly(
            new StreamEvent.Finished(
                0, new Finish(Finish.Reason.REFUSAL, "prompt_blocked:SAFETY")));
    assertThat(reader.proof()).isEqualTo(Proof.PROVEN);
  }

  @Test
  void thoughtsCountAsOutput() {
    String usage = "{\"promptTokenCount\":3,\"candidatesTokenCount\":2,\"thoughtsTokenCount\":4}";
    assertThat(read("{\"usageMetadata\":" + usage + "}"))
        .containsExactly(new StreamEvent.Usage(TokenUsage.of(3, 6, usage)));
    assertThat(read("{\"usageMetadata\":{\"promptTokenCount\":-7}}"))
        .containsExactly(new StreamEvent.Usage(TokenUsage.of(-1, -1, "{\"promptTokenCount\":-7}")));
  }

  @ParameterizedTest
  @CsvSource({
    "$.a[10000], PROTOCOL_VIOLATION",
    "$.a[-1], PROTOCOL_VIOLATION",
    "$.a[, PROTOCOL_VIOLATION",
    "$.a., PROTOCOL_VIOLATION",
    "$[0], PROTOCOL_VIOLATION",
    "$.text.under, PROTOCOL_VIOLATION",
    "$.text[0], PROTOCOL_VIOLATION",
    "a, PROTOCOL_VIOLATION"
  })
  void aPathThatLeadsNowhereSpoilsTheCall(String path, Cause cause) {
    read(calls("{\"name\":\"f\",\"args\":{\"text\":\"x\"},\"willContinue\":true}"));
    var events =
        read(
            calls(
                "{\"partialArgs\":[{\"jsonPath\":\"%s\",\"stringValue\":\"x\"}]}".formatted(path)));
    assertThat(events).hasSize(2);
    assertThat(((StreamEvent.FrameRejected) events.getFirst()).failure().cause()).isEqualTo(cause);
    assertThat(events.getLast()).isEqualTo(new StreamEvent.ToolCallDelta(0, 0, "", "", "{"));
    // Nothing more of the call is read.
    assertThat(read(calls("{\"partialArgs\":[{\"jsonPath\":\"$.b\",\"boolValue\":true}]}")))
        .isEmpty();
  }

  @Test
  void manySmallPiecesCannotFillTheMemory() {
    read(calls("{\"name\":\"f\",\"willContinue\":true}"));
    var rejected = new ArrayList<StreamEvent>();
    for (int i = 0; i < 20 && rejected.isEmpty(); i++) {
      String path = "$.a" + i + "[9999]";
      rejected.addAll(
          read(
              calls(
                  "{\"partialArgs\":[{\"jsonPath\":\"%s\",\"numberValue\":1}],\"willContinue\":true}"
                      .formatted(path))));
    }
    assertThat(((StreamEvent.FrameRejected) rejected.getFirst()).failure().cause())
        .isEqualTo(Cause.LIMIT_EXCEEDED);
  }

  @Test
  void callsAreCounted() {
    StreamEvent last = new StreamEvent.DoneMarker();
    for (int i = 0; i <= ToolCalls.MAX_CALLS; i++) {
      last = read(calls("{\"name\":\"f\",\"willContinue\":true}")).getLast();
    }
    assertThat(((StreamEvent.FrameRejected) last).failure().cause())
        .isEqualTo(Cause.LIMIT_EXCEEDED);
  }

  @Test
  void interactionsAreProvenByTheirCompletionAndClosedByTheMarker() {
    var interactions = new GeminiInteractionsReader(CompletionPolicy.STRICT);
    read(interactions, "{\"event_type\":\"interaction.created\",\"interaction\":{\"id\":\"i\"}}");
    read(interactions, "{\"event_type\":\"interaction.status_update\",\"status\":\"completed\"}");
    assertThat(interactions.proof()).isEqualTo(Proof.OPEN);
    read(
        interactions,
        "{\"event_type\":\"interaction.completed\",\"interaction\":{\"status\":\"completed\"}}");
    assertThat(interactions.proof()).isEqualTo(Proof.PROVEN);
    read(interactions, "[DONE]");
    assertThat(interactions.proof()).isEqualTo(Proof.CLOSED);
  }

  @Test
  void theCallsOfAnInteractionAreCounted() {
    var interactions = new GeminiInteractionsReader(CompletionPolicy.STRICT);
    StreamEvent last = new StreamEvent.DoneMarker();
    for (int i = 0; i <= ToolCalls.MAX_CALLS; i++) {
      String delta = "{\"type\":\"arguments_delta\",\"arguments\":\"1\"}";
      last =
          read(
                  interactions,
                  "{\"event_type\":\"step.delta\",\"index\":%d,\"delta\":%s}".formatted(i, delta))
              .getLast();
    }
    assertThat(((StreamEvent.FrameRejected) last).failure().cause())
        .isEqualTo(Cause.LIMIT_EXCEEDED);
  }
}
