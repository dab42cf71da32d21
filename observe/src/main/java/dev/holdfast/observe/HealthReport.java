package dev.holdfast.observe;

import java.time.Duration;
import java.time.Instant;
import java.util.List;

/**
 * The health of streams.
 *
 * @param at when this was true
 * @param uptime how long the monitor has watched
 * @param active streams that are not over
 * @param total streams that began since the monitor was made
 * @param successful of these, those that ended complete
 * @param truncated those that were cut
 * @param failed those that failed
 * @param cancelled those that the caller ended
 * @param windows the last 1, 5 and 60 minutes, in this order
 */
public record HealthReport(
    Instant at,
    Duration uptime,
    int active,
    long total,
    long successful,
    long truncated,
    long failed,
    long cancelled,
    List<WindowReport> windows) {
  /**
   * {@return the report of one window}
   *
   * @throws IllegalArgumentException if there is no window of this length
   */
  public WindowReport window(Duration length) {
    return windows.stream()
        .filter(window -> window.length().equals(length))
        .findFirst()
        .orElseThrow(() ->
            new IllegalArgumentException("window: must be 1, 5 or 60 minutes long, was " + length));
  }
}
