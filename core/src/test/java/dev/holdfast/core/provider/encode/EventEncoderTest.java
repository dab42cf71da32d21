package dev.holdfast.core.provider.encode;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.dialect.AnswerHead;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.provider.shared.Finishes;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.ToolCallMark;
import dev.holdfast.core.tools.ToolCallAssembler;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** What is written reads as what was said, but for the losses that {@link Told} states. */
class EventEncoderTest {
  private static final AnswerHead HEAD =
      new AnswerHead("resp_front", "the-model", 1_763_640_000, true);

  static List<String> dialects() {
    return EventEncoder.dialects();
  }

  static byte[] body(String dialect, List<StreamEvent> events, boolean complete) {
    var encoder = EventEncoder.of(dialect, HEAD);
    var body = new ByteArrayOutputStream();
    body.writeBytes(encoder.keepAlive());
    events.forEach(event -> body.writeBytes(encoder.encode(event)));
    var failure = Failure.retryable(Cause.SEAM_REFUSED, "the text did not fit");
    body.writeBytes(complete ? encoder.complete() : encoder.fail(failure));
    return body.toByteArray();
  }

  private static Wire.Reading read(String dialect, byte[] body, int chunk) {
    return Wire.read(dialect, Wire.reader(dialect), body, body.length, chunk);
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void aCompleteAnswerReadsAsWhatWasWritten(String dialect) {
    each(
        1500,
        random -> {
          var events = DrawnEvents.draw(random);
          byte[] body = body(dialect, events, true);
          var reading = read(dialect, body, 1 + random.nextInt(200));
          assertThat(reading.proof().isProven()).as("proof").isTrue();
          assertThat(Told.of(reading.events()).withoutRaw())
              .isEqualTo(Told.of(events).in(dialect, true));
          assertThat(read(dialect, body, body.length)).isEqualTo(reading);
        });
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void anAnswerGivenUpReadsAsAnErrorAndIsNeverProven(String dialect) {
    each(
        700,
        random -> {
          var events = DrawnEvents.draw(random);
          var reading = read(dialect, body(dialect, events, false), 64);
          assertThat(reading.events()).anyMatch(StreamEvent.ErrorReported.class::isInstance);
          assertThat(reading.proof().isProven()).as("proof").isFalse();
          boolean waits =
              dialect.equals("anthropic-messages") || dialect.equals("openai-responses");
          if (!waits) { // There, what waits behind an open call is given up with it.
            assertThat(Told.of(reading.events()).withoutFinishes())
                .isEqualTo(Told.of(events).in(dialect, false));
          }
        });
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void whatIsNotEndedIsNotProven(String dialect) {
    each(
        300,
        random -> {
          var encoder = EventEncoder.of(dialect, HEAD);
          var body = new ByteArrayOutputStream();
          DrawnEvents.draw(random).forEach(event -> body.writeBytes(encoder.encode(event)));
          assertThat(read(dialect, body.toByteArray(), 64).proof().isProven()).isFalse();
        });
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void everyAttemptSpeaksUnderTheHeadsName(String dialect) {
    each(
        200,
        random -> {
          var reading = read(dialect, body(dialect, DrawnEvents.draw(random), true), 64);
          var started = reading.events().stream().filter(StreamEvent.Started.class::isInstance);
          assertThat(started)
              .containsExactly(
                  new StreamEvent.Started(
                      dialect.equals("ollama-chat") ? "" : "resp_front", "the-model"));
        });
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void noTextBreaksOutOfItsFrame(String dialect) {
    String hostile = "\n\ndata: {\"error\":\"x\"}\r\n\r\nevent: error\ndata: [DONE]\u2028\n\n: c\n";
    var events =
        List.<StreamEvent>of(
            new StreamEvent.TextDelta(0, hostile), new StreamEvent.ReasoningDelta(0, hostile));
    var head = new AnswerHead(hostile, hostile, 0, true);
    var encoder = EventEncoder.of(dialect, head);
    var body = new ByteArrayOutputStream();
    events.forEach(event -> body.writeBytes(encoder.encode(event)));
    body.writeBytes(encoder.complete());
    var lines = body.toString(StandardCharsets.UTF_8).split("\n", -1);
    assertThat(lines)
        .allMatch(line -> line.isEmpty() || line.matches("(data|event): .*|[\\[]?\\{.*\\},?|\\]"));
    var reading = read(dialect, body.toByteArray(), 7);
    assertThat(reading.events()).noneMatch(StreamEvent.ErrorReported.class::isInstance);
    assertThat(Told.of(reading.events()).blocks()).isEqualTo(Told.of(events).blocks());
    assertThat(reading.events())
        .contains(new StreamEvent.Started(dialect.equals("ollama-chat") ? "" : hostile, hostile));
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void aKeepAliveIsACommentOrABlankLineWhereClientsDoNotKnowComments(String dialect) {
    var encoder = EventEncoder.of(dialect, HEAD);
    String beat =
        switch (dialect) {
          case "gemini-sse", "gemini-json-array" -> "\n";
          case "ollama-chat" ->
              "{\"model\":\"the-model\",\"created_at\":\"2025-11-20T12:00:00Z\",\"message\":"
                  + "{\"role\":\"assistant\",\"content\":\"\"},\"done\":false}\n";
          default -> ": keep-alive\n\n";
        };
    // An array is begun by its bracket: blank lines before it are no document.
    String first = dialect.equals("gemini-json-array") ? "[\n" : beat;
    assertThat(encoder.keepAlive()).asString(StandardCharsets.UTF_8).isEqualTo(first);
    assertThat(encoder.encode(new StreamEvent.Heartbeat("ping")))
        .asString(StandardCharsets.UTF_8)
        .isEqualTo(beat);
  }

  /** As Mistral and OpenAI do: clients made for one may lose calls of the other. */
  @ParameterizedTest
  @CsvSource({
    "mistral-small-latest, 1",
    "mistralai/codestral-2508, 1",
    "open-mixtral-8x7b, 1",
    "gpt-4.1, 2",
    "llama-admistral, 2"
  })
  void wholeCallsShareAChunkAsTheModelsProviderWritesThem(String model, int chunks) {
    var encoder = EventEncoder.of("openai-chat", new AnswerHead("id", model, 1_763_640_000, true));
    var body = new ByteArrayOutputStream();
    for (String id : List.of("a", "b")) {
      var call = new ToolCall(0, id, "tow", "{\"ship\":\"" + id + "\"}");
      body.writeBytes(encoder.encode(new StreamEvent.ToolCallReady(call)));
    }
    body.writeBytes(encoder.complete());
    assertThat(body.toString(StandardCharsets.UTF_8).lines())
        .filteredOn(line -> line.contains("tool_calls\":["))
        .hasSize(chunks);
    assertThat(body.toString(StandardCharsets.UTF_8))
        .containsSubsequence("\"index\":0", "\"id\":\"a\"", "\"index\":1", "\"id\":\"b\"");
  }

  @Test
  void aMessageThatHasBegunIsKeptAliveByAPing() {
    var encoder = EventEncoder.of("anthropic-messages", HEAD);
    encoder.encode(new StreamEvent.TextDelta(0, "a"));
    assertThat(encoder.keepAlive())
        .asString(StandardCharsets.UTF_8)
        .isEqualTo("event: ping\ndata: {\"type\":\"ping\"}\n\n");
  }

  @ParameterizedTest
  @MethodSource("dialects")
  void nothingFollowsTheEnd(String dialect) {
    var failure = Failure.retryable(Cause.TRUNCATED, "cut");
    var completed = EventEncoder.of(dialect, HEAD);
    completed.complete();
    assertThatThrownBy(() -> completed.fail(failure)).isInstanceOf(IllegalStateException.class);
    var failed = EventEncoder.of(dialect, HEAD);
    failed.fail(failure);
    assertThatThrownBy(failed::complete)
        .isInstanceOf(IllegalStateException.class)
        .hasMessage("encoder: must not be used after its end, was ended");
  }

  @ParameterizedTest
  @CsvSource({
    "openai-chat, RATE_LIMITED, RATE_LIMITED",
    "openai-chat, OVERLOADED, OVERLOADED",
    "openai-chat, REJECTED, REJECTED",
    "openai-chat, SEAM_REFUSED, PROVIDER_ERROR",
    "openai-responses, RATE_LIMITED, RATE_LIMITED",
    "openai-responses, OVERLOADED, OVERLOADED",
    "openai-responses, REJECTED, REJECTED",
    "openai-responses, TRUNCATED, PROVIDER_ERROR",
    "anthropic-messages, RATE_LIMITED, RATE_LIMITED",
    "anthropic-messages, OVERLOADED, OVERLOADED",
    "anthropic-messages, REJECTED, REJECTED",
    "anthropic-messages, IDLE_TIMEOUT, PROVIDER_ERROR",
    "gemini-sse, RATE_LIMITED, RATE_LIMITED",
    "gemini-sse, OVERLOADED, OVERLOADED",
    "gemini-sse, REJECTED, REJECTED",
    "gemini-sse, IDLE_TIMEOUT, PROVIDER_ERROR"
  })
  void anErrorIsWrittenInTheProtocolsOwnWords(String dialect, Cause told, Cause read) {
    byte[] body = EventEncoder.of(dialect, HEAD).fail(Failure.retryable(told, "what happened"));
    var errors =
        read(dialect, body, 5).events().stream()
            .filter(StreamEvent.ErrorReported.class::isInstance)
            .map(event -> ((StreamEvent.ErrorReported) event).failure())
            .toList();
    assertThat(errors).hasSize(1);
    assertThat(errors.getFirst().cause()).isEqualTo(read);
    assertThat(errors.getFirst().provider().orElseThrow().message())
        .isEqualTo(told.id() + ": what happened");
  }

  @Test
  void theTokensOfAProviderOfTheSameProtocolAreReportedAsTheyCame() {
    String raw = "{\"prompt_tokens\":1,\"completion_tokens\":2,\"total_tokens\":3,\"x\":1.50}";
    var events =
        List.<StreamEvent>of(
            new StreamEvent.TextDelta(0, "a"),
            new StreamEvent.Usage(dev.holdfast.core.stream.TokenUsage.of(1, 2, raw)));
    assertThat(new String(body("openai-chat", events, true), StandardCharsets.UTF_8))
        .contains("\"usage\":" + raw);
    assertThat(new String(body("gemini-sse", events, true), StandardCharsets.UTF_8))
        .contains("{\"promptTokenCount\":1,\"candidatesTokenCount\":2,\"totalTokenCount\":3}");
  }

  @Test
  void theTokensOfAChatAreReportedOnlyIfAskedFor() {
    var encoder = EventEncoder.of("openai-chat", new AnswerHead("a", "b", 0, false));
    encoder.encode(new StreamEvent.Usage(dev.holdfast.core.stream.TokenUsage.of(1, 2, "{}")));
    assertThat(encoder.complete()).asString(StandardCharsets.UTF_8).doesNotContain("usage");
  }

  @Test
  void argumentsForACallThatHadToBeEndedAreReportedAsAnError() {
    var events =
        List.<StreamEvent>of(
            new StreamEvent.ToolCallDelta(0, 0, "a", "one", "{}"),
            new StreamEvent.ToolCallDelta(0, 1, "b", "two", "{}"),
            new StreamEvent.ToolCallDelta(0, 0, "", "", "{\"x\":1}"));
    for (var dialect : List.of("anthropic-messages", "openai-responses")) {
      var reading = read(dialect, body(dialect, events, true), 64);
      assertThat(reading.proof().isProven()).isFalse();
      assertThat(reading.events()).anyMatch(StreamEvent.ErrorReported.class::isInstance);
    }
  }

  @Test
  void aCallThatGeminiCannotExpressIsNotLeftOutInSilence() {
    var events =
        List.<StreamEvent>of(
            new StreamEvent.ToolCallDelta(0, 0, "a", "one", "{\"x\":"),
            new StreamEvent.Finished(0, Finishes.of("tool_calls")));
    assertThat(new String(body("gemini-sse", events, true), StandardCharsets.UTF_8))
        .contains("\"finishReason\":\"MALFORMED_FUNCTION_CALL\"")
        .doesNotContain("functionCall");
  }

  @Test
  @Timeout(120)
  void everyRecordingReadsTheSameInEveryProtocol() throws Exception {
    int compared = 0;
    for (var recording : Wire.allRecordings()) {
      byte[] bytes = recording.bytes();
      var reading =
          Wire.read(
              recording.dialect(),
              Wire.reader(recording.dialect()),
              bytes,
              bytes.length,
              bytes.length + 1);
      boolean failed = reading.events().stream().anyMatch(EventEncoderTest::isFailure);
      boolean complete = reading.proof().isProven() && !failed;
      var events = reading.events().stream().filter(event -> !isFailure(event)).toList();
      for (var dialect : dialects()) {
        byte[] body = body(dialect, events, complete);
        var again = read(dialect, body, 1400);
        var expected = Told.of(events).in(dialect, complete);
        var told = Told.of(again.events());
        assertThat(complete ? told.withoutRaw() : told.withoutFinishes())
            .as("%s as %s", recording, dialect)
            .isEqualTo(expected);
        assertThat(again.proof().isProven()).as("%s as %s", recording, dialect).isEqualTo(complete);
        compared++;
      }
    }
    assumeTrue(compared > 0, "no recordings beside the project: skipped");
    assertThat(compared).isEqualTo(6 * 263);
  }

  private static boolean isFailure(StreamEvent event) {
    return event instanceof StreamEvent.ErrorReported
        || event instanceof StreamEvent.FrameRejected
        || event instanceof StreamEvent.Warned;
  }

  private interface Property {
    void holds(Random random);
  }

  private static void each(int count, Property property) {
    Long only = Long.getLong("holdfast.seed");
    var seeds = new ArrayList<Long>();
    for (long seed = 1; seed <= count; seed++) {
      seeds.add(seed);
    }
    for (long seed : only == null ? seeds : List.of(only)) {
      try {
        property.holds(new Random(seed));
      } catch (RuntimeException | AssertionError e) {
        throw new AssertionError(
            "seed %d; replay: ./mvnw -pl core test -Dtest=EventEncoderTest -Dholdfast.seed=%d"
                .formatted(seed, seed),
            e);
      }
    }
  }

  /** A client that runs the calls of done items must not run one that a limit cut. */
  @Test
  void aCallThatALimitCutIsAnIncompleteItem() {
    var events =
        List.<StreamEvent>of(
            new StreamEvent.ToolCallDelta(0, 0, "call_a", "delete_all", ""),
            new StreamEvent.Finished(0, new Finish(Finish.Reason.LENGTH, "length")));
    String cut = new String(body("openai-responses", events, true), StandardCharsets.UTF_8);
    assertThat(cut).contains("\"status\":\"incomplete\",\"call_id\"").doesNotContain("{}\"");
    var natural =
        List.of(
            events.getFirst(),
            new StreamEvent.Finished(0, new Finish(Finish.Reason.TOOL_CALLS, "tool_calls")));
    assertThat(new String(body("openai-responses", natural, true), StandardCharsets.UTF_8))
        .contains("\"status\":\"completed\",\"call_id\"")
        .contains("{}\"");
  }

  /** Without arguments a call is whole only where the finish is one that calls end with. */
  @ParameterizedTest
  @MethodSource("dialects")
  void aCallWithoutArgumentsIsJudgedWithTheFinish(String dialect) {
    var call = new StreamEvent.ToolCallDelta(0, 0, "call_a", "delete_all", "");
    var closed = new StreamEvent.ToolCallMarked(0, 0, ToolCallMark.CLOSED);
    var limit = new StreamEvent.Finished(0, new Finish(Finish.Reason.LENGTH, "length"));
    var natural = new StreamEvent.Finished(0, new Finish(Finish.Reason.TOOL_CALLS, "tool_calls"));
    assertThat(whole(dialect, List.of(call, closed, limit))).isEmpty();
    assertThat(whole(dialect, List.of(call, limit))).isEmpty();
    assertThat(whole(dialect, List.of(call, closed, natural))).containsExactly("delete_all {}");
    assertThat(whole(dialect, List.of(call, natural))).containsExactly("delete_all {}");
  }

  /** Another call after it proves nothing about one that may lack its arguments. */
  @ParameterizedTest
  @MethodSource("dialects")
  void aCallWithoutArgumentsIsJudgedWithTheFinishWhereverItStands(String dialect) {
    var blank = new StreamEvent.ToolCallDelta(0, 0, "call_a", "delete_all", "");
    var next = new StreamEvent.ToolCallDelta(0, 1, "call_b", "tide", "{\"n\":1}");
    var text = new StreamEvent.TextDelta(0, "Then this.");
    var closed = new StreamEvent.ToolCallMarked(0, 0, ToolCallMark.CLOSED);
    var limit = new StreamEvent.Finished(0, new Finish(Finish.Reason.LENGTH, "length"));
    var natural = new StreamEvent.Finished(0, new Finish(Finish.Reason.TOOL_CALLS, "tool_calls"));
    assertThat(whole(dialect, List.of(blank, next, limit))).containsExactly("tide {\"n\":1}");
    assertThat(whole(dialect, List.of(blank, text, next, limit))).containsExactly("tide {\"n\":1}");
    assertThat(whole(dialect, List.of(blank, text, limit))).isEmpty();
    assertThat(whole(dialect, List.of(blank, closed, next, limit)))
        .containsExactly("delete_all {}", "tide {\"n\":1}");
    assertThat(whole(dialect, List.of(blank, next, natural)))
        .containsExactly("delete_all {}", "tide {\"n\":1}");
  }

  /** Clients run what they can parse: nothing that a limit cut is written as a document. */
  @ParameterizedTest
  @CsvSource({"openai-chat, '{}'", "gemini-sse, '\"args\":{}'"})
  void noEmptyObjectIsWrittenForACallThatALimitCut(String dialect, String object) {
    var call = new StreamEvent.ToolCallDelta(0, 0, "call_a", "delete_all", "");
    var limit = new StreamEvent.Finished(0, new Finish(Finish.Reason.LENGTH, "length"));
    var natural = new StreamEvent.Finished(0, new Finish(Finish.Reason.TOOL_CALLS, "tool_calls"));
    String arguments = dialect.equals("openai-chat") ? "\"arguments\":\"" + object : object;
    assertThat(new String(body(dialect, List.of(call, limit), true), StandardCharsets.UTF_8))
        .doesNotContain(arguments);
    assertThat(new String(body(dialect, List.of(call, natural), true), StandardCharsets.UTF_8))
        .contains(arguments);
  }

  private static List<String> whole(String dialect, List<StreamEvent> events) {
    var judge = new ToolCallAssembler();
    read(dialect, body(dialect, events, true), 64).events().forEach(judge);
    return judge.whole().stream().map(call -> call.name() + " " + call.arguments()).toList();
  }
}
