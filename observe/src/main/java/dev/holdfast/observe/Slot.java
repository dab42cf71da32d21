package dev.holdfast.observe;

import java.time.Duration;
import org.HdrHistogram.IntCountsHistogram;

/**
 * What happened in one stretch of time. Histograms hold microseconds to two digits and grow with
 * what they hold, to 14 KB each. Not thread-safe.
 */
final class Slot {
  private static final long MAX_MICROS = Duration.ofHours(24).toNanos() / 1000;
  private static final int TOP = 10;

  final IntCountsHistogram durations = new IntCountsHistogram(2);
  final IntCountsHistogram firstTokens = new IntCountsHistogram(2);
  final IntCountsHistogram gaps = new IntCountsHistogram(2);
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
    durations.reset();
    firstTokens.reset();
    gaps.reset();
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
    durations.recordValue(bounded(stream.duration().toNanos() / 1000));
    bytes += stream.bytes();
    inputTokens += Math.max(0, stream.inputTokens());
    outputTokens += stream.outputTokens();
    estimated |= stream.tokensEstimated() && stream.outputTokens() > 0;
    retries += stream.retries();
    recoveries += stream.recoveries();
  }

  void add(Slot other) {
    durations.add(other.durations);
    firstTokens.add(other.firstTokens);
    gaps.add(other.gaps);
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
