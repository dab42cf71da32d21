package dev.holdfast.testkit.sim;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Sign;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * BUDGET: never more attempts, continuations, retries or output tokens than allowed; and whatever
 * limit is named as the reason for giving up was really reached.
 */
final class KeepsToBudgets extends Invariant {
  /** The output limit of every simulated request, a number that occurs nowhere else. */
  static final int MAX_TOKENS = 4111;

  private static final int TENTHS = 10;

  /** Delivered text from which on a continuation must be allowed less, wherever it begins. */
  private static final int LONG_TEXT = 700;

  private int tenths;
  private boolean retryAllowed = true;
  private int fruitless;
  private int continuations;
  private @Nullable Rung rung;
  private @Nullable Failure failed;

  KeepsToBudgets(Seen seen, List<String> violations) {
    super(seen, violations);
    tenths = seen.situation.budget() * TENTHS;
  }

  @Override
  void signalled(Signal signal, long now) {
    retryAllowed = tenths > seen.situation.budget() * TENTHS / 2;
  }

  @Override
  void acted(Action action, long now) {
    switch (action) {
      case Action.Score(int upstream, Sign.Whole whole) ->
          tenths = Math.min(seen.situation.budget() * TENTHS, tenths + 1);
      case Action.Score(int upstream, Sign.Failed failing) when failing.failure().mayHeal() ->
          tenths = Math.max(0, tenths - TENTHS);
      case Action.CloseAttempt close ->
          fruitless = seen.tries.getLast().fruitful ? 0 : fruitless + 1;
      case Action.Deliver(StreamEvent.AttemptFailed(int attempt, var failure)) -> failed = failure;
      case Action.Deliver(StreamEvent.Retrying retrying) -> retrying(retrying.rung());
      case Action.OpenAttempt(int attempt, int upstream, var call, int retries) ->
          opened(attempt, call.body());
      default -> {
        // Costs nothing.
      }
    }
  }

  private void retrying(Rung next) {
    var retry = seen.situation.policy().retry();
    if (!retryAllowed) {
      violate("BUDGET", "another attempt though the upstream's budget is spent");
    }
    if (fruitless >= retry.maxAttempts()) {
      violate("BUDGET", fruitless + " attempts in a row without new content, and another one");
    }
    if (failed != null && !failed.mayHeal() && !continues(failed)) {
      violate("BUDGET", "another attempt though " + failed + " cannot heal");
    }
    rung = seen.isCommitted() ? next : null;
    continuations += seen.isCommitted() ? 1 : 0;
    if (continuations > retry.maxContinuations()) {
      violate("BUDGET", continuations + " continuations");
    }
  }

  /** A continuation that was refused is followed by one of another kind. */
  private boolean continues(Failure failure) {
    return rung != null
        && (failure.cause() == Cause.SEAM_REFUSED || failure.cause() == Cause.REJECTED);
  }

  private void opened(int attempt, String body) {
    if (attempt != seen.tries.size()) {
      violate("BUDGET", "attempt " + attempt + " is the " + seen.tries.size() + "th");
    }
    boolean whole = body.contains(":" + MAX_TOKENS);
    boolean asksAnew = rung == null || rung == Rung.REPLAY;
    boolean mustBeLess = !asksAnew && seen.text.length() > LONG_TEXT;
    if (asksAnew ? !whole : whole && mustBeLess) {
      violate("BUDGET", "the output limit by " + rung + " after " + seen.text.length());
    }
    if (body.contains("\"temperature\"") != seen.situation.request().deterministic()) {
      violate("BUDGET", "the sampling of attempt " + attempt + " is not the request's");
    }
  }

  @Override
  void finished(Ending ending, long now) {
    if (ending.seams().size() > seen.situation.policy().retry().maxContinuations()) {
      violate("BUDGET", ending.seams().size() + " seams");
    }
    var failure = ending.failure();
    if (failure == null) {
      return;
    }
    var retry = seen.situation.policy().retry();
    boolean reached =
        switch (ending.stoppedBy()) {
          case null -> !failure.mayHeal() || mayNotBeHealed(failure);
          case RETRIES_EXHAUSTED ->
              fruitless >= retry.maxAttempts()
                  || continuations >= retry.maxContinuations()
                  || asksTooMuch(failure);
          case BUDGET_EXHAUSTED -> !retryAllowed;
          case SEAM_REFUSED -> seen.isCommitted();
          case DEADLINE_EXCEEDED -> true;
          default -> false;
        };
    if (!reached) {
      violate("BUDGET", "gave up by " + ending.stoppedBy() + " with " + failure);
    }
  }

  private boolean mayNotBeHealed(Failure failure) {
    boolean malformed =
        failure.cause() == Cause.MALFORMED_FRAME || failure.cause() == Cause.MALFORMED_JSON;
    return malformed
        && seen.situation.policy().recovery().malformed()
            == dev.holdfast.core.policy.RecoveryPolicy.Malformed.FAIL;
  }

  private boolean asksTooMuch(Failure failure) {
    var asked = failure.retryAfter();
    return asked != null && asked.compareTo(seen.situation.policy().retry().maxRetryAfter()) > 0;
  }
}
