package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.stream.Ending;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * CANCEL: an attempt abandoned by consumer or engine is cancelled at once. Two attempts are open
 * only where the policy hedges, once, before any content.
 */
public final class ReleasesConnections extends Invariant {
  private final Set<Integer> open = new TreeSet<>();
  private boolean hedged;

  public ReleasesConnections(SimulationState seen, List<String> violations) {
    super(seen, violations);
  }

  @Override
  public void acted(Action action, long now) {
    switch (action) {
      case Action.OpenAttempt opened -> {
        int attempt = opened.attempt();
        boolean hedges = seen.situation.policy().failover().hedgeAfter().isPositive();
        boolean mayHedge = hedges && !hedged && open.size() == 1 && !seen.isCommitted();
        if (!open.isEmpty() && !mayHedge) {
          violate("CANCEL", "attempt " + attempt + " opened while " + open + " is open");
        }
        hedged |= !open.isEmpty();
        open.add(attempt);
      }
      case Action.CloseAttempt(int attempt) -> {
        if (!open.remove(attempt)) {
          violate("CANCEL", "attempt " + attempt + " closed while " + open + " is open");
        }
      }
      case Action.Deliver(var event) -> {
        if (event.isContent() && open.size() > 1) {
          violate("CANCEL", "content while the attempts " + open + " are open");
        }
      }
      default -> {
        // Concerns no connection.
      }
    }
  }

  @Override
  public void settled(Signal signal, long now) {
    if (signal instanceof Signal.Cancelled && seen.ending == null) {
      violate("CANCEL", "the consumer is gone and the stream is not");
    }
  }

  @Override
  public void finished(Ending ending, long now) {
    if (!open.isEmpty()) {
      violate("CANCEL", "attempt " + open + " was left open");
    }
  }
}
