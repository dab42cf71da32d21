package dev.holdfast.core.engine;

import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.nio.ByteBuffer;

/** What happens to a stream. Signals of an attempt that is over are ignored. */
public sealed interface Signal {
  /** {@return the attempt that it is about; 0 for the stream} */
  default int attempt() {
    return 0;
  }

  /** Start the first attempt. */
  record Begin() implements Signal {}

  /**
   * The response head of an attempt arrived.
   *
   * @param epochMillis wall-clock time of arrival, for {@code Retry-After} dates
   */
  record HeadersArrived(int attempt, ResponseHead head, long epochMillis) implements Signal {}

  /** Body bytes of an attempt arrived; read before the signal returns, never kept. */
  record BytesArrived(int attempt, ByteBuffer bytes) implements Signal {}

  /** The body of an attempt ended cleanly, as far as its transport can detect. */
  record EndOfBody(int attempt) implements Signal {}

  /** The transport of an attempt failed. */
  record Failed(int attempt, Failure failure) implements Signal {}

  /** The time requested with {@link Action.SetTimer} has come. */
  record TimerFired() implements Signal {}

  /** The consumer stopped taking events: the upstream's clocks are stopped. */
  record Paused() implements Signal {}

  /** The consumer takes events again. */
  record Demand() implements Signal {}

  /** The consumer is gone. */
  record Cancelled() implements Signal {}
}
