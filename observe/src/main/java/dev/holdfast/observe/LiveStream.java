package dev.holdfast.observe;

import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.usage.TokenEstimate;
import dev.holdfast.observe.parts.MetricFamily;
import dev.holdfast.observe.parts.OpenAttempts;
import dev.holdfast.observe.parts.Totals;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A stream that is under way. Its methods lock it for a few instructions. Facts of all streams go
 * to the monitor's windows, gaps in batches so that streams do not queue up for them.
 */
final class LiveStream implements StreamObserver.Watch {
  /** Gaps kept back before they are counted, so that most pieces of a body touch little memory. */
  private static final int HANDFUL = 32;

  /** Numbers of a body are held back no longer than that while it comes. */
  private static final long HELD_NANOS = 250_000_000;

  private static final int MAX_DETAIL = 80;

  private final StreamMonitor monitor;
  private final String id;
  private final long epochMillis;

  /** What to add to the stream's clock to get the monitor's. */
  private final long offsetNanos;

  private final long startNanos;
  private final LogBuckets gaps = new LogBuckets();
  private final MonitorTimeline timeline = new MonitorTimeline();
  private final OpenAttempts<AskedTarget> asked;

  /** The attempt that sent data last and still is the one that answers; 0 if that is not known. */
  private int answeringAttempt;

  private int[] handful = {};
  private int held;

  /** Gaps of zero kept back besides the handful: events that came in one piece. */
  private long heldZeros;

  private StreamState state = StreamState.ACTIVE;
  private @Nullable Cause cause;
  private @Nullable Cause lastFailure;
  private long endNanos;
  private long bytes;
  private long frames;
  private long events;
  private long characters;
  private long inputTokens = -1;
  private long outputTokens = -1;
  private boolean estimatedOutput;
  private long wastedTokens;
  private long wastedPromptTokens;
  private int attempts;
  private int retries;
  private int reconnects;
  private int recoveries;
  private int seams;
  private long errors;
  private boolean broken;
  private long firstNanos = -1;
  private long lastNanos;

  /** Numbers of the body that are not counted yet, like the gaps above. */
  private long heldBytes;

  private long heldEvents;
  private long heldCharacters;

  /** When the last of what is held back came, and when the last was counted. */
  private long heldNanos;

  private long flushedNanos;

  /**
   * A stream.
   *
   * @param nanos now, on the stream's clock
   * @param monitorNanos now, on the monitor's
   */
  LiveStream(
      StreamMonitor monitor,
      String id,
      StreamObserver.Target first,
      long nanos,
      long monitorNanos,
      long epochMillis) {
    this.monitor = monitor;
    this.id = id;
    this.asked = new OpenAttempts<>(monitor.asked(first));
    this.startNanos = nanos;
    this.offsetNanos = monitorNanos - nanos;
    this.epochMillis = epochMillis;
    heldNanos = nanos;
    flushedNanos = nanos;
  }

  String id() {
    return id;
  }

  @Override
  public void received(int attempt, int bytes, int frames, long nanos) {
    synchronized (this) {
      this.bytes += bytes;
      this.frames += frames;
      if (attempt != answeringAttempt) {
        flush(); // What is held back belongs to the attempt before.
        AskedTarget unused = asked.received(attempt);
        answeringAttempt = attempt;
      }
      arrived(bytes, nanos);
    }
    monitor.changed(this);
  }

  @Override
  public void delivered(int events, long characters, long nanos) {
    synchronized (this) {
      if (state != StreamState.ACTIVE) {
        return;
      }
      content(events, characters, nanos);
    }
    monitor.changed(this);
  }

  @Override
  public void observed(Observation observation, long nanos) {
    synchronized (this) {
      if (state == StreamState.ACTIVE) {
        note(observation, nanos);
      }
    }
    if (observation instanceof Observation.Ended) {
      monitor.ended(this);
    } else {
      monitor.changed(this);
    }
  }

  /** Adds counts from outside Holdfast. */
  void update(MetricsUpdate update, long nanos) {
    synchronized (this) {
      if (state != StreamState.ACTIVE) {
        return;
      }
      bytes += update.bytes();
      frames += update.frames();
      if (update.events() > 0) {
        content(update.events(), 0, nanos);
      }
      inputTokens = update.inputTokens() < 0 ? inputTokens : update.inputTokens();
      long more = update.outputTokens() - Math.max(0, outputTokens);
      heldCharacters += Math.max(0, more) * TokenEstimate.CHARS_PER_TOKEN;
      outputTokens = update.outputTokens() < 0 ? outputTokens : update.outputTokens();
      arrived(update.bytes(), nanos);
    }
    monitor.changed(this);
  }

  /** Adds an error from outside Holdfast. */
  void error(@Nullable Cause cause, String detail, long nanos) {
    synchronized (this) {
      if (state != StreamState.ACTIVE) {
        return;
      }
      String line = PlainText.line(detail, MAX_DETAIL);
      lastFailure = cause;
      blame(cause == null ? line : cause.id(), asked.current(), nanos);
      entry(TimelineEntry.Kind.ERROR, attempts, cause, null, 0, line, nanos);
    }
    monitor.changed(this);
  }

  /** Counts what is held back, so that a report is up to date. */
  synchronized void flush() {
    long nanos = heldNanos;
    flushedNanos = nanos;
    if (held == 0 && heldZeros == 0 && heldBytes == 0 && heldEvents == 0 && heldCharacters == 0) {
      return;
    }
    int count = held;
    long zeros = heldZeros;
    long newBytes = heldBytes;
    long newCharacters = heldCharacters;
    String labels = asked.current().labels();
    var totals = monitor.totals();
    totals.add(MetricFamily.BYTES, labels, newBytes);
    totals.add(MetricFamily.EVENTS, labels, heldEvents);
    if (count > 0 || zeros > 0) {
      totals.add(MetricFamily.GAP, labels, 0, zeros);
      totals.add(MetricFamily.GAP, labels, handful, count);
    }
    gaps.add(0, zeros);
    for (int i = 0; i < count; i++) {
      gaps.add(handful[i], 1);
    }
    held = 0;
    heldZeros = 0;
    heldBytes = 0;
    heldEvents = 0;
    heldCharacters = 0;
    monitor.windows(
        nanos + offsetNanos,
        slot -> {
          slot.arrivedBytes += newBytes;
          slot.arrivedCharacters += newCharacters;
          slot.gaps.add(0, zeros);
          for (int i = 0; i < count; i++) {
            slot.gaps.add(handful[i], 1);
          }
        });
  }

  private void arrived(long bytes, long nanos) {
    heldBytes += bytes;
    heldNanos = nanos;
    if (nanos - flushedNanos >= HELD_NANOS) {
      flush();
    }
  }

  /** {@return the current state of the stream} */
  synchronized StreamMetrics snapshot(long monitorNanos) {
    flush();
    boolean over = state != StreamState.ACTIVE;
    long until = over ? endNanos : monitorNanos - offsetNanos;
    var lasted = Duration.ofNanos(Math.max(0, until - startNanos));
    boolean estimated = outputTokens < 0 || estimatedOutput;
    long tokens = outputTokens < 0 ? TokenEstimate.of(events, characters) : outputTokens;
    double writing = events > 1 ? (lastNanos - firstNanos) / 1e9 : 0;
    return StreamMetrics.builder()
        .id(id)
        .upstream(asked.current().upstream())
        .dialect(asked.current().dialect())
        .model(asked.current().model())
        .state(state)
        .cause(cause)
        .startedAt(Instant.ofEpochMilli(epochMillis))
        .endedAt(over ? Instant.ofEpochMilli(epochMillis + lasted.toMillis()) : null)
        .duration(lasted)
        .bytes(bytes)
        .frames(frames)
        .events(events)
        .inputTokens(inputTokens)
        .outputTokens(tokens)
        .tokensEstimated(estimated)
        .wastedTokens(wastedTokens)
        .wastedPromptTokens(wastedPromptTokens)
        .attempts(attempts)
        .retries(retries)
        .reconnects(reconnects)
        .recoveries(recoveries)
        .seams(seams)
        .errors(errors)
        .timeToFirstToken(firstNanos < 0 ? null : Duration.ofNanos(firstNanos - startNanos))
        .gaps(gaps.distribution())
        .tokensPerSecond(writing > 0 ? tokens / writing : 0)
        .timeline(timeline.entries())
        .timelineSkipped(timeline.skipped())
        .build();
  }

  private void content(long more, long characters, long nanos) {
    events += more;
    heldEvents += more;
    heldCharacters += characters;
    this.characters += characters;
    if (firstNanos < 0) {
      firstNanos = nanos;
      AskedTarget source = asked.current();
      long micros = Slot.bounded((nanos - startNanos) / 1000);
      monitor.totals().add(MetricFamily.FIRST_TOKEN, source.labels(), micros, 1);
      monitor.windows(
          nanos + offsetNanos, slot -> slot.firstToken(source.model(), source.upstream(), micros));
      entry(TimelineEntry.Kind.FIRST_TOKEN, attempts, null, null, 0, "", nanos);
    } else {
      gap(Math.max(0, (nanos - lastNanos) / 1000), nanos);
    }
    heldZeros += more - 1; // They came in one piece.
    lastNanos = nanos;
    heldNanos = nanos;
    if (broken) {
      broken = false;
      recoveries++;
      monitor.totals().add(MetricFamily.RECOVERIES, asked.current().label(), 1);
      monitor.windows(nanos + offsetNanos, slot -> slot.freshRecoveries++);
    }
    if (held == HANDFUL || nanos - flushedNanos >= HELD_NANOS) {
      flush();
    }
  }

  private void gap(long micros, long nanos) {
    if (micros > Integer.MAX_VALUE) { // More than half an hour.
      gaps.add(micros, 1);
      monitor.totals().add(MetricFamily.GAP, asked.current().labels(), micros, 1);
      monitor.windows(nanos + offsetNanos, slot -> slot.gaps.add(Slot.bounded(micros), 1));
      return;
    }
    if (held == handful.length) {
      handful = Arrays.copyOf(handful, Math.max(4, 2 * held));
    }
    handful[held++] = (int) micros;
  }

  private void note(Observation observation, long nanos) {
    switch (observation) {
      case Observation.AttemptOpened(int attempt, var target) -> {
        attempts++;
        reconnects += attempts > 1 ? 1 : 0;
        flush();
        AskedTarget source = monitor.asked(target);
        asked.opened(attempt, source);
        answeringAttempt = 0;
        entry(TimelineEntry.Kind.ATTEMPT_OPENED, attempt, null, null, 0, source.upstream(), nanos);
      }
      case Observation.AttemptClosed(int attempt, var failure) -> {
        flush();
        AskedTarget source = asked.closed(attempt);
        answeringAttempt = 0;
        String why = failure == null ? "none" : failure.cause().id();
        monitor
            .totals()
            .add(MetricFamily.ATTEMPTS, source.label() + ',' + Totals.label("cause", why), 1);
        if (failure == null) {
          entry(TimelineEntry.Kind.ATTEMPT_CLOSED, attempt, null, null, 0, "", nanos);
        } else {
          broken = true;
          lastFailure = failure.cause();
          blame(failure.cause().id(), source, nanos);
          entry(
              TimelineEntry.Kind.ATTEMPT_FAILED,
              attempt,
              failure.cause(),
              null,
              failure.httpStatus(),
              PlainText.line(failure.detail(), MAX_DETAIL),
              nanos);
        }
      }
      case Observation.Retrying(int retry, int max, Duration delay, Rung rung) -> {
        retries++;
        counted(MetricFamily.RETRIES, rung);
        monitor.windows(nanos + offsetNanos, slot -> slot.freshRetries++);
        entry(TimelineEntry.Kind.RETRYING, attempts + 1, null, rung, delay.toMillis(), "", nanos);
      }
      case Observation.SeamMarked(var seam) -> {
        seams++;
        counted(MetricFamily.SEAMS, seam.rung());
        entry(
            TimelineEntry.Kind.SEAM,
            seam.attempt(),
            null,
            seam.rung(),
            seam.offset(),
            seam.overlap() + " characters overlap",
            nanos);
      }
      case Observation.FrameRejected(Cause why) -> {
        monitor
            .totals()
            .add(
                MetricFamily.FRAMES_REJECTED,
                asked.current().label() + ',' + Totals.label("cause", why.id()),
                1);
        blame(why.id(), asked.current(), nanos);
        entry(TimelineEntry.Kind.FRAME_REJECTED, attempts, why, null, 0, "", nanos);
      }
      case Observation.Warned(Cause why) ->
          entry(TimelineEntry.Kind.WARNED, attempts, why, null, 0, "", nanos);
      case Observation.Heartbeat beat -> {}
      case Observation.Missed missed -> {}
      case Observation.Ended ended -> end(ended, nanos);
    }
  }

  private void end(Observation.Ended ended, long nanos) {
    inputTokens = ended.inputTokens() < 0 ? inputTokens : ended.inputTokens();
    if (ended.outputTokens() >= 0) {
      outputTokens = ended.outputTokens();
      estimatedOutput = ended.tokensEstimated();
    }
    wastedTokens = ended.wastedTokens();
    wastedPromptTokens = ended.wastedPromptTokens();
    cause =
        switch (ended.verdict()) {
          case Verdict.Complete() -> null;
          case Verdict.Truncated(Cause why) -> why;
          case Verdict.Failed(Cause why) -> why;
          case Verdict.Cancelled() -> Cause.CANCELLED;
        };
    endNanos = nanos;
    var failure = ended.failure();
    if (cause != null && cause != Cause.CANCELLED && cause != lastFailure) {
      blame(
          cause.id(),
          asked.current(),
          nanos); // Not the failure of any attempt: the stream's own clock, its sink.
    }
    var stoppedBy = ended.stoppedBy();
    String detail = failure == null ? "" : failure.detail();
    if (stoppedBy != null) {
      detail = stoppedBy.id() + "; " + detail;
    }
    flush();
    entry(
        TimelineEntry.Kind.ENDED,
        attempts,
        cause,
        null,
        0,
        PlainText.line(detail, MAX_DETAIL),
        nanos);
    state = StreamState.of(ended.verdict());
    timeline.finish();
    total();
  }

  /** Adds a stream that is over to the totals. */
  private void total() {
    var totals = monitor.totals();
    String labels = asked.current().labels();
    long micros = Slot.bounded((endNanos - startNanos) / 1000);
    totals.add(
        MetricFamily.DURATION,
        labels
            + ','
            + Totals.label("verdict", state.name().toLowerCase(Locale.ROOT))
            + ','
            + Totals.label("cause", cause == null ? "none" : cause.id()),
        micros,
        1);
    if (inputTokens > 0) {
      totals.add(MetricFamily.TOKENS, labels + ",type=\"input\"", inputTokens);
    }
    if (outputTokens > 0) {
      totals.add(MetricFamily.TOKENS, labels + ",type=\"output\"", outputTokens);
    }
  }

  private void counted(MetricFamily family, Rung rung) {
    String how = rung.name().toLowerCase(Locale.ROOT).replace('_', '-');
    monitor.totals().add(family, asked.current().label() + ',' + Totals.label("rung", how), 1);
  }

  private void blame(String name, AskedTarget source, long nanos) {
    errors++;
    monitor.windows(
        nanos + offsetNanos, slot -> slot.error(name, source.model(), source.upstream()));
  }

  private void entry(
      TimelineEntry.Kind kind,
      int attempt,
      @Nullable Cause cause,
      @Nullable Rung rung,
      long number,
      String detail,
      long nanos) {
    long at = Math.max(0, nanos - startNanos) / 1_000_000;
    timeline.add(new TimelineEntry(at, kind, attempt, cause, rung, number, detail));
  }
}
