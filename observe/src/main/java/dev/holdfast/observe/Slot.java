package dev.holdfast.observe;

import dev.holdfast.core.usage.TokenEstimate;
import dev.holdfast.observe.parts.Histogram;
import java.time.Duration;
import java.time.Instant;

/**
 * What happened in one stretch of time. Histograms hold microseconds to within 1% and grow with
 * what they hold, to 16 KB each. Not thread-safe.
 */
final class Slot {
  private static final long MAX_MICROS = Duration.ofHours(24).toNanos() / 1000;
  private static final int TOP = 10;

  final Histogram durations = new Histogram();
  final Histogram firstTokens = new Histogram();
  final Histogram gaps = new Histogram();
  final Errors errors = new Errors();
  final Groups models = new Groups();
  final Groups upstreams = new Groups();
  long started;
  long successful;
  long truncated;
  long failed;
  long cancelled;
  long bytes;
  long inputTokens;
  long outputTokens;
  boolean estimated;
  long retries;
  long recoveries;

  /** As they came, while the numbers above are of streams that ended. */
  long arrivedBytes;

  /** As they came, in characters. */
  long arrivedCharacters;

  /** As they were made. */
  long freshRetries;

  /** As they came. */
  long freshRecoveries;

  /** As they came. */
  long freshErrors;

  /** Which stretch of time this is about. */
  long number = -1;

  void reset(long number) {
    this.number = number;
    durations.clear();
    firstTokens.clear();
    gaps.clear();
    errors.clear();
    models.clear();
    upstreams.clear();
    started = 0;
    successful = 0;
    truncated = 0;
    failed = 0;
    cancelled = 0;
    bytes = 0;
    inputTokens = 0;
    outputTokens = 0;
    estimated = false;
    retries = 0;
    recoveries = 0;
    arrivedBytes = 0;
    arrivedCharacters = 0;
    freshRetries = 0;
    freshRecoveries = 0;
    freshErrors = 0;
  }

  static long bounded(long micros) {
    return Math.clamp(micros, 0, MAX_MICROS);
  }

  void ended(StreamMetrics stream) {
    switch (stream.state()) {
      case COMPLETE -> successful++;
      case TRUNCATED -> truncated++;
      case FAILED -> failed++;
      case CANCELLED -> cancelled++;
      case ACTIVE -> throw new IllegalStateException("state: must be over, was ACTIVE");
    }
    durations.add(bounded(stream.duration().toNanos() / 1000), 1);
    bytes += stream.bytes();
    inputTokens += stream.inputTokens().orElse(0);
    outputTokens += stream.outputTokens();
    estimated |= stream.tokensEstimated() && stream.outputTokens() > 0;
    retries += stream.retries();
    recoveries += stream.recoveries();
    models.ended(stream.model(), stream);
    upstreams.ended(stream.upstream(), stream);
  }

  void firstToken(String model, String upstream, long micros) {
    firstTokens.add(micros, 1);
    models.firstToken(model, micros);
    upstreams.firstToken(upstream, micros);
  }

  void error(String name, String model, String upstream) {
    freshErrors++;
    errors.add(name, upstream);
    models.error(model);
    upstreams.error(upstream);
  }

  void add(Slot other) {
    durations.addAll(other.durations);
    firstTokens.addAll(other.firstTokens);
    gaps.addAll(other.gaps);
    errors.addAll(other.errors);
    models.addAll(other.models);
    upstreams.addAll(other.upstreams);
    started += other.started;
    successful += other.successful;
    truncated += other.truncated;
    failed += other.failed;
    cancelled += other.cancelled;
    bytes += other.bytes;
    inputTokens += other.inputTokens;
    outputTokens += other.outputTokens;
    estimated |= other.estimated;
    retries += other.retries;
    recoveries += other.recoveries;
  }

  WindowReport report(Duration length, Duration reach) {
    return new WindowReport(
        length,
        reach,
        started,
        successful,
        truncated,
        failed,
        cancelled,
        bytes,
        inputTokens,
        outputTokens,
        estimated,
        retries,
        recoveries,
        Distribution.ofMicros(durations),
        Distribution.ofMicros(firstTokens),
        Distribution.ofMicros(gaps),
        errors.topCauses(TOP),
        errors.topUpstreams(TOP),
        models.top(Groups.MAX_KEYS),
        upstreams.top(Groups.MAX_KEYS));
  }

  /**
   * {@return this as a step of a history}
   *
   * @param seconds how long it lasted so far, for the rates; NaN if not long enough for one
   */
  StreamHistory.Point point(Instant at, double seconds, long active) {
    return new StreamHistory.Point(
        at,
        active,
        started,
        successful,
        truncated,
        failed,
        cancelled,
        arrivedBytes / seconds,
        (double) arrivedCharacters / TokenEstimate.CHARS_PER_TOKEN / seconds,
        freshRetries,
        freshRecoveries,
        freshErrors,
        Distribution.ofMicros(durations),
        Distribution.ofMicros(firstTokens),
        Distribution.ofMicros(gaps));
  }

  /** {@return streams that ended} */
  long ended() {
    return successful + truncated + failed + cancelled;
  }
}
