package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import java.time.Duration;
import java.util.EnumSet;
import java.util.Set;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Decides what follows a failed attempt, and keeps count of what was tried. */
final class Recovery {
  private final StreamPlan plan;
  private final RequestFacts facts;
  private final RetryPolicy retry;
  private final Backoff backoff;
  private final Delivery delivery;
  private final Set<Rung> missing = EnumSet.noneOf(Rung.class);
  private int attempts;
  private int fruitless;
  private int continuations;
  private @Nullable Failure death;

  Recovery(StreamPlan plan, RequestFacts facts, Delivery delivery, RandomGenerator random) {
    this.plan = plan;
    this.facts = facts;
    this.retry = plan.policy().retry();
    this.backoff = new Backoff(retry, random);
    this.delivery = delivery;
  }

  /** What follows. */
  sealed interface Decision {
    /**
     * Another attempt.
     *
     * @param retry attempts in a row without new content, at least 1
     */
    record Go(NextAttempt next, Duration delay, int retry) implements Decision {}

    /**
     * The end.
     *
     * @param blamed the failure to tell
     * @param stoppedBy why recovery went no further; null if the failure cannot heal
     * @param reason which rule refused a continuation; empty if none did
     */
    record Stop(Failure blamed, @Nullable Cause stoppedBy, String reason) implements Decision {}
  }

  /** An attempt is over. */
  void ended(Attempt attempt) {
    attempts++;
    fruitless = attempt.fruitful ? 0 : fruitless + 1;
  }

  /** {@return what follows an attempt that failed on its own account} */
  Decision after(Failure failure, boolean retryAllowed, long nanosLeft) {
    death = failure;
    if (!failure.mayHeal()) {
      return new Decision.Stop(failure, null, "");
    }
    // The first continuation after new content goes at once.
    boolean atOnce = fruitless == 0 && failure.retryAfter() == null;
    var delay = atOnce ? Duration.ZERO : backoff.before(fruitless, failure);
    boolean tooLong = failure.retryAfter() != null && delay.compareTo(retry.maxRetryAfter()) > 0;
    return tooLong
        ? new Decision.Stop(failure, Cause.RETRIES_EXHAUSTED, "")
        : again(failure, delay, retryAllowed, nanosLeft);
  }

  /**
   * {@return what follows a continuation that the upstream or the seam refused} The failure that
   * made it necessary stays the one to blame, and the next rung is tried at once.
   */
  Decision afterRefusal(@Nullable Rung rung, Failure failure, boolean retryAllowed, long left) {
    if (rung != null) {
      missing.add(rung);
    }
    return again(death == null ? failure : death, Duration.ZERO, retryAllowed, left);
  }

  /** The first request was taken, so a 4xx means how it was continued. */
  static boolean saysNoSuchRung(Failure failure) {
    return failure.cause() == Cause.REJECTED
        && switch (failure.httpStatus()) {
          case 400, 404, 405, 422 -> true;
          default -> false;
        };
  }

  private Decision again(Failure blamed, Duration delay, boolean retryAllowed, long nanosLeft) {
    if (fruitless >= retry.maxAttempts()) {
      return new Decision.Stop(blamed, Cause.RETRIES_EXHAUSTED, "");
    }
    if (!retryAllowed) {
      return new Decision.Stop(blamed, Cause.BUDGET_EXHAUSTED, "");
    }
    if (delay.toNanos() >= nanosLeft) {
      return new Decision.Stop(blamed, Cause.DEADLINE_EXCEEDED, "");
    }
    int retries = Math.max(1, fruitless);
    if (!delivery.isCommitted()) {
      return new Decision.Go(new NextAttempt(attempts + 1, plan.body(), null, 0), delay, retries);
    }
    if (continuations >= retry.maxContinuations()) {
      return new Decision.Stop(blamed, Cause.RETRIES_EXHAUSTED, "");
    }
    var choice =
        RungChoice.of(
            plan.capability(),
            facts,
            plan.policy().recovery().requireExact(),
            delivery.view(),
            missing);
    if (choice.rung() == Rung.REFUSE) {
      return new Decision.Stop(blamed, Cause.SEAM_REFUSED, choice.reason());
    }
    continuations++;
    String body;
    try {
      body = Continuations.body(plan, choice, delivery.text(), blamed.cause());
    } catch (IllegalArgumentException e) {
      // A raw body need not have messages.
      return new Decision.Stop(blamed, Cause.SEAM_REFUSED, String.valueOf(e.getMessage()));
    }
    return new Decision.Go(
        new NextAttempt(attempts + 1, body, choice.rung(), choice.start()), delay, retries);
  }
}
