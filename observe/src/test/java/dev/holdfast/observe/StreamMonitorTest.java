package dev.holdfast.observe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class StreamMonitorTest {
  private static final Duration MINUTE = Duration.ofMinutes(1);
  private static final StreamObserver.Target START =
      new StreamObserver.Target("east", "api.example.com", 443, "openai-chat", "gpt-4.1");

  private final HandClock clock = new HandClock();
  private final StreamMonitor monitor = new StreamMonitor(3, clock);

  /** A stream whose own clock is far from the monitor's. */
  private final class Told {
    private static final long ELSEWHERE = 987_654_321_000L;

    private final StreamObserver.Watch watch =
        Objects.requireNonNull(monitor.begun(START, ELSEWHERE + clock.nanoTime()));

    private long now() {
      return ELSEWHERE + clock.nanoTime();
    }

    Told after(long millis) {
      clock.advance(Duration.ofMillis(millis));
      return this;
    }

    Told bytes(int attempt, int bytes) {
      watch.received(attempt, bytes, 1, now());
      return this;
    }

    Told text(int characters) {
      watch.delivered(1, characters, now());
      return this;
    }

    Told is(Observation observation) {
      watch.observed(observation, now());
      return this;
    }

    Told open(int attempt) {
      return is(new Observation.AttemptOpened(attempt, START));
    }

    Told failed(int attempt, Cause cause) {
      return is(
          new Observation.AttemptClosed(
              attempt, new Observation.FailureSummary(cause, "it broke", 0, "")));
    }

    void ended(Verdict verdict) {
      is(new Observation.Ended(verdict, null, null, Exactness.UNBROKEN, List.of(), 7, 12, 1, 0));
    }
  }

  private StreamMetrics only() {
    var streams = monitor.finishedAfter(0).streams();
    assertThat(streams).hasSize(1);
    return streams.getFirst();
  }

  private WindowReport lastMinute() {
    return monitor.getHealthReport().window(MINUTE);
  }

  @Test
  void everythingAboutAStreamThatWasCutIsCounted() {
    new Told()
        .open(1)
        .after(400)
        .bytes(1, 100)
        .text(10)
        .after(20)
        .bytes(1, 50)
        .text(10)
        .after(1000)
        .failed(1, Cause.CONNECTION_LOST)
        .is(new Observation.Retrying(1, 3, Duration.ofMillis(80), Rung.ANCHOR))
        .after(80)
        .open(2)
        .after(300)
        .bytes(2, 70)
        .is(new Observation.SeamMarked(new Seam(20, Rung.ANCHOR, 2, 5)))
        .text(4)
        .after(100)
        .ended(new Verdict.Complete());
    var stream = only();
    assertThat(stream.state()).isEqualTo(StreamState.COMPLETE);
    assertThat(stream.cause()).isEmpty();
    assertThat(stream.startedAt()).isEqualTo(Instant.ofEpochMilli(HandClock.NOON));
    assertThat(stream.endedAt()).contains(Instant.ofEpochMilli(HandClock.NOON + 1900));
    assertThat(stream.duration()).isEqualTo(Duration.ofMillis(1900));
    assertThat(stream.timeToFirstToken()).contains(Duration.ofMillis(400));
    assertThat(List.of(stream.bytes(), stream.frames(), stream.events(), stream.errors()))
        .containsExactly(220L, 3L, 3L, 1L);
    assertThat(
            List.of(
                stream.attempts(),
                stream.retries(),
                stream.reconnects(),
                stream.recoveries(),
                stream.seams()))
        .containsExactly(2, 1, 1, 1, 1);
    assertThat(stream.outputTokens()).isEqualTo(12);
    assertThat(stream.tokensEstimated()).isFalse();
    assertThat(stream.gaps().max()).isEqualTo(Duration.ofMillis(1380));
    assertThat(stream.gaps().p50()).isBetween(Duration.ofMillis(18), Duration.ofMillis(22));
    assertThat(stream.tokensPerSecond()).isBetween(8.5, 8.6);
    assertThat(stream.timeline().stream().map(entry -> entry.atMillis() + " " + entry.kind()))
        .containsExactly(
            "0 ATTEMPT_OPENED",
            "400 FIRST_TOKEN",
            "1420 ATTEMPT_FAILED",
            "1420 RETRYING",
            "1500 ATTEMPT_OPENED",
            "1800 SEAM",
            "1900 ENDED");
  }

  @Test
  void tokensThatWereNotReportedAreEstimatedAndMarked() {
    var stream = new Told().open(1).text(41);
    stream.is(
        new Observation.Ended(
            new Verdict.Complete(), null, null, Exactness.UNBROKEN, List.of(), -1, -1, 1, 0));
    assertThat(only().outputTokens()).isEqualTo(11);
    assertThat(only().tokensEstimated()).isTrue();
    assertThat(lastMinute().tokensEstimated()).isTrue();
  }

  @Nested
  class TheReport {
    @Test
    void knowsNoSuccessRateBeforeAStreamHasEnded() {
      var unused = new Told().open(1);
      assertThat(lastMinute().successRate()).isEqualTo(OptionalDouble.empty());
      assertThat(monitor.getHealthReport().active()).isEqualTo(1);
    }

    @Test
    void leavesCancelledStreamsOutOfTheSuccessRate() {
      new Told().ended(new Verdict.Complete());
      new Told().ended(new Verdict.Complete());
      new Told().ended(new Verdict.Complete());
      new Told().ended(new Verdict.Truncated(Cause.TRUNCATED));
      new Told().ended(new Verdict.Cancelled());
      new Told().ended(new Verdict.Cancelled());
      var report = monitor.getHealthReport();
      assertThat(report.window(MINUTE).successRate()).hasValue(0.75);
      assertThat(
              List.of(
                  report.total(),
                  report.successful(),
                  report.truncated(),
                  report.failed(),
                  report.cancelled()))
          .containsExactly(6L, 3L, 1L, 0L, 2L);
    }

    @Test
    void forgetsAWindowWhenItsTimeIsOver() {
      new Told().text(1).after(500).text(1).ended(new Verdict.Complete());
      clock.advance(Duration.ofSeconds(50));
      assertThat(ended()).containsExactly(1L, 1L, 1L);
      clock.advance(Duration.ofSeconds(20));
      assertThat(ended()).containsExactly(0L, 1L, 1L);
      clock.advance(Duration.ofMinutes(5));
      assertThat(ended()).containsExactly(0L, 0L, 1L);
      clock.advance(Duration.ofMinutes(56));
      assertThat(ended()).containsExactly(0L, 0L, 0L);
      assertThat(monitor.getHealthReport().total()).isEqualTo(1);
    }

    private List<Long> ended() {
      return monitor.getHealthReport().windows().stream().map(WindowReport::ended).toList();
    }

    @Test
    void countsAnErrorOnceByCauseAndByUpstream() {
      new Told()
          .open(1)
          .failed(1, Cause.OVERLOADED)
          .open(2)
          .failed(2, Cause.OVERLOADED)
          .ended(new Verdict.Failed(Cause.OVERLOADED));
      new Told().open(1).ended(new Verdict.Truncated(Cause.DEADLINE_EXCEEDED));
      assertThat(lastMinute().errorsByCause())
          .containsExactly(
              new WindowReport.Tally("overloaded", 2),
              new WindowReport.Tally("deadline-exceeded", 1));
      assertThat(lastMinute().errorsByUpstream())
          .containsExactly(new WindowReport.Tally("east", 3));
    }

    @Test
    void hasTheGapsOfStreamsThatAreNotOver() {
      var stream = new Told().open(1).text(1);
      for (int i = 0; i < 100; i++) {
        stream.after(i < 90 ? 10 : 500).text(1);
      }
      var gaps = lastMinute().gaps();
      assertThat(gaps.count()).isEqualTo(100);
      assertThat(gaps.p50()).isBetween(Duration.ofMillis(9), Duration.ofMillis(11));
      assertThat(gaps.p95()).isBetween(Duration.ofMillis(490), Duration.ofMillis(510));
    }
  }

  @Nested
  class FinishedStreams {
    @Test
    void areKeptInABoundedRing() {
      for (int i = 0; i < 5; i++) {
        new Told().ended(new Verdict.Complete());
      }
      var kept = monitor.finishedAfter(0);
      assertThat(kept.streams().stream().map(StreamMetrics::id))
          .containsExactly("stream-3", "stream-4", "stream-5");
      assertThat(kept.gap()).isTrue();
      assertThat(monitor.finishedAfter(3).streams()).hasSize(2);
      assertThat(monitor.finishedAfter(3).gap()).isFalse();
      assertThat(monitor.finishedAfter(5).streams()).isEmpty();
      assertThat(monitor.stream("stream-4")).isPresent();
      assertThat(monitor.stream("stream-1")).isEmpty();
    }

    @Test
    void haveABoundedTimelineThatKeepsBeginningAndEnd() {
      var stream = new Told();
      for (int i = 1; i <= 200; i++) {
        stream.open(i).failed(i, Cause.CONNECTION_FAILED);
      }
      stream.ended(new Verdict.Failed(Cause.CONNECTION_FAILED));
      var timeline = only().timeline();
      assertThat(timeline).hasSize(MonitorTimeline.FINISHED);
      assertThat(timeline.getFirst().attempt()).isEqualTo(1);
      assertThat(timeline.getLast().kind()).isEqualTo(TimelineEntry.Kind.ENDED);
      assertThat(only().timelineSkipped()).isEqualTo(401 - MonitorTimeline.FINISHED);
      assertThat(timeline.stream().filter(entry -> entry.detail().equals("it broke")))
          .hasSizeBetween(1, MonitorTimeline.DETAILS);
    }
  }

  @Nested
  class StreamsOfOthers {
    @Test
    void areCountedLikeOurs() {
      monitor.startMonitoring("theirs");
      clock.advance(Duration.ofMillis(250));
      monitor.recordChunk("theirs", 40);
      clock.advance(Duration.ofMillis(10));
      monitor.recordChunk("theirs", 60);
      monitor.updateMetrics("theirs", MetricsUpdate.ofTokens(5, 9));
      monitor.recordError("theirs", "read timed out");
      monitor.completeStream("theirs");
      var stream = only();
      assertThat(stream.id()).isEqualTo("theirs");
      assertThat(List.of(stream.bytes(), stream.frames(), stream.events(), stream.errors()))
          .containsExactly(100L, 2L, 2L, 1L);
      assertThat(stream.inputTokens()).hasValue(5);
      assertThat(stream.outputTokens()).isEqualTo(9);
      assertThat(stream.timeToFirstToken()).contains(Duration.ofMillis(250));
      assertThat(lastMinute().errorsByCause())
          .containsExactly(new WindowReport.Tally("read timed out", 1));
      assertThat(lastMinute().successRate()).hasValue(1);
    }

    @Test
    void areIgnoredWhereTheirIdIsUnknown() {
      monitor.recordChunk("nobody", 1);
      monitor.recordError("nobody", Cause.REJECTED);
      monitor.updateMetrics("nobody", MetricsUpdate.ofTokens(1, 1));
      monitor.completeStream("nobody");
      monitor.startMonitoring("theirs");
      monitor.completeStream("theirs");
      monitor.completeStream("theirs");
      monitor.recordChunk("theirs", 1);
      var own = new Told().open(1);
      monitor.recordChunk("stream-1", 1);
      own.ended(new Verdict.Complete());
      var report = monitor.getHealthReport();
      assertThat(report.total()).isEqualTo(2);
      assertThat(report.successful()).isEqualTo(2);
      assertThat(monitor.finishedAfter(1).streams().getFirst().bytes()).isZero();
    }

    @Test
    void neverTakeTheIdOfALiveStream() {
      monitor.startMonitoring("stream-1");
      monitor.startMonitoring("stream-1");
      var unused = new Told().open(1);
      assertThat(monitor.liveStreams().stream().map(StreamMetrics::id))
          .containsExactlyInAnyOrder("stream-1", "stream-2");
    }

    @Test
    void areBoundedInNumber() {
      for (int i = 0; i < StreamMonitor.MAX_FOREIGN + 10; i++) {
        monitor.startMonitoring("s" + i);
      }
      assertThat(monitor.liveStreams()).hasSize(StreamMonitor.MAX_FOREIGN);
      monitor.completeStream("s5");
      monitor.startMonitoring("again");
      assertThat(monitor.stream("again")).isPresent();
    }

    @Test
    void giveBackTheirPlaceThoughOthersBeginUnderTheSameName() throws InterruptedException {
      int rounds = 20_000;
      var crowd =
          IntStream.range(0, 4)
              .mapToObj(worker ->
                  Thread.ofPlatform()
                      .start(() -> {
                        for (int i = 0; i < rounds; i++) {
                          monitor.startMonitoring("same");
                          monitor.completeStream("same");
                        }
                      }))
              .toList();
      for (Thread worker : crowd) {
        worker.join();
      }
      monitor.completeStream("same");
      assertThat(monitor.getHealthReport().active()).isZero();
      for (int i = 0; i < StreamMonitor.MAX_FOREIGN; i++) {
        monitor.startMonitoring("s" + i);
      }
      assertThat(monitor.getHealthReport().active()).isEqualTo(StreamMonitor.MAX_FOREIGN);
    }

    @Test
    void areShownHarmlessInAllWordings() {
      String evil = "<img src=x onerror=alert(1)>\u001b[2J\u202e" + "A".repeat(1 << 20);
      monitor.startMonitoring(evil, new StreamObserver.Target(evil, evil, 1, evil, evil));
      monitor.recordError(evil, evil);
      monitor.completeStream(evil, new Verdict.Failed(Cause.PROVIDER_ERROR));
      var stream = only();
      assertThat(List.of(stream.id(), stream.upstream(), stream.model(), stream.dialect()))
          .allSatisfy(text ->
              assertThat(text)
                  .hasSizeLessThanOrEqualTo(StreamMonitor.MAX_NAME)
                  .doesNotContain("\u001b", "\u202e"));
      assertThat(lastMinute().errorsByCause().getLast().name()).hasSizeLessThanOrEqualTo(80);
    }
  }

  @Nested
  class Listeners {
    @Test
    void receiveChangesAndAtLastTheEnd() throws InterruptedException {
      var heard = new LinkedBlockingQueue<StreamMetrics>();
      try (var registration = monitor.addListener(heard::add)) {
        assertThat(registration).isNotNull();
        new Told().open(1).text(3).ended(new Verdict.Complete());
        StreamMetrics last = heard.take();
        while (last.state() == StreamState.ACTIVE) {
          last = heard.take();
        }
        assertThat(last.events()).isEqualTo(1);
      }
      new Told().ended(new Verdict.Complete());
      assertThat(heard).isEmpty();
    }

    @Test
    void receiveTheEndOnceThoughTheStreamEndsWhileTheyAreNotified() throws InterruptedException {
      var once = new AtomicReference<Runnable>(() -> {});
      // The time is asked for on the listener's thread to tell of a change: at that moment the
      // stream ends.
      var ending =
          new MonitorClock() {
            @Override
            public long nanoTime() {
              if (Thread.currentThread().isVirtual()) {
                once.getAndSet(() -> {}).run();
              }
              return clock.nanoTime();
            }

            @Override
            public long epochMillis() {
              return clock.epochMillis();
            }
          };
      var watcher = new StreamMonitor(3, ending);
      var heard = new LinkedBlockingQueue<String>();
      try (var registration =
          watcher.addListener(stream -> heard.add(stream.id() + " " + stream.state()))) {
        assertThat(registration).isNotNull();
        watcher.startMonitoring("first");
        assertThat(heard.take()).isEqualTo("first ACTIVE");
        once.set(() -> watcher.completeStream("first"));
        watcher.recordChunk("first", 1);
        assertThat(heard.take()).isEqualTo("first COMPLETE");
        watcher.startMonitoring("second");
        assertThat(heard.take()).isEqualTo("second ACTIVE");
      }
    }

    @Test
    void thatThrowOrNeverReturnHurtNothingElse() throws InterruptedException {
      var never = new CountDownLatch(1);
      var heard = new LinkedBlockingQueue<StreamMetrics>();
      try (var throwing =
              monitor.addListener(stream -> {
                throw new AssertionError("a listener's own bug");
              });
          var blocking =
              monitor.addListener(stream -> {
                try {
                  never.await();
                } catch (InterruptedException e) {
                  Thread.currentThread().interrupt();
                }
              });
          var good = monitor.addListener(heard::add)) {
        assertThat(List.of(throwing, blocking, good)).hasSize(3);
        for (int i = 0; i < 100; i++) {
          new Told().open(1).ended(new Verdict.Complete());
        }
        var ids = new HashSet<String>();
        while (ids.size() < 100) {
          var stream = heard.take();
          if (stream.state() == StreamState.COMPLETE) {
            ids.add(stream.id());
          }
        }
      } finally {
        never.countDown();
      }
    }
  }

  @Test
  void manyThreadsLoseNothing() throws InterruptedException {
    long seed = Long.getLong("holdfast.seed", 1);
    int threads = 8;
    int streams = 200;
    var workers =
        IntStream.range(0, threads)
            .mapToObj(worker -> Thread.ofPlatform().start(() -> work(worker, streams, seed)))
            .toList();
    for (int i = 0; i < 50; i++) {
      var report = monitor.getHealthReport();
      long ended = report.successful() + report.failed() + report.cancelled();
      assertThat(ended).isLessThanOrEqualTo(report.total());
      try (var registration = monitor.addListener(stream -> {})) {
        assertThat(registration).isNotNull();
      }
    }
    for (Thread worker : workers) {
      worker.join();
    }
    var report = monitor.getHealthReport();
    assertThat(report.active()).isZero();
    assertThat(report.total()).isEqualTo((long) threads * streams);
    assertThat(report.successful() + report.failed()).isEqualTo(report.total());
    var window = report.window(MINUTE);
    assertThat(window.ended()).isEqualTo(report.total());
    assertThat(window.bytes()).isEqualTo(10L * threads * streams);
    assertThat(window.gaps().count()).isEqualTo(9L * threads * streams);
  }

  private void work(int worker, int streams, long seed) {
    var random = new SplittableRandom(seed + worker);
    for (int i = 0; i < streams; i++) {
      String id = worker + "-" + i;
      monitor.startMonitoring(id);
      for (int chunk = 0; chunk < 10; chunk++) {
        monitor.recordChunk(id, 1);
      }
      monitor.completeStream(
          id, random.nextBoolean() ? new Verdict.Complete() : new Verdict.Failed(Cause.REJECTED));
    }
  }
}
