package dev.holdfast.core.provider.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.frame.Frame;
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
class AnthropicMessagesReaderTest {
  private final DialectReader reader = new AnthropicMessagesReader(CompletionPolicy.STRICT);

  private List<StreamEvent> read(String data) {
    var events = new ArrayList<StreamEvent>();
    reader.read(Frame.event("message", data), events::add);
    return events;
  }

  private static final String START =
      "{\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"model\":\"toy\","
          + "\"usage\":{\"input_tokens\":9,\"output_tokens\":1}}}";

  @Test
  void startsWithIdModelAndUsage() {
    assertThat(read(START))
        .containsExactly(
            new StreamEvent.Started("m1", "toy"),
            new StreamEvent.Usage(TokenUsage.of(9, 1, "{\"input_tokens\":9,\"output_tokens\":1}")));
    assertThat(read(START)).as("the same one again").isEmpty();
  }

  @Test
  void onlyMessageStopProves() {
    read(START);
    read("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}");
    assertThat(reader.proof()).isEqualTo(Proof.OPEN);
    read("{\"type\":\"message_stop\"}");
    assertThat(reader.proof()).isEqualTo(Proof.CLOSED);
  }

  @Test
  void theMarkerOfAnotherProtocolProvesNothing() {
    read(START);
    assertThat(read("[DONE]")).containsExactly(new StreamEvent.DoneMarker());
    assertThat(reader.proof()).isEqualTo(Proof.CLOSED_UNPROVEN);
  }

  @Test
  void aSecondAnswerIsAViolationAlsoAfterTheFirstHasEnded() {
    read(START);
    read("{\"type\":\"message_stop\"}");
    var events = read(START.replace("m1", "m2"));
    assertThat(events).hasSize(1);
    assertThat(((StreamEvent.ErrorReported) events.getFirst()).failure().cause())
        .isEqualTo(Cause.PROTOCOL_VIOLATION);
    assertThat(reader.proof()).isEqualTo(Proof.OPEN);
    assertThat(read("{\"type\":\"message_stop\"}")).as("what follows is not read").isEmpty();
    assertThat(reader.proof()).isEqualTo(Proof.OPEN);
  }

  @Test
  void anEmptyInputOfABlockIsNoFragment() {
    assertThat(
            read(
                "{\"type\":\"content_block_start\",\"index\":1,\"content_block\":"
                    + "{\"type\":\"tool_use\",\"id\":\"t1\",\"name\":\"now\",\"input\":{}}}"))
        .containsExactly(new StreamEvent.ToolCallDelta(0, 0, "t1", "now", ""));
    assertThat(read("{\"type\":\"content_block_stop\",\"index\":1}"))
        .containsExactly(new StreamEvent.ToolCallMarked(0, 0, ToolCallMark.CLOSED));
    assertThat(read("{\"type\":\"message_stop\"}")).isEmpty();
  }

  @Test
  void whatHoldfastDoesNotReadIsOpaque() {
    for (var type : List.of("signature_delta", "citations_delta", "compaction_delta")) {
      assertThat(
              read(
                  "{\"type\":\"content_block_delta\",\"index\":0,\"delta\":{\"type\":\"%s\"}}"
                      .formatted(type)))
          .containsExactly(new StreamEvent.Opaque(type));
    }
    assertThat(
            read(
                "{\"type\":\"content_block_start\",\"index\":0,"
                    + "\"content_block\":{\"type\":\"redacted_thinking\",\"data\":\"x\"}}"))
        .containsExactly(new StreamEvent.Opaque("redacted_thinking"));
  }

  @Test
  void pingsAreHeartbeats() {
    assertThat(Wire.read(reader, "event: ping\ndata: {\"type\":\"ping\"}\n\n: x\n").events())
        .containsExactly(new StreamEvent.Heartbeat("ping"), new StreamEvent.Heartbeat("comment"));
  }

  @ParameterizedTest
  @CsvSource({
    "end_turn, STOP",
    "stop_sequence, STOP",
    "max_tokens, LENGTH",
    "tool_use, TOOL_CALLS",
    "pause_turn, PAUSE",
    "refusal, REFUSAL",
    "model_context_window_exceeded, LENGTH"
  })
  void normalisesStopReasons(String raw, Finish.Reason reason) {
    assertThat(
            read("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"%s\"}}".formatted(raw)))
        .containsExactly(new StreamEvent.Finished(0, new Finish(reason, raw)));
  }

  @Test
  void toolCallsAreBounded() {
    StreamEvent last = new StreamEvent.DoneMarker();
    for (int i = 0; i <= ToolCalls.MAX_CALLS; i++) {
      last =
          read(("{\"type\":\"content_block_start\",\"index\":%d,\"content_block\":"
                      + "{\"type\":\"tool_use\",\"id\":\"t\",\"name\":\"f\",\"input\":{}}}")
                  .formatted(i))
              .getLast();
    }
    assertThat(((StreamEvent.FrameRejected) last).failure().cause())
        .isEqualTo(Cause.LIMIT_EXCEEDED);
  }

  @Test
  void oddShapesNeverThrow() {
    for (var data :
        List.of(
            "{}",
            "{\"type\":7}",
            "{\"type\":\"message_start\"}",
            "{\"type\":\"content_block_start\"}",
            "{\"type\":\"content_block_delta\",\"index\":{},\"delta\":[]}",
            "{\"type\":\"content_block_delta\",\"delta\":{\"type\":\"text_delta\",\"text\":7}}",
            "{\"type\":\"content_block_stop\",\"index\":1e999}",
            "{\"type\":\"message_delta\",\"usage\":{\"output_tokens\":-1}}",
            "{\"type\":\"error\"}")) {
      read(data);
    }
    assertThat(reader.proof()).isEqualTo(Proof.OPEN);
  }
}
