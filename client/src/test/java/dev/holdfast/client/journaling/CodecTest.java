package dev.holdfast.client.journaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.RungRefusal;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.TokenUsage;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.ToolCallMark;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.stream.Waste;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is stored is what is read. */
class CodecTest {
  /** Quotes, controls, a pair and a lone half of a surrogate: what JSON and UTF-8 may lose. */
  private static final String HARD = "a \"b\" \\ \n\u0000 \ud83d\ude42 \ud83d end";

  private static final Failure FAILURE =
      Failure.builder(Cause.OVERLOADED, HARD)
          .retryable(true)
          .starting(true)
          .retryAfter(Duration.ofMillis(1500))
          .httpStatus(529)
          .provider(new ProviderError("t", "c", HARD, "{\"x\":1}"))
          .build();
  private static final ToolCall CALL = new ToolCall(2, "id", "name", "{\"a\":" + "1}", HARD);
  private static final TokenUsage USAGE =
      TokenUsage.of(7, -1, "{\"n\":1e400}").withEstimates(true, false);
  private static final Seam SEAM = new Seam(1L << 40, Rung.ANCHOR, 3, 9);

  static Stream<StreamEvent> events() {
    return Stream.of(
        new StreamEvent.Started("id", HARD),
        new StreamEvent.TextDelta(0, HARD),
        new StreamEvent.TextDelta(3, "x"),
        new StreamEvent.ReasoningDelta(1, HARD),
        new StreamEvent.RefusalDelta(1, HARD),
        new StreamEvent.ToolCallDelta(1, 2, "id", "name", HARD),
        new StreamEvent.ToolCallMarked(1, 2, ToolCallMark.DISPUTED),
        new StreamEvent.ToolCallSigned(1, 2, HARD),
        new StreamEvent.ToolCallReady(CALL),
        new StreamEvent.Usage(USAGE),
        new StreamEvent.Usage(TokenUsage.of(0, 5, "")),
        new StreamEvent.Finished(1, new Finish(Finish.Reason.CONTENT_FILTER, HARD)),
        new StreamEvent.DoneMarker(),
        new StreamEvent.Heartbeat("ping"),
        new StreamEvent.Opaque("kind"),
        new StreamEvent.ErrorReported(FAILURE),
        new StreamEvent.FrameRejected(Failure.permanent(Cause.MALFORMED_JSON, "")),
        new StreamEvent.AttemptFailed(2, FAILURE),
        new StreamEvent.Retrying(1, 3, Duration.ofNanos(1), Rung.REPLAY),
        new StreamEvent.SeamMarked(SEAM),
        new StreamEvent.Warned(Cause.MISSING_DONE, HARD));
  }

  @ParameterizedTest
  @MethodSource("events")
  void anEventSurvives(StreamEvent event) {
    assertThat(EventCodec.read(EventCodec.write(event))).isEqualTo(event);
  }

  @Test
  void noKindOfEventIsMissingAbove() {
    var tried = events().map(Object::getClass).collect(Collectors.toSet());
    assertThat(tried).isEqualTo(Set.of(StreamEvent.class.getPermittedSubclasses()));
  }

  private static Ending.Builder full(Verdict verdict) {
    return Ending.builder()
        .verdict(verdict)
        .failure(FAILURE)
        .stoppedBy(Cause.RETRIES_EXHAUSTED)
        .exactness(Exactness.CONTINUED)
        .finishes(
            new TreeMap<>(
                Map.of(
                    0, new Finish(Finish.Reason.STOP, "stop"),
                    4, new Finish(Finish.Reason.LENGTH, HARD))))
        .toolCalls(List.of(CALL))
        .usage(USAGE)
        .waste(new Waste(1, 2, 3))
        .attempts(
            List.of(
                AttemptReport.builder().number(1).upstream("a").build(),
                AttemptReport.builder()
                    .number(2)
                    .upstream("b")
                    .rung(Rung.PREFILL)
                    .startNanos(1)
                    .firstTokenNanos(0)
                    .endNanos(1L << 50)
                    .httpStatus(200)
                    .bytes(4)
                    .events(5)
                    .usage(USAGE)
                    .waste(new Waste(4, 5, 6))
                    .failure(FAILURE)
                    .profile("p")
                    .requestId("r")
                    .build()))
        .seams(List.of(SEAM))
        .warnings(List.of(Cause.MISSING_DONE))
        .refusals(List.of(new RungRefusal("a", Rung.CURSOR, HARD)));
  }

  static Stream<Verdict> verdicts() {
    return Stream.concat(
        Stream.of(new Verdict.Complete()), Arrays.stream(Cause.values()).map(Verdict::of));
  }

  @ParameterizedTest
  @MethodSource("verdicts")
  void anOutcomeSurvives(Verdict verdict) {
    var full =
        new StoredEnding(
            full(verdict).build(), Optional.of(Duration.ofNanos(5)), Duration.ofDays(1));
    assertThat(EndingCodec.read(EndingCodec.write(full))).isEqualTo(full);
    var bare =
        new StoredEnding(
            Ending.builder().verdict(verdict).build(), Optional.empty(), Duration.ZERO);
    assertThat(EndingCodec.read(EndingCodec.write(bare))).isEqualTo(bare);
  }

  @Test
  void theJournalNamesTheCause() {
    assertThat(EndingCodec.end(Verdict.of(Cause.IDLE_TIMEOUT)))
        .isEqualTo(new JournalEnd(JournalEnd.Kind.TRUNCATED, "idle-timeout"));
    assertThat(EndingCodec.end(Verdict.of(Cause.REJECTED)))
        .isEqualTo(new JournalEnd(JournalEnd.Kind.FAILED, "rejected"));
    assertThat(EndingCodec.end(new Verdict.Complete()))
        .isEqualTo(JournalEnd.of(JournalEnd.Kind.COMPLETE));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "secret",
        "[]",
        "{} {}",
        "{\"type\":\"secret\"}",
        "{\"type\":\"tool\"}",
        "{\"type\":\"warned\",\"cause\":\"secret\"}",
        "{\"type\":\"tool-mark\",\"mark\":\"\"}",
        "{\"verdict\":\"TRUNCATED\",\"cause\":\"rejected\",\"exactness\":\"PREFIX\"}"
      })
  void whatIsNeitherIsRefusedWithoutAQuotation(String payload) {
    ByteBuffer bytes = StandardCharsets.UTF_8.encode(payload);
    assertThatThrownBy(() -> EventCodec.read(bytes.duplicate()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> EndingCodec.read(bytes.duplicate()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("secret");
  }
}
