package dev.holdfast.observe;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Rung;
import org.jspecify.annotations.Nullable;

/**
 * Something that happened to a stream.
 *
 * @param atMillis when, in milliseconds since the stream began
 * @param kind what
 * @param attempt which attempt it belongs to, or 0
 * @param cause the named cause, where there is one
 * @param rung how the stream continues, where it does
 * @param number see {@link Kind}
 * @param detail one line for display, cleaned and cut; may be empty
 */
public record TimelineEntry(
    long atMillis,
    Kind kind,
    int attempt,
    @Nullable Cause cause,
    @Nullable Rung rung,
    long number,
    String detail) {
  /** What can happen. */
  public enum Kind {
    /** A request was sent; the detail names its upstream. */
    ATTEMPT_OPENED,
    /** An attempt failed; the number is its HTTP status or 0. */
    ATTEMPT_FAILED,
    /** An attempt was over without a failure: it brought the end, or was dropped. */
    ATTEMPT_CLOSED,
    /** The stream will try again; the number is the wait in milliseconds. */
    RETRYING,
    /** The first content came. */
    FIRST_TOKEN,
    /** From here on the text is another attempt's; the number is the UTF-16 offset. */
    SEAM,
    /** A frame could not be read and was passed over. */
    FRAME_REJECTED,
    /** An anomaly. */
    WARNED,
    /** A caller reported an error of a stream that is not Holdfast's. */
    ERROR,
    /** The stream was over. */
    ENDED
  }

  TimelineEntry withDetail(String other) {
    return new TimelineEntry(atMillis, kind, attempt, cause, rung, number, other);
  }

  /** {@return whether it is an error} */
  public boolean isError() {
    return switch (kind) {
      case ATTEMPT_FAILED, FRAME_REJECTED, ERROR -> true;
      case ATTEMPT_OPENED, ATTEMPT_CLOSED, RETRYING, FIRST_TOKEN, SEAM, WARNED -> false;
      case ENDED -> cause != null && cause != Cause.CANCELLED;
    };
  }
}
