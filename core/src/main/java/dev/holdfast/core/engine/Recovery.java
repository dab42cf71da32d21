package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.dialect.ResumableDialect;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Map;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Decides what follows a failed attempt, and keeps count of what was tried. */
final class Recovery {
  /**
   * A generation is kept for about ten minutes; so long, and every ten seconds, it is asked for.
   */
  private static final int MAX_POLLS = 64;

  private static final Duration LONGEST_POLL = Duration.ofSeconds(10);

  private final StreamPlan plan;
  private final RequestFacts facts;
  private final Continuations continuations;
  private final RetryPolicy retry;
  private final Backoff backoff;
  private final Delivery delivery;

  /** Rungs that were refused, and why. */
  private final Map<Rung, String> missing = new EnumMap<>(Rung.class);

  private int attempts;
  private int fruitless;
  private int continued;
  private int polls;
  private @Nullable Failure death;

  /** The generation that broke last, and what its provider may still have of it. */
  private @Nullable Generation broken;

  private RungChoice.Kept kept = RungChoice.Kept.NOTHING;

  Recovery(
      StreamPlan plan,
      RequestFacts facts,
      Continuations continuations,
      Delivery delivery,
      RandomGenerator random) {
    this.plan = plan;
    this.facts = facts;
    this.continuations = continuations;
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

  /**
   * An attempt is over.
   *
   * @param failure why; null if it did what it was for
   */
  void ended(Attempt attempt, @Nullable Failure failure) {
    attempts++;
    boolean prepared = failure == null && attempt.purpose() != Purpose.ANSWER;
    if (!prepared) {
      fruitless = attempt.fruitful ? 0 : fruitless + 1;
    }
    switch (attempt.purpose()) {
      case ANSWER -> {
        broken = attempt.generation;
        // What is held back at a seam is lost with the attempt.
        kept = attempt.joined ? RungChoice.Kept.EVENTS : RungChoice.Kept.NOTHING;
      }
      case RESUME -> {
        if (attempt.wasAnswered() && !attempt.fruitful) {
          kept = RungChoice.Kept.DOCUMENT; // The cursor leads nowhere.
        }
      }
      case TOKENS, POLL -> {}
    }
  }

  /** {@return the generation that broke last, or null} */
  @Nullable Generation broken() {
    return broken;
  }

  /** {@return when to ask again for a generation that is under way} */
  Decision notYet(boolean retryAllowed, long nanosLeft) {
    var blamed = death == null ? Failure.passing(Cause.TRUNCATED, "no answer") : death;
    if (++polls > MAX_POLLS) {
      return new Decision.Stop(blamed, Cause.RETRIES_EXHAUSTED, "");
    }
    var delay = Duration.ofSeconds(1L << Math.min(polls - 1, 4));
    return again(
        blamed, delay.compareTo(LONGEST_POLL) < 0 ? delay : LONGEST_POLL, retryAllowed, nanosLeft);
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
  Decision afterRefusal(Attempt attempt, Failure failure, boolean retryAllowed, long left) {
    var rung = attempt.rung();
    if (rung == Rung.CURSOR) {
      kept =
          attempt.purpose() == Purpose.RESUME ? RungChoice.Kept.DOCUMENT : RungChoice.Kept.NOTHING;
    } else if (rung != null) {
      missing.put(rung, failure.detail());
    }
    return again(death == null ? failure : death, Duration.ZERO, retryAllowed, left);
  }

  /**
   * {@return the attempt that goes on from token ids}
   *
   * @throws IllegalArgumentException if {@code tokens} holds none
   */
  NextAttempt completing(Attempt asked, String tokens) {
    return continuations.completing(asked.plan, tokens, delivery.text(), cause());
  }

  private Cause cause() {
    return death == null ? Cause.TRUNCATED : death.cause();
  }

  /**
   * Whether an upstream took the request but not its continuation: the first one was answered, so
   * what is wrong is how it was continued. Some say so inside a 200.
   */
  static boolean refusesToContinue(Failure failure) {
    return failure.cause() == Cause.REJECTED
        && switch (failure.httpStatus()) {
          case 200, 400, 404, 405, 410, 413, 422 -> true;
          default -> false;
        };
  }

  /** Whether that is so for every continuation, not only for one of this length. */
  static boolean saysNoSuchRung(Failure failure) {
    var error = failure.provider();
    boolean tooLong =
        failure.httpStatus() == 413 || (error != null && error.code().contains("context"));
    return !tooLong;
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
    while (true) {
      var left = kept();
      var choice =
          RungChoice.of(
              plan.capability(),
              facts,
              plan.policy().recovery().requireExact(),
              delivery.view(),
              left,
              missing);
      if (!delivery.isCommitted() && choice.rung() != Rung.CURSOR) {
        var next = NextAttempt.fromTheStart(attempts + 1, continuations.fromTheStart());
        return new Decision.Go(next, delay, retries);
      }
      if (continued >= retry.maxContinuations()) {
        return new Decision.Stop(blamed, Cause.RETRIES_EXHAUSTED, "");
      }
      if (choice.rung() == Rung.REFUSE) {
        return new Decision.Stop(blamed, Cause.SEAM_REFUSED, choice.reason());
      }
      try {
        var cursor = broken == null ? null : broken.cursor();
        var next =
            continuations.next(attempts + 1, choice, left, cursor, delivery.text(), blamed.cause());
        continued += next.purpose() == Purpose.POLL && polls > 0 ? 0 : 1;
        return new Decision.Go(next, delay, retries);
      } catch (IllegalArgumentException e) {
        // A raw body need not have messages.
        missing.put(choice.rung(), String.valueOf(e.getMessage()));
      }
    }
  }

  /** {@return what the provider may still have of the generation that broke} */
  private RungChoice.Kept kept() {
    var generation = broken;
    if (generation == null
        || generation.cursor() == null
        || !(plan.dialect() instanceof ResumableDialect dialect)
        || !(facts.kept() || dialect.countsBytes())
        || (kept == RungChoice.Kept.DOCUMENT && !generation.fromTheStart)) {
      return RungChoice.Kept.NOTHING;
    }
    return kept;
  }
}
