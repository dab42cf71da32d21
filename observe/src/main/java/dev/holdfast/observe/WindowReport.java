package dev.holdfast.observe;

import java.time.Duration;
import java.util.List;
import java.util.OptionalDouble;

/**
 * The health of streams in a window of time that ends now. Streams are counted in the window in
 * which they ended; gaps between events in the one in which they were.
 *
 * @param length how long it is
 * @param reach how far back it really reaches: the length, and at most one step more
 * @param started streams that began in it
 * @param successful streams that ended complete in it
 * @param truncated streams that were cut
 * @param failed streams that failed
 * @param cancelled streams that the caller ended; neither successes nor failures
 * @param bytes body bytes of the streams that ended
 * @param inputTokens prompt tokens of the streams that ended, as far as known
 * @param outputTokens completion tokens of the streams that ended
 * @param tokensEstimated whether some of {@code outputTokens} are estimated
 * @param retries of the streams that ended
 * @param recoveries of the streams that ended
 * @param duration of the streams that ended, from beginning to end
 * @param timeToFirstToken of the streams whose first token came in it
 * @param gaps between content events
 * @param errorsByCause the most frequent errors, most frequent first; ties by name
 * @param errorsByUpstream the same by upstream
 * @param byModel the models of most streams, most first; a stream counts for the model that
 *     answered, an error for the one that was asked
 * @param byUpstream the same by upstream
 */
public record WindowReport(
    Duration length,
    Duration reach,
    long started,
    long successful,
    long truncated,
    long failed,
    long cancelled,
    long bytes,
    long inputTokens,
    long outputTokens,
    boolean tokensEstimated,
    long retries,
    long recoveries,
    Distribution duration,
    Distribution timeToFirstToken,
    Distribution gaps,
    List<Tally> errorsByCause,
    List<Tally> errorsByUpstream,
    List<GroupReport> byModel,
    List<GroupReport> byUpstream) {
  /**
   * How often something was met.
   *
   * @param name a cause's id, the text of a reported error, or an upstream; "other" for what came
   *     after the first {@value Errors#MAX_KEYS} names of ten seconds
   * @param count how often
   */
  public record Tally(String name, long count) {}

  /** {@return streams that ended} */
  public long ended() {
    return successful + truncated + failed + cancelled;
  }

  /** {@return complete streams among those not cancelled, 0 to 1; empty if there were none} */
  public OptionalDouble successRate() {
    long judged = successful + truncated + failed;
    return judged == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) successful / judged);
  }

  /** {@return body bytes of a stream that ended, on average; empty if none ended} */
  public OptionalDouble averageBytes() {
    return perEnded(bytes);
  }

  /** {@return retries of a stream that ended, on average; empty if none ended} */
  public OptionalDouble retriesPerStream() {
    return perEnded(retries);
  }

  /** {@return recoveries of a stream that ended, on average; empty if none ended} */
  public OptionalDouble recoveriesPerStream() {
    return perEnded(recoveries);
  }

  private OptionalDouble perEnded(long sum) {
    return ended() == 0 ? OptionalDouble.empty() : OptionalDouble.of((double) sum / ended());
  }
}
