package dev.holdfast.core.health;

import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.util.random.RandomGenerator;

/**
 * What the streams of one upstream share about its health: its retry budget and its circuit. Not
 * thread-safe, the driver locks it.
 */
public final class UpstreamHealth {
  private final RetryBudget budget;
  private final CircuitBreaker breaker;
  private boolean answered;

  /** The health of an upstream of which nothing is known; {@code random} spreads cool-downs. */
  public UpstreamHealth(RetryBudget budget, BreakerPolicy policy, RandomGenerator random) {
    this.budget = budget;
    this.breaker = new CircuitBreaker(policy, random);
  }

  /** {@return its availability, for the signal of this moment} */
  public Standing standing(long nowNanos) {
    return new Standing(budget.allowsRetry(), breaker.waitNanos(nowNanos), answered);
  }

  /** {@return the state of the circuit} */
  public CircuitBreaker.State circuit(long nowNanos) {
    return breaker.state(nowNanos);
  }

  /** Records that an attempt was opened: {@code Action.OpenAttempt}. */
  public void opened(long nowNanos) {
    breaker.opened(nowNanos);
  }

  /** Records the sign of an attempt: {@code Action.Score}. */
  public void score(Sign sign, long nowNanos) {
    answered |=
        switch (sign) {
          case Sign.Content content -> true;
          case Sign.Whole whole -> true;
          case Sign.Failed(Failure failure, boolean hadContent) ->
              hadContent
                  || failure.httpStatus().orElse(0) != 0
                  || failure.cause() == Cause.CONNECTION_LOST;
          case Sign.Starting starting -> false;
          case Sign.Dropped dropped -> false;
          case Sign.Hedged hedged -> false;
        };
    switch (sign) {
      case Sign.Content() -> breaker.good(nowNanos);
      case Sign.Whole() -> budget.score(true);
      case Sign.Failed(Failure failure, boolean hadContent) -> {
        if (failure.isRetryable()) {
          budget.score(false);
        }
        if (!hadContent) {
          breaker.failed(failure, nowNanos);
        }
      }
      case Sign.Starting() -> breaker.dropped(nowNanos);
      case Sign.Dropped() -> breaker.dropped(nowNanos);
      // As a failure would: at best one stream in ten is hedged for long.
      case Sign.Hedged() -> budget.score(false);
    }
  }
}
