package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.sim.upstream.ContinuationRequest;
import dev.holdfast.testkit.sim.upstream.SimulatedAttempt;
import dev.holdfast.testkit.sim.upstream.SimulatedUpstream;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * BUDGET: never more attempts, continuations, retries or output tokens than allowed; and the limit
 * named as the reason for giving up was really reached.
 */
public final class KeepsToBudgets extends Invariant {
  private static final EnumSet<Shape> UNREADABLE =
      EnumSet.of(Shape.CUMULATIVE_ARGUMENTS, Shape.UNOPENED_BLOCK);

  private static final int TENTHS = 10;

  /** Delivered text from which on a continuation must be allowed less, wherever it begins. */
  private static final int LONG_TEXT = 700;

  private final int[] tenths;
  private final boolean[] allowed;
  private final Set<Integer> readdressed = new HashSet<>();
  private int fruitless;
  private int continuations;

  /** Documents that were asked for to compare what a cursor brought: no continuation. */
  private int comparisons;

  private boolean decided;
  private boolean anybodyAskedTooMuch;
  private @Nullable Rung rung;
  private @Nullable Failure failed;

  public KeepsToBudgets(SimulationState seen, List<String> violations) {
    super(seen, violations);
    var upstreams = seen.situation.upstreams();
    tenths = new int[upstreams.size()];
    allowed = new boolean[upstreams.size()];
    for (int i = 0; i < tenths.length; i++) {
      int spent = upstreams.get(i).failures() * TENTHS;
      tenths[i] = Math.max(0, upstreams.get(i).budget() * TENTHS - spent);
    }
  }

  @Override
  public void signalled(Signal signal, long now) {
    for (int i = 0; i < tenths.length; i++) {
      allowed[i] = tenths[i] > full(i) / 2;
    }
    decided = false;
  }

  private int full(int upstream) {
    return seen.situation.upstreams().get(upstream).budget() * TENTHS;
  }

  @Override
  public void acted(Action action, long now) {
    switch (action) {
      case Action.ReportHealth(int upstream, AttemptResult.Whole whole) ->
          tenths[upstream] = Math.min(full(upstream), tenths[upstream] + 1);
      case Action.ReportHealth(int upstream, AttemptResult.Failed failing)
          when failing.failure().isRetryable() ->
          tenths[upstream] = Math.max(0, tenths[upstream] - TENTHS);
      // As a failure would, and only while retries are allowed.
      case Action.ReportHealth(int upstream, AttemptResult.Hedged hedged) ->
          tenths[upstream] = Math.max(0, tenths[upstream] - TENTHS);
      case Action.Deliver(StreamEvent.AttemptFailed(int attempt, var failure)) -> {
        var made = seen.made(attempt);
        if (made != null) {
          made.failed = true;
        }
        boolean readdressed = made != null && isReaddressed(made, failure);
        fruitless = made != null && made.fruitful ? 0 : readdressed ? fruitless : fruitless + 1;
        failed = failure;
        var asked = failure.retryAfter().orElse(null);
        anybodyAskedTooMuch |=
            asked != null && asked.compareTo(seen.situation.policy().retry().maxRetryAfter()) > 0;
      }
      case Action.Deliver(StreamEvent.Retrying retrying) -> retrying(retrying.rung());
      case Action.OpenAttempt(int attempt, int upstream, var call, int retries) ->
          opened(attempt, upstream, seen.tries.getLast());
      default -> {
        // Costs nothing.
      }
    }
  }

  /** Whether a kept stream was asked for under one of two spellings, and the other one follows. */
  private boolean isReaddressed(SimulatedAttempt made, Failure failure) {
    return made.asked.kind() == ContinuationRequest.Kind.EVENTS
        && failure.httpStatus().orElse(0) == 404
        && seen.upstreamOf(made).protocol() == Protocol.OPENAI_CHAT
        && readdressed.add(made.upstream);
  }

  private void retrying(Rung next) {
    var retry = seen.situation.policy().retry();
    decided = true;
    if (!isAnyAllowed()) {
      violate("BUDGET", "another attempt though the budget of every upstream is spent");
    }
    if (fruitless >= retry.maxAttempts()) {
      violate("BUDGET", fruitless + " attempts in a row without new content, and another one");
    }
    boolean alone = tenths.length == 1;
    if (alone && failed != null && !failed.isRetryable() && !continues(failed)) {
      violate("BUDGET", "another attempt though " + failed + " cannot heal");
    }
    rung = seen.isCommitted() || next == Rung.CURSOR ? next : null;
  }

  private boolean isAnyAllowed() {
    for (boolean one : allowed) {
      if (one) {
        return true;
      }
    }
    return false;
  }

  /** A continuation that was refused is followed by one of another kind. */
  private boolean continues(Failure failure) {
    var last = seen.last();
    boolean tokens = last != null && last.asked.kind() == ContinuationRequest.Kind.TOKENS;
    return rung != null
        && (failure.cause() == Cause.SEAM_REFUSED
            || failure.cause() == Cause.REJECTED
            || (tokens && failure.cause() == Cause.PROTOCOL_VIOLATION));
  }

  private void opened(int attempt, int upstream, SimulatedAttempt made) {
    boolean hedges = seen.open.size() > 1;
    if ((decided || hedges) && !allowed[upstream]) {
      violate("BUDGET", "another attempt though the upstream's budget is spent");
    }
    if (hedges && fruitless + 2 > seen.situation.policy().retry().maxAttempts()) {
      violate("BUDGET", "two attempts at once after " + fruitless + " without content");
    }
    boolean counts =
        switch (made.asked.kind()) {
          case ANSWER, COMPLETION, EVENTS -> true;
          case TOKENS -> false;
          // Once it is known that the answer is being written, it is only waited for.
          case DOCUMENT ->
              seen.tries.stream()
                  .noneMatch(
                      one -> one != made && one.asked.kind() == made.asked.kind() && !one.failed);
        };
    boolean compares =
        made.asked.kind() == ContinuationRequest.Kind.DOCUMENT
            && seen.tries.stream().anyMatch(one -> one.lie != null && !one.failed);
    if (rung != null && counts) {
      continuations += compares ? 0 : 1;
      comparisons += compares ? 1 : 0;
    }
    if (continuations > seen.situation.policy().retry().maxContinuations()) {
      violate("BUDGET", continuations + " continuations");
    }
    if (attempt != seen.tries.size()) {
      violate("BUDGET", "attempt " + attempt + " is the " + seen.tries.size() + "th");
    }
    if (!made.asked.makesWrite()) {
      return;
    }
    String body = made.body;
    boolean whole = body.contains(":" + SimulatedUpstream.MAX_TOKENS);
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
  public void finished(Ending ending, long now) {
    // What is looked at while it is being written may bring more each time.
    long counted =
        ending.seams().stream()
            .filter(seam ->
                seen.tries.get(seam.attempt() - 1).asked.kind()
                    != ContinuationRequest.Kind.DOCUMENT)
            .count();
    if (counted > seen.situation.policy().retry().maxContinuations()) {
      violate("BUDGET", ending.seams().size() + " seams");
    }
    if (ending.failure().isEmpty()) {
      return;
    }
    var failure = ending.failure().get();
    var retry = seen.situation.policy().retry();
    boolean circuits = !seen.situation.breaker().equals(BreakerPolicy.OFF);
    boolean reached =
        switch (ending.stoppedBy().orElse(null)) {
          case null ->
              !failure.isRetryable()
                  || mayNotBeHealed(failure, ending)
                  || (circuits && seen.tries.isEmpty());
          case RETRIES_EXHAUSTED ->
              fruitless >= retry.maxAttempts()
                  || continuations + comparisons >= retry.maxContinuations()
                  || anybodyAskedTooMuch;
          case BUDGET_EXHAUSTED -> circuits || !isEveryoneAllowed();
          case SEAM_REFUSED, NO_RUNG -> seen.isCommitted();
          case DEADLINE_EXCEEDED -> true;
          default -> false;
        };
    if (!reached) {
      violate("BUDGET", "gave up by " + ending.stoppedBy() + " with " + failure);
    }
  }

  private boolean mayNotBeHealed(Failure failure, Ending ending) {
    if (ending.attempts().isEmpty()) {
      return false;
    }
    // A hedge that lost may have been opened later than the attempt that failed.
    var failed = seen.tries.get(ending.attempts().getLast().number() - 1);
    boolean malformed =
        failure.cause() == Cause.MALFORMED_FRAME
            || failure.cause() == Cause.MALFORMED_JSON
            // Arguments that belong nowhere, or contradict what repeats them, cannot be read
            // either.
            || (failure.cause() == Cause.PROTOCOL_VIOLATION && failed.isShaped(UNREADABLE));
    return malformed
        && seen.situation.policy().recovery().malformed() == RecoveryPolicy.Malformed.FAIL;
  }

  private boolean isEveryoneAllowed() {
    for (boolean one : allowed) {
      if (!one) {
        return false;
      }
    }
    return true;
  }
}
