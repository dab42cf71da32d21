package dev.holdfast.observe.debug.facts;

import dev.holdfast.observe.debug.clients.Arrival;

/**
 * When things came. Nanoseconds since the debugger began; -1 for what did not happen.
 *
 * @param known whether the times are those of the wire; of a file without times they are not
 * @param requestAt when the request had been sent
 * @param headAt when the response head was whole
 * @param firstByteAt when the body's first byte arrived
 * @param firstContentAt when the first output of the model arrived
 * @param lastByteAt when the last byte of all arrived
 * @param lastContentAt when the last output of the model arrived
 * @param endAt when the exchange was over
 * @param bodyBytes of the body as it was sent, compressed or not
 * @param chunks sizes of what single reads gave, in bytes
 * @param reads how long reads took, in nanoseconds
 * @param gaps between bytes, in nanoseconds
 * @param contentGaps between frames of content, in nanoseconds
 * @param longestGapAt when the longest of the gaps began
 * @param bursts groups of content frames
 */
public record Pace(
    boolean known,
    long requestAt,
    long headAt,
    long firstByteAt,
    long firstContentAt,
    long lastByteAt,
    long lastContentAt,
    long endAt,
    long bodyBytes,
    Spread chunks,
    Spread reads,
    Spread gaps,
    Spread contentGaps,
    long longestGapAt,
    Bursts bursts) {
  /** {@return how long nothing had come when the exchange ended} */
  public long silenceAtEnd() {
    return Math.max(0, endAt - Math.max(lastByteAt, Math.max(headAt, requestAt)));
  }

  /** {@return how long the exchange took, from the request} */
  public long sinceRequest() {
    return Math.max(0, endAt - Math.max(0, requestAt));
  }

  /** {@return when head and body came, as clients with a timeout see it} */
  public Arrival arrival() {
    return known && requestAt >= 0 && headAt >= 0 && firstByteAt >= 0
        ? new Arrival(headAt - requestAt, firstByteAt - requestAt, lastByteAt - firstByteAt)
        : Arrival.UNKNOWN;
  }
}
