package dev.holdfast.observe;

import java.util.OptionalDouble;

/**
 * How the streams of one model or one upstream fared in a window of time.
 *
 * @param name the model or upstream; "unknown" if it has none, "other" for what came after the
 *     first {@value Groups#MAX_KEYS} names of a minute
 * @param successful streams that ended complete
 * @param truncated streams that were cut
 * @param failed streams that failed
 * @param cancelled streams that the caller ended
 * @param inputTokens prompt tokens of the streams that ended, as far as known
 * @param outputTokens completion tokens of the streams that ended
 * @param tokensEstimated whether some of {@code outputTokens} are estimated
 * @param recoveries of the streams that ended
 * @param errors failures of its attempts and unreadable frames, also those recovered from
 * @param timeToFirstToken of the streams whose first token came in the window, to within 10%
 */
public record GroupReport(
    String name,
    long successful,
    long truncated,
    long failed,
    long cancelled,
    long inputTokens,
    long outputTokens,
    boolean tokensEstimated,
    long recoveries,
    long errors,
    Distribution timeToFirstToken) {
  /** {@return streams that ended} */
  public long ended() {
    return successful + truncated + failed + cancelled;
  }

  /** {@return complete streams among those not cancelled, 0 to 1; empty if there were none} */
  public OptionalDouble successRate() {
    long judged = successful + truncated + failed;
    return judged == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) successful / judged);
  }
}
