package dev.holdfast.observe;

import dev.holdfast.observe.parts.Histogram;
import java.time.Duration;

/**
 * How long something took, over many times. All zero where it never happened.
 *
 * @param count how many times
 * @param mean the average
 * @param p50 half of them took at most this long
 * @param p95 95 of 100
 * @param p99 99 of 100
 * @param max the longest
 */
public record Distribution(
    long count, Duration mean, Duration p50, Duration p95, Duration p99, Duration max) {
  /** Nothing happened. */
  public static final Distribution NONE =
      new Distribution(
          0, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO, Duration.ZERO);

  /** {@return what a histogram of microseconds holds} */
  static Distribution ofMicros(Histogram micros) {
    long count = micros.count();
    if (count == 0) {
      return NONE;
    }
    return new Distribution(
        count,
        micros(Math.round(micros.mean())),
        micros(micros.percentile(50)),
        micros(micros.percentile(95)),
        micros(micros.percentile(99)),
        micros(micros.max()));
  }

  static Duration micros(long micros) {
    return Duration.ofNanos(micros * 1000);
  }
}
