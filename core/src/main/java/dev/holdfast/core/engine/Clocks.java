package dev.holdfast.core.engine;

import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * The deadlines of one stream and its current attempt, in nanoseconds; {@link #NEVER} where a clock
 * is off or not running. The upstream's clocks are stopped while the consumer is away; the total
 * clock never is.
 */
final class Clocks {
  static final long NEVER = Long.MAX_VALUE;

  /** How long usage and the closing marker may take once the answer is proven complete. */
  static final Duration LINGER = Duration.ofSeconds(5);

  /** How long the body of an error response may take. */
  static final Duration ERROR_BODY = Duration.ofSeconds(5);

  private static final Duration LONGEST = Duration.ofDays(3650);

  private final Timeouts timeouts;
  private long total = NEVER;
  private long firstToken = NEVER;
  private long idle = NEVER;
  private long progress = NEVER;
  private long linger = NEVER;
  private long seam = NEVER;
  private long hedge = NEVER;
  private long pausedAt = NEVER;

  /** Clocks of a stream that has not begun: none runs. */
  Clocks(Timeouts timeouts) {
    this.timeouts = timeouts;
  }

  private Clocks(Clocks other) {
    timeouts = other.timeouts;
    total = other.total;
    pausedAt = other.pausedAt;
  }

  /** {@return clocks for another attempt at the same time} */
  Clocks beside() {
    return new Clocks(this);
  }

  private static long in(Duration length, long nowNanos) {
    boolean off = length.isZero() || length.compareTo(LONGEST) > 0;
    return off ? NEVER : nowNanos + length.toNanos();
  }

  /** A deadline of the upstream's: while the consumer is away, counted from its return. */
  private long within(Duration length, long nowNanos) {
    return in(length, pausedAt == NEVER ? nowNanos : pausedAt);
  }

  /** The stream begins. */
  void begun(long nowNanos) {
    total = in(timeouts.total(), nowNanos);
  }

  /** A request was sent. */
  void opened(long nowNanos) {
    closed();
    firstToken = within(timeouts.firstToken(), nowNanos);
  }

  /** A hedge may be opened beside this attempt, if its first token is slow. */
  void hedgeable(Duration after, long nowNanos) {
    hedge = within(after, nowNanos);
  }

  /** No hedge will be opened beside this attempt. */
  void hedged() {
    hedge = NEVER;
  }

  /** A response head or bytes arrived. */
  void bytes(long nowNanos) {
    idle = within(timeouts.idle(), nowNanos);
  }

  /** Content or reasoning arrived; repeated text counts, the model is at work. */
  void content(long nowNanos) {
    firstToken = NEVER;
    hedge = NEVER;
    progress = within(timeouts.progress(), nowNanos);
  }

  /** The answer is proven complete: only trailers are awaited. */
  void proven(long nowNanos) {
    if (linger == NEVER) {
      firstToken = NEVER;
      hedge = NEVER;
      progress = NEVER;
      linger = within(LINGER, nowNanos);
    }
  }

  /** The answer is not proven complete, or not any more: another choice has begun. */
  void unproven(long nowNanos) {
    if (linger != NEVER) {
      linger = NEVER;
      progress = within(timeouts.progress(), nowNanos);
    }
  }

  /** The response is an error whose body is awaited. */
  void errorBody(long nowNanos) {
    closed();
    linger = within(ERROR_BODY, nowNanos);
  }

  /** The first character of a continuation is held back. */
  void seamOpened(Duration holdBack, long nowNanos) {
    if (seam == NEVER) {
      seam = within(holdBack, nowNanos);
    }
  }

  /** The seam is decided, or its time was used. */
  void seamClosed() {
    seam = NEVER;
  }

  /** No attempt is under way. */
  void closed() {
    firstToken = NEVER;
    idle = NEVER;
    progress = NEVER;
    linger = NEVER;
    seam = NEVER;
    hedge = NEVER;
  }

  /** The consumer stopped reading. */
  void pause(long nowNanos) {
    if (pausedAt == NEVER) {
      pausedAt = nowNanos;
    }
  }

  /** The consumer reads again: the upstream's clocks continue with the time they had left. */
  void resume(long nowNanos) {
    if (pausedAt != NEVER) {
      long away = nowNanos - pausedAt;
      pausedAt = NEVER;
      firstToken = shift(firstToken, away);
      idle = shift(idle, away);
      progress = shift(progress, away);
      linger = shift(linger, away);
      seam = shift(seam, away);
      hedge = shift(hedge, away);
    }
  }

  private static long shift(long deadline, long by) {
    return deadline == NEVER ? NEVER : deadline + by;
  }

  /** {@return the next deadline of any clock} */
  long next() {
    if (pausedAt != NEVER) {
      return total;
    }
    return Math.min(
        Math.min(Math.min(total, firstToken), Math.min(idle, progress)),
        Math.min(Math.min(linger, seam), hedge));
  }

  boolean isTotalOver(long nowNanos) {
    return nowNanos >= total;
  }

  /** {@return nanoseconds left of the whole stream} */
  long totalLeft(long nowNanos) {
    return total == NEVER ? NEVER : total - nowNanos;
  }

  boolean isLingerOver(long nowNanos) {
    return pausedAt == NEVER && nowNanos >= linger;
  }

  boolean isHedgeOver(long nowNanos) {
    return pausedAt == NEVER && nowNanos >= hedge;
  }

  boolean isSeamOver(long nowNanos) {
    return pausedAt == NEVER && nowNanos >= seam;
  }

  /** {@return which of the upstream's clocks has run out, or null} */
  @Nullable Failure expired(long nowNanos) {
    if (pausedAt != NEVER) {
      return null;
    }
    if (nowNanos >= firstToken) {
      return timeout(Cause.FIRST_TOKEN_TIMEOUT, "no content", timeouts.firstToken());
    }
    if (nowNanos >= progress) {
      return timeout(Cause.PROGRESS_TIMEOUT, "no new content", timeouts.progress());
    }
    if (nowNanos >= idle) {
      return timeout(Cause.IDLE_TIMEOUT, "no bytes", timeouts.idle());
    }
    return null;
  }

  private static Failure timeout(Cause cause, String what, Duration limit) {
    return Failure.retryable(cause, what + " within " + limit.toMillis() + " ms");
  }
}
