package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.sim.draw.Draw;
import dev.holdfast.testkit.sim.upstream.ContinuationRequest;
import dev.holdfast.testkit.sim.upstream.SimulatedAttempt;
import java.util.EnumSet;
import java.util.List;

/** BLAME: the cause that is reported is the fault that was injected. */
public final class NamesTheCause extends Invariant {
  /** Causes of a model that does not continue properly. */
  private static final EnumSet<Cause> BY_THE_MODEL = EnumSet.of(Cause.SEAM_REFUSED, Cause.REJECTED);

  /** What is missing where an event was passed over. */
  private static final EnumSet<Cause> OF_A_GAP =
      EnumSet.of(
          Cause.TRUNCATED, Cause.MALFORMED_FRAME, Cause.MALFORMED_JSON, Cause.PROTOCOL_VIOLATION);

  private static final EnumSet<Cause> SILENCES =
      EnumSet.of(Cause.IDLE_TIMEOUT, Cause.PROGRESS_TIMEOUT, Cause.FIRST_TOKEN_TIMEOUT);

  /** How a client may call a provider that hands out something else than the rest. */
  private static final EnumSet<Cause> OF_A_LIE =
      EnumSet.of(
          Cause.PROTOCOL_VIOLATION,
          Cause.TRUNCATED,
          Cause.MALFORMED_JSON,
          Cause.MALFORMED_FRAME,
          Cause.SEAM_REFUSED);

  private static final EnumSet<Shape> EMPTY = EnumSet.of(Shape.EMPTY_ANSWER);

  private static final EnumSet<Shape> OF_CALLS =
      EnumSet.of(
          Shape.MISNUMBERED_CALLS,
          Shape.NAMELESS_FRAGMENTS,
          Shape.ONE_INDEX,
          Shape.CUMULATIVE_ARGUMENTS,
          Shape.IDLESS_CALLS);

  private final long startedAt;

  public NamesTheCause(SimulationState seen, List<String> violations, long startedAt) {
    super(seen, violations);
    this.startedAt = startedAt;
  }

  @Override
  public void acted(Action action, long now) {
    if (action instanceof Action.Deliver(StreamEvent.AttemptFailed(int attempt, var failure))) {
      failed(attempt, failure);
    }
  }

  private void failed(int attempt, Failure failure) {
    var made = seen.made(attempt);
    if (made == null) {
      violate("BLAME", "attempt " + attempt + " failed but was never made");
    } else if (!explains(made, failure.cause())
        && !(attempt > 1 && BY_THE_MODEL.contains(failure.cause()))) {
      violate(
          "BLAME",
          "attempt %d: %s, injected %s".formatted(attempt, failure, made.transmission.struck()));
    }
  }

  /** Whether a client may name this cause for what was injected. */
  private boolean explains(SimulatedAttempt made, Cause named) {
    if (made.keptDamage == named || (made.lie != null && OF_A_LIE.contains(named))) {
      return true;
    }
    if (made.asked.kind() == ContinuationRequest.Kind.DOCUMENT
        && named == Cause.PROTOCOL_VIOLATION
        && seen.tries.stream()
            .anyMatch(other -> other.generation == made.generation && other.lie != null)) {
      return true; // The document is not what an earlier attempt had handed out as the rest.
    }
    if (made.asked.kind() == ContinuationRequest.Kind.EVENTS
        && made.isShaped(EMPTY)
        && OF_A_LIE.contains(named)) {
      return true; // An end that repeats nothing is no rest of the answer.
    }
    if (made.asked.kind() == ContinuationRequest.Kind.EVENTS
        && made.injected == Cause.REJECTED
        && named == Cause.PROVIDER_ERROR) {
      return true; // Words had come before: the request cannot have been at fault.
    }
    if (made.isShaped(OF_CALLS) && named == Cause.PROTOCOL_VIOLATION) {
      return true; // To refuse what can be read in two ways is as good as to read it right.
    }
    if (made.asked.kind() == ContinuationRequest.Kind.TOKENS && named == Cause.PROTOCOL_VIOLATION) {
      return made.injected != null; // A document has nothing more to check.
    }
    if (named == Cause.LIMIT_EXCEEDED && made.mayExceed(Draw.MOST_BYTES)) {
      return true; // A long answer's tokens, or its last two events in one.
    }
    boolean unreadable = named == Cause.MALFORMED_JSON || named == Cause.MALFORMED_FRAME;
    if (made.asked.kind() == ContinuationRequest.Kind.DOCUMENT && unreadable) {
      return made.injected != null; // The same.
    }
    boolean gap =
        seen.tries.stream()
            .anyMatch(other -> other.generation == made.generation && isMalformed(other));
    if (skips() && gap && OF_A_GAP.contains(named)) {
      return true;
    }
    // What comes again is no new content.
    if (made.asked.kind() == ContinuationRequest.Kind.EVENTS
        && made.injected == Cause.PROGRESS_TIMEOUT
        && named == Cause.FIRST_TOKEN_TIMEOUT) {
      return true;
    }
    // In silence after a response head the shorter clock fires first.
    boolean shorterClock =
        made.injected == Cause.FIRST_TOKEN_TIMEOUT && named == Cause.IDLE_TIMEOUT;
    return made.injected == named || shorterClock || isMasked(made);
  }

  private boolean skips() {
    return seen.situation.policy().recovery().malformed() == RecoveryPolicy.Malformed.SKIP;
  }

  private static boolean isMalformed(SimulatedAttempt made) {
    return made.injected == Cause.MALFORMED_FRAME
        || made.injected == Cause.MALFORMED_JSON
        || made.keptDamage != null;
  }

  /** A consumer that is away cannot know how long the upstream was silent. */
  private static boolean isMasked(SimulatedAttempt made) {
    return made.paused && made.injected != null && SILENCES.contains(made.injected);
  }

  @Override
  public void finished(Ending ending, long now) {
    switch (ending.verdict()) {
      case Verdict.Complete() -> complete(ending);
      case Verdict.Cancelled() -> {}
      case Verdict.Truncated(var cause) -> incomplete(ending, cause, now);
      case Verdict.Failed(var cause) -> incomplete(ending, cause, now);
    }
  }

  private void complete(Ending ending) {
    var last = seen.closed == null ? seen.tries.getLast() : seen.closed;
    if (skips() && isMalformed(last)) {
      if (!ending.warnings().contains(Cause.MALFORMED_FRAME)
          && !ending.warnings().contains(Cause.MALFORMED_JSON)) {
        violate("BLAME", "events were passed over without a warning");
      }
    } else if (last.injected == Cause.MISSING_DONE) {
      if (!mayKeepTheProof(last) && !ending.warnings().contains(Cause.MISSING_DONE)) {
        violate("BLAME", "missing-done was not warned of");
      }
    } else if (last.injected != null && !isMasked(last) && !mayKeepTheProof(last)) {
      violate("BLAME", "COMPLETE in spite of " + last.injected);
    }
  }

  /** A cut between two bytes may fall after the whole closing event, before its blank line. */
  private static boolean mayKeepTheProof(SimulatedAttempt last) {
    return last.transmission.struck().stream()
        .anyMatch(fault -> fault instanceof Fault.EndEarly(Position.AfterBytes at));
  }

  private void incomplete(Ending ending, Cause cause, long now) {
    long total = seen.situation.policy().timeouts().total().toNanos();
    if (cause == Cause.DEADLINE_EXCEEDED) {
      if (now - startedAt < total) {
        violate("BLAME", "the deadline was not over");
      }
      return;
    }
    boolean circuits = !seen.situation.breaker().equals(BreakerPolicy.OFF);
    if (cause == Cause.BUDGET_EXHAUSTED && seen.tries.isEmpty() && circuits) {
      return; // No upstream could be asked.
    }
    boolean injected = seen.tries.stream().anyMatch(made -> explains(made, cause));
    boolean model = seen.tries.size() > 1 && BY_THE_MODEL.contains(cause);
    if (!injected && !model) {
      violate("BLAME", ending.verdict() + " but injected was " + faults());
    }
  }

  private List<List<Fault>> faults() {
    return seen.tries.stream().map(made -> made.transmission.struck()).toList();
  }
}
