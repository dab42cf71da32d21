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
  public Availability standing(long nowNanos) {
    return new Availability(budget.allowsRetry(), breaker.waitNanos(nowNanos), answered);
  }

  /** {@return its retry budget} */
  public RetryBudget budget() {
    return budget;
  }

  /** {@return its circuit} */
  public CircuitBreaker breaker() {
    return breaker;
  }

  /** {@return the state of the circuit} */
  public CircuitBreaker.State circuit(long nowNanos) {
    return breaker.state(nowNanos);
  }

  /** Records that an attempt was opened: {@code Action.OpenAttempt}. */
  public void opened(long nowNanos) {
    breaker.opened(nowNanos);
  }

  /** Records the result of an attempt: {@code Action.ReportHealth}. */
  public void score(AttemptResult result, long nowNanos) {
    switch (result) {
      case AttemptResult.Content() -> {
        answered = true;
        breaker.good(nowNanos);
      }
      case AttemptResult.Whole() -> {
        answered = true;
        budget.score(true);
      }
      case AttemptResult.Failed(Failure failure, boolean hadContent) -> {
        answered |=
            hadContent
                || failure.httpStatus().isPresent()
                || failure.cause() == Cause.CONNECTION_LOST;
        if (failure.isRetryable()) {
          budget.score(false);
        }
        if (!hadContent) {
          breaker.failed(failure, nowNanos);
        }
      }
      case AttemptResult.Starting() -> breaker.dropped(nowNanos);
      case AttemptResult.Dropped() -> breaker.dropped(nowNanos);
      // As a failure would: at best one stream in ten is hedged for long.
      case AttemptResult.Hedged() -> budget.score(false);
    }
  }
}
