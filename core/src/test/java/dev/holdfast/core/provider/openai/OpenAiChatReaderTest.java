package dev.holdfast.core.provider.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.provider.anthropic.AnthropicMessagesReader;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.Transcript;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the fixtures cannot say: single events, proof step by step, bounds. */
class OpenAiChatReaderTest {
  private final DialectReader reader = new OpenAiChatReader(CompletionPolicy.STRICT);

  private List<StreamEvent> read(String data) {
    return read(reader, data);
  }

  private static List<StreamEvent> read(DialectReader reader, String data) {
    var events = new ArrayList<StreamEvent>();
    reader.read(Frame.event("message", data), events::add);
    return events;
  }

  private static String text(String text) {
    return "{\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"},\"finish_reason\":null}]}"
        .formatted(text);
  }

  private static final String STOP =
      "{\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}";

  @Test
  void startsOnceAndBeforeAnyContent() {
    assertThat(read("{\"id\":\"\",\"model\":\"\",\"choices\":[],\"prompt_filter_results\":[]}"))
        .isEmpty();
    assertThat(
            read(
                "{\"id\":\"c1\",\"model\":\"m\",\"choices\":[{\"index\":0,"
                    + "\"delta\":{\"content\":\"Hi\"}}]}"))
        .containsExactly(new StreamEvent.Started("c1", "m"), new StreamEvent.TextDelta(0, "Hi"));
    assertThat(read(text("!"))).containsExactly(new StreamEvent.TextDelta(0, "!"));
  }

  @Test
  void proofGrowsStepByStep() {
    assertThat(reader.proof()).isEqualTo(Proof.OPEN);
    read(text("Hi"));
    assertThat(reader.proof()).isEqualTo(Proof.OPEN);
    read(STOP);
    assertThat(reader.proof()).isEqualTo(Proof.PROVEN);
    read("{\"choices\":[{\"index\":1,\"delta\":{\"content\":\"late\"}}]}");
    assertThat(reader.proof()).as("another choice opens the answer again").isEqualTo(Proof.OPEN);
    read("{\"choices\":[{\"index\":1,\"delta\":{},\"finish_reason\":\"length\"}]}");
    assertThat(read("[DONE]")).containsExactly(new StreamEvent.DoneMarker());
    assertThat(reader.proof()).isEqualTo(Proof.CLOSED);
    assertThat(reader.end(event -> {})).isEqualTo(Proof.CLOSED);
  }

  @Test
  void theMarkerAloneClosesWithoutProof() {
    read(text("Hi"));
    read("[DONE]");
    assertThat(reader.proof()).isEqualTo(Proof.CLOSED_UNPROVEN);
  }

  @Nested
  class UnderAnotherPolicy {
    @Test
    void theMarkerProvesWhereTheOperatorDecidesSo() {
      var trusting = new OpenAiChatReader(CompletionPolicy.DONE_MARKER);
      read(trusting, text("Hi"));
      assertThat(trusting.end(event -> {})).isEqualTo(Proof.OPEN);
      read(trusting, "[DONE]");
      assertThat(trusting.proof()).isEqualTo(Proof.CLOSED);
    }

    @Test
    void aCleanEndProvesWhereTheOperatorDecidesSo() {
      var trusting = new OpenAiChatReader(CompletionPolicy.EOF);
      read(trusting, text("Hi"));
      assertThat(trusting.proof()).isEqualTo(Proof.OPEN);
      assertThat(trusting.end(event -> {})).isEqualTo(Proof.CLOSED);
    }

    @Test
    void nothingAtAllIsNoAnswerUnderAnyPolicy() {
      assertThat(new OpenAiChatReader(CompletionPolicy.EOF).end(event -> {})).isEqualTo(Proof.OPEN);
      var trusting = new OpenAiChatReader(CompletionPolicy.DONE_MARKER);
      read(trusting, "[DONE]");
      assertThat(trusting.proof()).isEqualTo(Proof.CLOSED_UNPROVEN);
      assertThat(new AnthropicMessagesReader(CompletionPolicy.EOF).end(event -> {}))
          .isEqualTo(Proof.OPEN);
    }

    @Test
    void anEndInsideOfAFrameIsNotClean() {
      var trusting = new OpenAiChatReader(CompletionPolicy.EOF);
      assertThat(Wire.read(trusting, "data: " + text("Hi") + "\n\ndata: {\"choi").proof())
          .isEqualTo(Proof.OPEN);
    }
  }

  @Test
  void aRefusalWithFinishStopIsARefusal() {
    read("{\"choices\":[{\"index\":0,\"delta\":{\"refusal\":\"No.\"}}]}");
    assertThat(read(STOP))
        .containsExactly(new StreamEvent.Finished(0, new Finish(Finish.Reason.REFUSAL, "stop")));
  }

  @ParameterizedTest
  @CsvSource({
    "stop, STOP",
    "eos, STOP",
    "length, LENGTH",
    "model_length, LENGTH",
    "model_context_window_exceeded, LENGTH",
    "tool_calls, TOOL_CALLS",
    "function_call, TOOL_CALLS",
    "content_filter, CONTENT_FILTER",
    "sensitive, CONTENT_FILTER",
    "abort, ERROR",
    "network_error, ERROR",
    "insufficient_system_resource, ERROR",
    "error, ERROR",
    "surprise, OTHER"
  })
  void normalisesFinishReasons(String raw, Finish.Reason reason) {
    assertThat(read(STOP.replace("stop", raw)))
        .contains(new StreamEvent.Finished(0, new Finish(reason, raw)));
  }

  @Test
  void halfACharacterWaitsForItsOtherHalfAndIsDroppedByACut() {
    read(text("a"));
    assertThat(read(text("b\\ud83d"))).containsExactly(new StreamEvent.TextDelta(0, "b"));
    assertThat(read(text("\\ude00c"))).containsExactly(new StreamEvent.TextDelta(0, "😀c"));
    read(text("\\ud83d"));
    var atEnd = new ArrayList<StreamEvent>();
    reader.end(atEnd::add);
    assertThat(atEnd).isEmpty();
  }

  @Test
  void halfACharacterBeforeAFinishIsHandedOnAsSent() {
    read(text("\\ud83d"));
    assertThat(read(STOP).getFirst()).isEqualTo(new StreamEvent.TextDelta(0, "\ud83d"));
  }

  @Test
  void signsOfLifeAreHeartbeats() {
    assertThat(Wire.read(reader, ": keep-alive\n\ndata: : PROCESSING\n\ndata:\n\n").events())
        .containsExactly(
            new StreamEvent.Heartbeat("comment"),
            new StreamEvent.Heartbeat("comment"),
            new StreamEvent.Heartbeat("empty"));
  }

  @Test
  void malformedJsonIsRejectedAtItsByte() {
    assertThat(((StreamEvent.FrameRejected) read("{\"choices\":[},").getFirst()).failure())
        .isEqualTo(
            Failure.retryable(
                Cause.MALFORMED_JSON, "payload: must be JSON, was broken at byte 12 of 14"));
  }

  @Test
  void invalidUtf8IsRejected() {
    byte[] body = "data: {\"a\":\"?\"}\n\n".getBytes(StandardCharsets.UTF_8);
    body[12] = (byte) 0xff;
    var failed = Wire.read(reader, body, body.length, 3).events();
    assertThat(failed).hasSize(1);
    assertThat(((StreamEvent.FrameRejected) failed.getFirst()).failure().cause())
        .isEqualTo(Cause.MALFORMED_FRAME);
  }

  @Test
  void aPageIsNamedByItsFirstBytesOnce() {
    var events = Wire.read(reader, "<html>\n<head>\n<body>\n").events();
    assertThat(events).hasSize(1);
    assertThat(((StreamEvent.FrameRejected) events.getFirst()).failure().detail())
        .isEqualTo("body: must be an event stream, was <html>");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"choices\":[{\"index\":1024}]}",
        "{\"choices\":[{\"index\":-1}]}",
        "{\"choices\":[{\"index\":99999999999999999999}]}",
        "{\"choices\":[{\"index\":1.5}]}",
        "{\"choices\":[{\"index\":\"1\"}]}",
        "{\"choices\":{\"a\":1}}",
        "{\"choices\":[7]}",
        "{\"choices\":[{\"delta\":\"x\"}]}",
        "{\"choices\":[{\"delta\":{\"content\":7}}]}",
        "{\"choices\":[{\"delta\":{\"content\":{\"a\":1}}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":{\"a\":1}}}]}",
        "{\"choices\":[{\"delta\":{\"tool_calls\":[1]}}]}",
        "{\"choices\":[{\"delta\":{\"content\":\"lost\"}},{\"index\":5000}]}",
      })
  void shapesThatTheProtocolForbidsAreRejectedWhole(String data) {
    var events = read(data);
    assertThat(events).hasSize(1);
    assertThat(((StreamEvent.FrameRejected) events.getFirst()).failure().cause())
        .isEqualTo(Cause.PROTOCOL_VIOLATION);
  }

  @ParameterizedTest
  @ValueSource(strings = {"[]", "\"\"", "\" \""})
  void valuesThatHoldNothingAreSignsOfLife(String data) {
    assertThat(read(data)).containsExactly(new StreamEvent.Heartbeat("empty"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"7", "null", "\"x\"", "true"})
  void valuesThatAreNoObjectsAreRejected(String data) {
    var events = read(data);
    assertThat(((StreamEvent.FrameRejected) events.getFirst()).failure().cause())
        .isEqualTo(Cause.MALFORMED_JSON);
  }

  @Test
  void depthNumbersAndTokensAreBounded() {
    for (var data :
        List.of(
            "{\"a\":" + "[".repeat(5000) + "]".repeat(5000) + "}",
            "{\"a\":" + "9".repeat(5000) + "}",
            "[" + "1,".repeat(300_000) + "1]")) {
      var failure = ((StreamEvent.FrameRejected) read(data).getFirst()).failure();
      assertThat(failure.cause()).isEqualTo(Cause.LIMIT_EXCEEDED);
    }
  }

  @Test
  void toolCallsAreBounded() {
    var transcript = new Transcript();
    for (int i = 0; i < 600; i++) {
      reader.read(
          Frame.event(
              "message",
              ("{\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":%d,\"id\":\"c%d\","
                      + "\"function\":{\"name\":\"f\",\"arguments\":\"{}\"}}]}}]}")
                  .formatted(i, i)),
          transcript);
    }
    assertThat(transcript.toolCalls()).hasSize(ToolCalls.MAX_CALLS);
    assertThat(transcript.rejection()).isNotNull();
    assertThat(transcript.rejection().cause()).isEqualTo(Cause.LIMIT_EXCEEDED);
    assertThat(transcript.rejection().isRetryable()).isFalse();
  }

  @Test
  void anEndlessBareDocumentIsNotKept() {
    var body = new StringBuilder("{\n");
    for (int i = 0; i < 20_000; i++) {
      body.append("\"k\": [\n");
    }
    assertThat(Wire.read(reader, body.toString()).events()).isEmpty();
  }

  @Test
  void usageIsVerbatimAndNeverNegative() {
    assertThat(
            read(
                "{\"choices\":[],\"usage\":{\"prompt_tokens\":12345678901234567890,"
                    + "\"completion_tokens\":-4,\"cost\":1.50e-3}}"))
        .containsExactly(
            new StreamEvent.Usage(
                TokenUsage.of(
                    -1,
                    -1,
                    "{\"prompt_tokens\":12345678901234567890,\"completion_tokens\":-4,"
                        + "\"cost\":1.50e-3}")));
  }
}
