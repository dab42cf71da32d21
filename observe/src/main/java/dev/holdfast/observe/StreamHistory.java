package dev.holdfast.observe;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * What a monitor saw over a window of time, step by step, oldest first. Steps from before it was
 * made are missing.
 *
 * @param length how far back it reaches: 1, 5 or 60 minutes
 * @param step how long a step is: a second, ten seconds or a minute
 * @param points one for each step; the last one is under way
 */
public record StreamHistory(Duration length, Duration step, List<Point> points) {
  /** Copies the list. */
  public StreamHistory {
    points = List.copyOf(points);
  }

  /**
   * One step.
   *
   * @param at its end; of the last one, now
   * @param active streams that were not over at its end
   * @param started streams that began in it
   * @param successful streams that ended complete in it
   * @param truncated streams that were cut in it
   * @param failed streams that failed in it
   * @param cancelled streams that the caller ended in it
   * @param bytesPerSecond body bytes that arrived; NaN where the step has only begun
   * @param tokensPerSecond a quarter of the characters that were delivered: an estimate, since
   *     providers report tokens only at the end; NaN like the bytes
   * @param retries decisions to retry
   * @param recoveries how often content arrived again after a failed attempt
   * @param errors failures of attempts and unreadable frames
   * @param duration of the streams that ended in it
   * @param timeToFirstToken of the streams whose first token came in it
   * @param gaps between content events
   */
  public record Point(
      Instant at,
      long active,
      long started,
      long successful,
      long truncated,
      long failed,
      long cancelled,
      double bytesPerSecond,
      double tokensPerSecond,
      long retries,
      long recoveries,
      long errors,
      Distribution duration,
      Distribution timeToFirstToken,
      Distribution gaps) {}
}
