package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.sim.upstream.SimulatedUpstream;
import java.util.List;

/** TERMINAL: exactly one end, nothing after it, and a truthful one. */
public final class EndsOnce extends Invariant {
  private int ends;
  private int starts;
  private int finishes;

  public EndsOnce(SimulationState seen, List<String> violations) {
    super(seen, violations);
  }

  @Override
  public void acted(Action action, long now) {
    if (ends > 0) {
      violate("TERMINAL", action + " after the end");
    }
    switch (action) {
      case Action.Finish finish -> ends++;
      case Action.Deliver(StreamEvent.Started started) -> starts++;
      case Action.Deliver(StreamEvent.Finished finished) -> finishes++;
      default -> {
        // No end.
      }
    }
  }

  @Override
  public void finished(Ending ending, long now) {
    if (starts > 1) {
      violate("TERMINAL", "started " + starts + " times");
    }
    switch (ending.verdict()) {
      case Verdict.Complete() -> {
        int choices = choices();
        boolean lossy =
            seen.situation.policy().recovery().malformed() == RecoveryPolicy.Malformed.SKIP;
        boolean right = starts == 1 && finishes == choices && ending.finishes().size() == choices;
        if (!right && !lossy) {
          violate("TERMINAL", "COMPLETE, started %d, finished %d".formatted(starts, finishes));
        }
        if (ending.failure().isPresent() || ending.stoppedBy().isPresent()) {
          violate("TERMINAL", "COMPLETE and " + ending.failure());
        }
      }
      case Verdict.Cancelled() -> {
        if (!seen.cancelled) {
          violate("TERMINAL", "cancelled, but no caller did");
        }
      }
      case Verdict.Truncated(Cause cause) -> incomplete(ending, cause);
      case Verdict.Failed(Cause cause) -> incomplete(ending, cause);
    }
  }

  private int choices() {
    var last = seen.closed;
    return last == null ? 1 : SimulatedUpstream.choices(seen.situation, seen.upstreamOf(last));
  }

  private void incomplete(Ending ending, Cause cause) {
    if (finishes > 0 || !ending.toolCalls().isEmpty()) {
      violate("TERMINAL", ending.verdict() + " after a finish");
    }
    var failure = ending.failure();
    if (failure.filter(named -> named.cause() == cause).isEmpty()) {
      violate("TERMINAL", ending.verdict() + " with " + failure);
    }
  }
}
