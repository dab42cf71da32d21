package dev.holdfast.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a monitor keeps of an hour, of models and upstreams, of attempts, and for Prometheus. */
class StreamHistoryTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final Duration HOUR = Duration.ofMinutes(60);

  private final HandClock clock = new HandClock();
  private final StreamMonitor monitor = new StreamMonitor(5, clock);

  private StreamObserver.Watch begin(String upstream, String model) {
    var target = new StreamObserver.Target(upstream, "", 0, "openai-chat", model);
    var watch = Objects.requireNonNull(monitor.begun(target, clock.nanoTime()));
    watch.observed(new Observation.AttemptOpened(1, target), clock.nanoTime());
    return watch;
  }

  private void pass(long millis) {
    clock.advance(Duration.ofMillis(millis));
  }

  private void text(StreamObserver.Watch watch, int bytes, int characters) {
    watch.received(1, bytes, 1, clock.nanoTime());
    watch.delivered(1, characters, clock.nanoTime());
  }

  private void fail(StreamObserver.Watch watch, int attempt, String detail) {
    var trouble = new Observation.FailureSummary(Cause.CONNECTION_LOST, detail, 503, "");
    watch.observed(new Observation.AttemptClosed(attempt, trouble), clock.nanoTime());
  }

  private void end(StreamObserver.Watch watch, Verdict verdict) {
    watch.observed(
        new Observation.Ended(verdict, null, null, Exactness.UNBROKEN, List.of(), 7, 12, 1, 0),
        clock.nanoTime());
  }

  private static List<Long> counts(StreamHistory.Point point) {
    return List.of(
        point.active(), point.started(), point.successful(), point.truncated(), point.failed());
  }

  @Test
  void countsWhatArrivesWhenItArrives() {
    pass(60_000);
    var watch = begin("east", "gpt-4.1");
    for (int i = 0; i < 20; i++) {
      pass(100);
      text(watch, 500, 40);
    }
    pass(2000);
    var points = monitor.history(MINUTE).points();
    assertThat(points).hasSize(60);
    double bytes = points.stream().mapToDouble(StreamHistory.Point::bytesPerSecond).sum();
    double tokens = points.stream().mapToDouble(StreamHistory.Point::tokensPerSecond).sum();
    assertThat(bytes).isEqualTo(10_000);
    assertThat(tokens).isEqualTo(200);
    // Two seconds of it, in which it came: not one point at the end, and none for the silence.
    assertThat(points.stream().filter(point -> point.bytesPerSecond() > 0).count())
        .isBetween(2L, 3L);
    assertThat(points.getLast().bytesPerSecond()).isZero();
    assertThat(points.getLast().active()).isEqualTo(1);
    assertThat(points.getFirst().active()).isZero();
    // Of what arrived, before the stream's end is known: the report counts it only then.
    assertThat(monitor.getHealthReport().window(MINUTE).bytes()).isZero();
  }

  @Test
  void reachesBackAnHourAndKnowsHowManyWereActiveThen() {
    var first = begin("east", "gpt-4.1");
    pass(10 * 60_000);
    var second = begin("east", "gpt-4.1");
    end(first, new Verdict.Complete());
    pass(10 * 60_000);
    end(second, new Verdict.Truncated(Cause.CONNECTION_LOST));
    pass(30_000);
    var points = monitor.history(HOUR).points();
    assertThat(points).hasSize(21);
    assertThat(counts(points.getFirst())).containsExactly(1L, 1L, 0L, 0L, 0L);
    assertThat(counts(points.get(9))).containsExactly(1L, 0L, 0L, 0L, 0L);
    assertThat(counts(points.get(10))).containsExactly(1L, 1L, 1L, 0L, 0L);
    assertThat(counts(points.getLast())).containsExactly(0L, 0L, 0L, 1L, 0L);
    assertThat(points.getLast().at()).isEqualTo(Instant.ofEpochMilli(clock.epochMillis()));
    assertThat(points.getFirst().duration().count()).isZero();
    assertThat(points.get(10).duration().max()).isEqualTo(Duration.ofMinutes(10));
    pass(50 * 60_000);
    assertThat(monitor.history(HOUR).points()).hasSize(61);
    assertThat(counts(monitor.history(HOUR).points().getFirst()).get(0)).isEqualTo(1);
  }

  @Test
  void hasNoRateOfASliverOfAStep() {
    pass(1100);
    text(begin("east", "m"), 1000, 4);
    // Of the first second nothing was missed, of the second a tenth has passed.
    var seconds = monitor.history(MINUTE).points();
    assertThat(seconds)
        .extracting(StreamHistory.Point::bytesPerSecond)
        .containsExactly(0.0, Double.NaN);
    // What needs no rate is there at once.
    assertThat(seconds.getLast().timeToFirstToken().count()).isEqualTo(1);
    assertThat(monitor.history(Duration.ofMinutes(5)).points())
        .extracting(StreamHistory.Point::tokensPerSecond)
        .containsExactly(Double.NaN);
    assertThat(MonitorJson.history(monitor.history(MINUTE)))
        .contains("\"bytes_per_second\":[0,null]");
    pass(3000);
    assertThat(monitor.history(Duration.ofMinutes(5)).points().getFirst().bytesPerSecond())
        .isBetween(240.0, 245.0);
  }

  @ParameterizedTest
  @ValueSource(longs = {0, 2, 61, -1})
  void knowsThreeLengthsOnly(long minutes) {
    assertThatThrownBy(() -> monitor.history(Duration.ofMinutes(minutes)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("length: must be 1, 5 or 60 minutes, was");
  }

  @Test
  void groupsStreamsByTheModelThatAnsweredAndErrorsByTheOneThatWasAsked() {
    var watch = begin("east", "gpt-4.1");
    fail(watch, 1, "it broke");
    var west = new StreamObserver.Target("west", "", 0, "anthropic-messages", "claude");
    watch.observed(new Observation.AttemptOpened(2, west), clock.nanoTime());
    pass(250);
    watch.delivered(1, 8, clock.nanoTime());
    end(watch, new Verdict.Complete());
    end(begin("east", "gpt-4.1"), new Verdict.Failed(Cause.REJECTED));
    end(begin("", ""), new Verdict.Cancelled());
    var window = monitor.getHealthReport().window(MINUTE);
    assertThat(window.byModel())
        .extracting(GroupReport::name, GroupReport::ended, GroupReport::failed, GroupReport::errors)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple("gpt-4.1", 1L, 1L, 2L),
            org.assertj.core.groups.Tuple.tuple("claude", 1L, 0L, 0L),
            org.assertj.core.groups.Tuple.tuple("unknown", 1L, 0L, 0L));
    var claude = window.byModel().get(1);
    assertThat(claude.outputTokens()).isEqualTo(12);
    assertThat(claude.timeToFirstToken().p50())
        .isBetween(Duration.ofMillis(225), Duration.ofMillis(275));
    assertThat(claude.successRate()).hasValue(1);
    assertThat(window.byModel().get(2).successRate()).isEmpty();
    assertThat(window.byUpstream()).extracting(GroupReport::name).contains("east", "west");
    // The same numbers everywhere.
    assertThat(window.failed()).isEqualTo(monitor.getHealthReport().failed()).isEqualTo(1);
    assertThat(window.byModel().stream().mapToLong(GroupReport::failed).sum()).isEqualTo(1);
    assertThat(monitor.finishedAfter(0).streams())
        .filteredOn(stream -> stream.state() == StreamState.FAILED)
        .hasSize(1);
    assertThat(monitor.prometheusText())
        .contains("model=\"gpt-4.1\",verdict=\"failed\",cause=\"rejected\",le=\"+Inf\"} 1\n");
  }

  @Test
  void boundsTheNamesOfAGroup() {
    for (int i = 0; i < 500; i++) {
      end(begin("up-" + i, "model-" + i), new Verdict.Complete());
    }
    var window = monitor.getHealthReport().window(MINUTE);
    assertThat(window.byModel()).hasSizeLessThanOrEqualTo(Groups.MAX_KEYS + 1);
    assertThat(window.byModel().getFirst().name()).isEqualTo("other");
    assertThat(window.byModel().stream().mapToLong(GroupReport::ended).sum())
        .isGreaterThanOrEqualTo(499);
    String text = monitor.prometheusText();
    assertThat(text.lines().filter(line -> line.startsWith("holdfast_attempts_total"))).isEmpty();
    assertThat(text.lines().filter(line -> line.startsWith("holdfast_stream_tokens_total")))
        .hasSizeLessThanOrEqualTo(2 * 201);
    assertThat(text).contains("model=\"other\",type=\"output\"} " + 12 * 300 + "\n");
  }

  @Test
  void keepsUpstreamAndDetailOfEveryAttemptThoughFramesWereRejectedByTheThousand() {
    var watch = begin("up-1", "m");
    for (int attempt = 1; attempt <= 12; attempt++) {
      if (attempt > 1) {
        var target = new StreamObserver.Target("up-" + attempt, "", 0, "openai-chat", "m");
        watch.observed(new Observation.AttemptOpened(attempt, target), clock.nanoTime());
        watch.observed(
            new Observation.SeamMarked(new Seam(attempt, Rung.ANCHOR, attempt, 3)),
            clock.nanoTime());
      }
      for (int i = 0; i < 500; i++) {
        watch.observed(new Observation.FrameRejected(Cause.MALFORMED_JSON), clock.nanoTime());
      }
      pass(100);
      fail(watch, attempt, "broke for reason " + attempt);
      watch.observed(
          new Observation.Retrying(1, 3, Duration.ofMillis(50), Rung.ANCHOR), clock.nanoTime());
    }
    end(watch, new Verdict.Truncated(Cause.CONNECTION_LOST));
    var stream = monitor.finishedAfter(0).streams().getFirst();
    var opened = details(stream, TimelineEntry.Kind.ATTEMPT_OPENED);
    var failed = details(stream, TimelineEntry.Kind.ATTEMPT_FAILED);
    for (int attempt = 1; attempt <= 12; attempt++) {
      assertThat(opened).contains(attempt + " up-" + attempt);
      assertThat(failed).contains(attempt + " broke for reason " + attempt);
    }
    assertThat(stream.timeline()).hasSizeLessThanOrEqualTo(MonitorTimeline.FINISHED);
    assertThat(stream.timelineSkipped()).isPositive();
  }

  private static List<String> details(StreamMetrics stream, TimelineEntry.Kind kind) {
    var all = new ArrayList<String>();
    for (TimelineEntry entry : stream.timeline()) {
      if (entry.kind() == kind) {
        all.add(entry.attempt() + " " + entry.detail());
      }
    }
    return all;
  }

  @Test
  void recordsTheEndOfAnAttemptThatDidNotFail() {
    var watch = begin("east", "m");
    text(watch, 10, 4);
    pass(70);
    watch.observed(new Observation.AttemptClosed(1, null), clock.nanoTime());
    end(watch, new Verdict.Complete());
    assertThat(monitor.finishedAfter(0).streams().getFirst().timeline())
        .filteredOn(entry -> entry.kind() == TimelineEntry.Kind.ATTEMPT_CLOSED)
        .singleElement()
        .satisfies(entry -> {
          assertThat(entry.atMillis()).isEqualTo(70);
          assertThat(entry.isError()).isFalse();
        });
  }

  @Test
  void totalsGrowAndAreNeverOfAWindow() {
    var watch = begin("east", "gpt-4.1");
    text(watch, 100, 4);
    pass(40);
    text(watch, 100, 4);
    fail(watch, 1, "");
    watch.observed(new Observation.Retrying(1, 3, Duration.ZERO, Rung.PREFILL), clock.nanoTime());
    var target = new StreamObserver.Target("east", "", 0, "openai-chat", "gpt-4.1");
    watch.observed(new Observation.AttemptOpened(2, target), clock.nanoTime());
    watch.observed(new Observation.SeamMarked(new Seam(8, Rung.PREFILL, 2, 3)), clock.nanoTime());
    watch.delivered(1, 4, clock.nanoTime());
    watch.observed(new Observation.AttemptClosed(2, null), clock.nanoTime());
    end(watch, new Verdict.Complete());
    clock.advance(Duration.ofHours(30));
    String of = "{upstream=\"east\",dialect=\"openai-chat\",model=\"gpt-4.1\"";
    assertThat(monitor.prometheusText())
        .contains(
            "# TYPE holdfast_stream_gap_seconds histogram\n",
            "holdfast_streams_active 0\n",
            "holdfast_stream_duration_seconds_count"
                + of
                + ",verdict=\"complete\",cause=\"none\"} 1\n",
            "holdfast_stream_duration_seconds_sum"
                + of
                + ",verdict=\"complete\",cause=\"none\"} 0.04\n",
            "holdfast_stream_gap_seconds_bucket" + of + ",le=\"0.025\"} 1\n",
            "holdfast_stream_gap_seconds_bucket" + of + ",le=\"0.05\"} 2\n",
            "holdfast_stream_gap_seconds_bucket" + of + ",le=\"+Inf\"} 2\n",
            "holdfast_stream_bytes_total" + of + "} 200\n",
            "holdfast_stream_events_total" + of + "} 3\n",
            "holdfast_stream_tokens_total" + of + ",type=\"input\"} 7\n",
            "holdfast_stream_tokens_total" + of + ",type=\"output\"} 12\n",
            "holdfast_attempts_total{upstream=\"east\",cause=\"connection-lost\"} 1\n",
            "holdfast_attempts_total{upstream=\"east\",cause=\"none\"} 1\n",
            "holdfast_retries_total{upstream=\"east\",rung=\"prefill\"} 1\n",
            "holdfast_seams_total{upstream=\"east\",rung=\"prefill\"} 1\n",
            "holdfast_recoveries_total{upstream=\"east\"} 1\n");
  }
}
