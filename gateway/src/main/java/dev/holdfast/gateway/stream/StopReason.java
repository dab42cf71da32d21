package dev.holdfast.gateway.stream;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.gateway.journal.StreamRefusals;
import dev.holdfast.gateway.message.Refusal;
import org.jspecify.annotations.Nullable;

/** Why the gateway itself ends a stream. */
final class StopReason {
  static final Failure GONE = Failure.permanent(Cause.CANCELLED, "the client is gone");
  static final Failure REPLACED =
      Failure.permanent(Cause.CANCELLED, "an identical request replaced this one");
  static final Failure STOPPED = Failure.permanent(Cause.CANCELLED, "a client stopped the stream");
  static final Failure UNKEPT = Failure.permanent(Cause.JOURNAL_FAILED, "the journal took no more");
  static final Failure RESTARTED =
      Failure.retryable(Cause.CONNECTION_LOST, "the gateway was restarted");
  static final Failure GOING_DOWN = Failure.GATEWAY_ENDS;

  private StopReason() {}

  /**
   * {@return the refusal for a stream of which nothing has left}
   *
   * @param stopped why the gateway ended it; null if it did not
   */
  static Refusal refusal(@Nullable Failure stopped, Failure failure) {
    if (stopped == null || stopped.equals(UNKEPT)) {
      return Refusal.of(failure);
    }
    if (stopped.equals(REPLACED)) {
      return StreamRefusals.replaced();
    }
    if (stopped.equals(STOPPED)) {
      return Refusal.of(409, "stopped", "stream: must be wanted, was stopped by a client");
    }
    return shuttingDown();
  }

  /** {@return the refusal of a gateway that ends} */
  static Refusal shuttingDown() {
    return Refusal.later(503, "shutting-down", "gateway: must take requests, was shutting down");
  }
}
