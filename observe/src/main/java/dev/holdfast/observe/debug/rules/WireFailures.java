package dev.holdfast.observe.debug.rules;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.observe.debug.wire.ConnectTrouble;
import dev.holdfast.observe.debug.wire.WireEnd;
import org.jspecify.annotations.Nullable;

/**
 * What the end of the wire means for an answer. The verdict on the body itself is that of {@code
 * BodyJudge}, which knows no wire.
 */
public final class WireFailures {
  private WireFailures() {}

  /** {@return why a body did not end as a body may end; null if it did, or there is none} */
  static @Nullable public Failure ofBody(WireEnd end, @Nullable Cause clock, String detail) {
    return switch (end) {
      case FRAMED, FIN, UNKNOWN, LINGERED, NO_CONNECTION, OPEN -> null;
      case EARLY_FIN -> lost("the connection ended within the body");
      case RESET -> lost("the connection was reset");
      case NOT_HTTP -> lost(detail);
      case TIMED_OUT -> Failure.retryable(clock == null ? Cause.IDLE_TIMEOUT : clock, detail);
      case LIMIT -> Failure.retryable(Cause.LIMIT_EXCEEDED, detail);
      case CANCELLED -> Failure.permanent(Cause.CANCELLED, "ended by the user");
    };
  }

  /** {@return the failure of an exchange without a response head} */
  public static Failure withoutHead(
      WireEnd end, ConnectTrouble trouble, @Nullable Cause clock, String detail) {
    return switch (end) {
      case TIMED_OUT ->
          Failure.retryable(clock == null ? Cause.FIRST_TOKEN_TIMEOUT : clock, detail);
      case CANCELLED -> Failure.permanent(Cause.CANCELLED, "ended by the user");
      default ->
          trouble == ConnectTrouble.CERTIFICATE
              ? Failure.permanent(Cause.CONNECTION_FAILED, detail)
              : Failure.retryable(Cause.CONNECTION_FAILED, detail);
    };
  }

  /** {@return the verdict on an exchange that failed so; null is an answer that is complete} */
  public static Verdict verdict(@Nullable Failure failure) {
    return failure == null ? new Verdict.Complete() : Verdict.of(failure.cause());
  }

  private static Failure lost(String detail) {
    return Failure.retryable(Cause.CONNECTION_LOST, detail);
  }
}
