package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.stream.Ending;
import java.util.List;

/**
 * Something that must hold after every step of every run. An invariant knows what the engine
 * cannot: the true answer, the faults, and what the model was made to do.
 */
public abstract sealed class Invariant
    permits DeliversOneText,
        MarksSeams,
        EndsOnce,
        EndsInTime,
        KeepsToBudgets,
        ReleasesConnections,
        StopsKeptGenerations,
        BoundedMemory,
        CountsTokens,
        DeliversWholeCalls,
        NamesTheCause {
  final SimulationState seen;
  private final List<String> violations;

  Invariant(SimulationState seen, List<String> violations) {
    this.seen = seen;
    this.violations = violations;
  }

  /** Notes that an invariant is broken; the first one of a run ends it. */
  final void violate(String name, String how) {
    violations.add(name + ": " + how);
  }

  /** A signal is about to reach the engine; {@link #seen} knows it already. */
  public void signalled(Signal signal, long now) {}

  /** The engine wants this done; {@link #seen} knows it already, and an attempt is under way. */
  public void acted(Action action, long now) {}

  /** All actions that a signal caused are done. */
  public void settled(Signal signal, long now) {}

  /** The stream is over. */
  public void finished(Ending ending, long now) {}
}
