package dev.holdfast.observe;

import dev.holdfast.observe.parts.Histogram;
import java.time.Duration;

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
  long started;
  long successful;
  long failed;
  long cancelled;
  long bytes;
  long inputTokens;
  long outputTokens;
  boolean estimated;
  long retries;
  long recoveries;

  /** Which stretch of time this is about. */
  long number = -1;

  void reset(long number) {
    this.number = number;
    durations.clear();
    firstTokens.clear();
    gaps.clear();
    errors.clear();
    started = 0;
    successful = 0;
    failed = 0;
    cancelled = 0;
    bytes = 0;
    inputTokens = 0;
    outputTokens = 0;
    estimated = false;
    retries = 0;
    recoveries = 0;
  }

  static long bounded(long micros) {
    return Math.clamp(micros, 0, MAX_MICROS);
  }

  void ended(StreamMetrics stream) {
    switch (stream.state()) {
      case COMPLETE -> successful++;
      case TRUNCATED, FAILED -> failed++;
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
  }

  void add(Slot other) {
    durations.addAll(other.durations);
    firstTokens.addAll(other.firstTokens);
    gaps.addAll(other.gaps);
    errors.addAll(other.errors);
    started += other.started;
    successful += other.successful;
    failed += other.failed;
    cancelled += other.cancelled;
    bytes += other.bytes;
    inputTokens += other.inputTokens;
    outputTokens += other.outputTokens;
    estimated |= other.estimated;
    retries += other.retries;
    recoveries += other.recoveries;
  }

  WindowReport report(Duration length) {
    return new WindowReport(
        length,
        started,
        successful,
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
        errors.topUpstreams(TOP));
  }
}
