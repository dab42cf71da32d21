package dev.holdfast.core.provider.amazon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.DialectReader;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.frame.AwsMessages;
import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.verdict.BodyJudge;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the fixtures cannot say: single events, proof step by step, retryability, bounds. */
class BedrockReadersTest {
  private static final String STOP = "{\"stopReason\":\"end_turn\"}";
  private static final String METADATA = "{\"usage\":{\"inputTokens\":9,\"outputTokens\":4}}";

  private final DialectReader converse = new BedrockConverseReader(CompletionPolicy.STRICT);
  private final DialectReader invoke = new BedrockInvokeReader(CompletionPolicy.STRICT);

  private static List<StreamEvent> read(DialectReader reader, String type, String data) {
    var events = new ArrayList<StreamEvent>();
    reader.read(Frame.event(type, data), events::add);
    return events;
  }

  private List<StreamEvent> chunk(String inner) {
    return chunk(invoke, inner);
  }

  private static List<StreamEvent> chunk(DialectReader reader, String inner) {
    String bytes = Base64.getEncoder().encodeToString(inner.getBytes(StandardCharsets.UTF_8));
    return read(reader, "chunk", "{\"bytes\":\"" + bytes + "\"}");
  }

  @Test
  void onlyMessageStopProvesAndMetadataCloses() {
    assertThat(read(converse, "messageStart", "{\"role\":\"assistant\"}"))
        .containsExactly(new StreamEvent.Started("", ""));
    assertThat(read(converse, "messageStart", "{}"))
        .containsExactly(
            new StreamEvent.Warned(
                Cause.PROTOCOL_VIOLATION, "messageStart: must come once, came again"));
    assertThat(converse.proof()).isEqualTo(Proof.OPEN);
    assertThat(read(converse, "messageStop", STOP))
        .containsExactly(new StreamEvent.Finished(0, new Finish(Finish.Reason.STOP, "end_turn")));
    assertThat(converse.proof()).isEqualTo(Proof.PROVEN);
    assertThat(read(converse, "metadata", METADATA))
        .containsExactly(
            new StreamEvent.Usage(TokenUsage.of(9, 4, "{\"inputTokens\":9,\"outputTokens\":4}")));
    assertThat(converse.proof()).isEqualTo(Proof.CLOSED);
  }

  @ParameterizedTest
  @CsvSource({
    "internalServerException, PROVIDER_ERROR, true",
    "modelStreamErrorException, PROVIDER_ERROR, true",
    "modelTimeoutException, PROVIDER_ERROR, true",
    "serviceUnavailableException, OVERLOADED, true",
    "throttlingException, RATE_LIMITED, true",
    "validationException, REJECTED, false",
    "accessDeniedException, REJECTED, false",
    "resourceNotFoundException, REJECTED, false",
    "serviceQuotaExceededException, REJECTED, false",
  })
  void anExceptionsNameShowsWhetherItHeals(String name, Cause cause, boolean heals) {
    byte[] body = AwsMessages.exception(name, "{\"message\":\"No.\"}");
    for (var dialect : List.of("bedrock-converse", "bedrock-invoke")) {
      var reading = Wire.read(dialect, Wire.reader(dialect), body, body.length, 5);
      assertThat(reading.events()).hasSize(1);
      assertThat(reading.events().getFirst())
          .isInstanceOfSatisfying(
              StreamEvent.ErrorReported.class,
              error -> {
                assertThat(error.failure().cause()).isEqualTo(cause);
                assertThat(error.failure().isRetryable()).isEqualTo(heals);
                assertThat(error.failure().provider()).isPresent();
              });
      assertThat(reading.proof()).isEqualTo(Proof.OPEN);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "end_turn, STOP",
    "tool_use, TOOL_CALLS",
    "max_tokens, LENGTH",
    "model_context_window_exceeded, LENGTH",
    "stop_sequence, STOP",
    "guardrail_intervened, CONTENT_FILTER",
    "content_filtered, CONTENT_FILTER",
    "malformed_model_output, ERROR",
    "malformed_tool_use, ERROR",
  })
  void normalisesReasons(String raw, Finish.Reason reason) {
    assertThat(read(converse, "messageStop", "{\"stopReason\":\"" + raw + "\"}"))
        .containsExactly(new StreamEvent.Finished(0, new Finish(reason, raw)));
  }

  @Test
  void passesOnWhatItDoesNotRead() {
    assertThat(
            read(
                converse,
                "contentBlockDelta",
                "{\"delta\":{\"reasoningContent\":{\"signature\":\"c2ln\"}}}"))
        .containsExactly(new StreamEvent.Opaque("signature"));
    assertThat(read(converse, "contentBlockDelta", "{\"delta\":{\"citation\":{}}}"))
        .containsExactly(new StreamEvent.Opaque("citation"));
    assertThat(read(converse, "surprise", "{}"))
        .containsExactly(new StreamEvent.Opaque("surprise"));
    assertThat(read(converse, "contentBlockDelta", "{\"delta\":7}")).isEmpty();
  }

  @Test
  void aDamagedBodyIsRejectedOnceAndItsEndProvesNothing() {
    byte[] body =
        AwsMessages.join(
            AwsMessages.event("contentBlockDelta", "{\"delta\":{\"text\":\"Hi\"}}"),
            AwsMessages.event("messageStop", STOP));
    body[body.length - 6] ^= 1;
    for (var reader :
        List.of(
            new BedrockConverseReader(CompletionPolicy.EOF),
            new BedrockConverseReader(CompletionPolicy.DONE_MARKER),
            new BedrockInvokeReader(CompletionPolicy.EOF))) {
      var reading = Wire.read("bedrock-converse", reader, body, body.length, 9);
      assertThat(reading.events().getLast())
          .isEqualTo(
              new StreamEvent.FrameRejected(
                  Failure.retryable(
                      Cause.MALFORMED_FRAME, "message: must fit its checksum, was damaged")));
      assertThat(reading.proof()).isEqualTo(Proof.OPEN);
    }
  }

  @Test
  void aCleanEndProvesWhereThePolicyAllowsIt() {
    byte[] body = AwsMessages.event("contentBlockDelta", "{\"delta\":{\"text\":\"Hi\"}}");
    for (var dialect : List.of("bedrock-converse", "bedrock-invoke")) {
      var whole = Dialects.byId(dialect).newReader(CompletionPolicy.EOF);
      assertThat(Wire.read(dialect, whole, body, body.length, 9).proof()).isEqualTo(Proof.CLOSED);
      var cut = Dialects.byId(dialect).newReader(CompletionPolicy.EOF);
      assertThat(Wire.read(dialect, cut, body, body.length - 1, 9).proof()).isEqualTo(Proof.OPEN);
    }
  }

  @Test
  void toolArgumentsAreBounded() {
    String piece = "x".repeat(1 << 20);
    var rejected =
        IntStream.range(0, 20)
            .mapToObj(i ->
                read(
                    converse,
                    "contentBlockDelta",
                    "{\"delta\":{\"toolUse\":{\"input\":\"" + piece + "\"}}}"))
            .flatMap(List::stream)
            .filter(StreamEvent.FrameRejected.class::isInstance)
            .map(event -> ((StreamEvent.FrameRejected) event).failure().cause())
            .collect(Collectors.toSet());
    assertThat(rejected).containsExactly(Cause.LIMIT_EXCEEDED);
  }

  private static String call(String place, String id, String name) {
    return "{\"%s\":{\"toolUse\":{\"toolUseId\":\"%s\",\"name\":\"%s\"}},\"contentBlockIndex\":0}"
        .formatted(place, id, name);
  }

  private static String input(int index, String escaped) {
    return "{\"delta\":{\"toolUse\":{\"input\":\"%s\"}},\"contentBlockIndex\":%d}"
        .formatted(escaped, index);
  }

  /** {@return verdict and calls of a message with these events, each a type and its document} */
  private static String judged(String reason, String... events) {
    var body = new ByteArrayOutputStream();
    body.writeBytes(AwsMessages.event("messageStart", "{\"role\":\"assistant\"}"));
    for (int i = 0; i < events.length; i += 2) {
      body.writeBytes(AwsMessages.event(events[i], events[i + 1]));
    }
    body.writeBytes(AwsMessages.event("messageStop", "{\"stopReason\":\"" + reason + "\"}"));
    body.writeBytes(AwsMessages.event("metadata", "{\"usage\":{}}"));
    var judge =
        new BodyJudge(
            Dialects.byId("bedrock-converse"), FrameLimits.DEFAULT, CompletionPolicy.STRICT);
    judge.feed(ByteBuffer.wrap(body.toByteArray()), (event, counts) -> {});
    judge.end((event, counts) -> {});
    return judge.verdict().name()
        + judge.toolCalls().stream()
            .map(call -> " " + call.name() + call.arguments())
            .collect(Collectors.joining());
  }

  @Test
  void aCallInDoubtIsNotHandedOn() {
    String start = "contentBlockStart";
    String delta = "contentBlockDelta";
    String stop = "contentBlockStop";
    String end = "{\"contentBlockIndex\":0}";
    String begun = call("start", "a", "delete_all");
    assertThat(judged("tool_use", start, begun, stop, end)).isEqualTo("COMPLETE delete_all{}");
    for (String early :
        List.of(
            "max_tokens",
            "content_filtered",
            "guardrail_intervened",
            "model_context_window_exceeded")) {
      assertThat(judged(early, start, begun, stop, end)).as(early).isEqualTo("COMPLETE");
    }
    for (String other : List.of("stop_sequence", "malformed_tool_use", "ran_out", "")) {
      assertThat(judged(other, start, begun, stop, end)).as(other).isEqualTo("TRUNCATED");
    }
    assertThat(judged("tool_use", start, begun)).as("not closed").isEqualTo("TRUNCATED");
    // A piece at the index of no block may be that of the call.
    assertThat(judged("max_tokens", start, begun, stop, end, delta, input(3, "{")))
        .isEqualTo("COMPLETE");
    // Calls that begin with their first piece: one that follows at the same index is another one.
    assertThat(
            judged(
                "tool_use",
                delta,
                call("delta", "a", "rm"),
                delta,
                call("delta", "b", "cp"),
                delta,
                input(0, "{\\\"n\\\":1}"),
                stop,
                end))
        .isEqualTo("FAILED");
  }

  @Test
  void aFlatStreamIsProvenByItsReasonAndClosedByItsMetrics() {
    assertThat(chunk("{\"outputText\":\"Hi\",\"completionReason\":null}"))
        .containsExactly(new StreamEvent.TextDelta(0, "Hi"));
    assertThat(invoke.proof()).isEqualTo(Proof.OPEN);
    assertThat(chunk("{\"outputText\":\"\",\"completionReason\":\"FINISH\"}"))
        .containsExactly(new StreamEvent.Finished(0, new Finish(Finish.Reason.STOP, "FINISH")));
    assertThat(invoke.proof()).isEqualTo(Proof.PROVEN);
    chunk("{\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":1}}");
    assertThat(invoke.proof()).isEqualTo(Proof.CLOSED);
  }

  @Test
  void aGuardrailsMetricsAreNoProof() {
    chunk(
        "{\"outputText\":\"Blocked\",\"amazon-bedrock-guardrailAction\":\"INTERVENED\","
            + "\"amazon-bedrock-invocationMetrics\":{\"inputTokenCount\":1}}");
    assertThat(invoke.end(event -> {})).isEqualTo(Proof.OPEN);
  }

  @Test
  void anAnthropicStreamIsReadByItsOwnRule() {
    chunk("{\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"model\":\"toy\"}}");
    chunk("{\"type\":\"message_delta\",\"delta\":{\"stop_reason\":\"end_turn\"}}");
    assertThat(invoke.proof()).as("a reason alone is none").isEqualTo(Proof.OPEN);
    chunk("{\"type\":\"message_stop\"}");
    assertThat(invoke.proof()).isEqualTo(Proof.CLOSED);
  }

  @Test
  void whatIsNoChunkIsPassedOnOrRejected() {
    assertThat(read(invoke, "chunk", "{\"p\":\"abc\"}"))
        .containsExactly(new StreamEvent.Opaque("chunk"));
    assertThat(read(invoke, "chunk", "{\"bytes\":\"*\"}"))
        .containsExactly(
            new StreamEvent.FrameRejected(
                Failure.retryable(Cause.MALFORMED_FRAME, "bytes: must be base64, was another")));
    assertThat(chunk("[1")).singleElement().isInstanceOf(StreamEvent.FrameRejected.class);
  }
}
