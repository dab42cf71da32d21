package dev.holdfast.observe.debug;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Verdict;
import org.jspecify.annotations.Nullable;

/**
 * The verdict on one exchange, by the rules of the engine: an error beats an earlier finish, an
 * answer that is proven whole is not hurt by what comes after, and the end of a body proves
 * nothing.
 */
final class Judge {
  private Judge() {}

  /** {@return the failure that makes the answer incomplete, or null if it is complete} */
  static @Nullable Failure ofStream(
      Reading reading, WireEnd end, @Nullable Cause clock, String detail) {
    if (reading.error() != null) {
      return reading.error();
    }
    if (!reading.limit().isEmpty()) {
      return Failure.passing(Cause.LIMIT_EXCEEDED, reading.limit());
    }
    if (reading.rejection() != null) {
      return reading.rejection();
    }
    if (reading.proof().isProven()) {
      return reading.brokenToolCalls() > 0
              && reading.finishes().values().stream().noneMatch(finish -> finish.isEarly())
          ? Failure.passing(Cause.MALFORMED_JSON, "the arguments of a tool call are no JSON")
          : null;
    }
    return switch (end) {
      case FRAMED, FIN, UNKNOWN, LINGERED ->
          Failure.passing(Cause.TRUNCATED, "the body ended without proof of completion");
      case EARLY_FIN -> lost("the connection ended within the body");
      case RESET -> lost("the connection was reset");
      case NOT_HTTP -> lost(detail);
      case TIMED_OUT -> Failure.passing(clock == null ? Cause.IDLE_TIMEOUT : clock, detail);
      case LIMIT -> Failure.passing(Cause.LIMIT_EXCEEDED, detail);
      case CANCELLED -> Failure.lasting(Cause.CANCELLED, "ended by the user");
      case NO_CONNECTION, OPEN ->
          throw new IllegalStateException("end: must be of a body, was " + end);
    };
  }

  /** {@return the failure of an exchange without a response head} */
  static Failure withoutHead(
      WireEnd end, ConnectTrouble trouble, @Nullable Cause clock, String detail) {
    return switch (end) {
      case TIMED_OUT -> Failure.passing(clock == null ? Cause.FIRST_TOKEN_TIMEOUT : clock, detail);
      case CANCELLED -> Failure.lasting(Cause.CANCELLED, "ended by the user");
      default ->
          trouble == ConnectTrouble.CERTIFICATE
              ? Failure.lasting(Cause.CONNECTION_FAILED, detail)
              : Failure.passing(Cause.CONNECTION_FAILED, detail);
    };
  }

  static Verdict verdict(@Nullable Failure failure) {
    return failure == null ? new Verdict.Complete() : Verdict.of(failure.cause());
  }

  private static Failure lost(String detail) {
    return Failure.passing(Cause.CONNECTION_LOST, detail);
  }
}
