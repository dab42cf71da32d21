package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import java.util.List;

/**
 * BOUNDED: a line or event past its limit ends the attempt before more of it is read. Text past its
 * limit is not kept, so that only a cursor can continue from it.
 */
public final class BoundedMemory extends Invariant {
  /** What may arrive at once. */
  private static final int CHUNK = 8192;

  public BoundedMemory(SimulationState seen, List<String> violations) {
    super(seen, violations);
  }

  @Override
  public void acted(Action action, long now) {
    if (action instanceof Action.Deliver(StreamEvent.Retrying retrying)
        && retrying.rung() != Rung.CURSOR
        && seen.text.length() > seen.situation.policy().recovery().partialLimit()) {
      violate("BOUNDED", "continues " + seen.text.length() + " characters past the limit");
    }
  }

  @Override
  public void settled(Signal signal, long now) {
    var open = seen.made(signal.attempt());
    if (!(signal instanceof Signal.BytesArrived)
        || open == null
        || !seen.open.contains(open)
        || open.bytes < CHUNK) {
      return;
    }
    var limits = seen.situation.policy().limits();
    // Both the line and the frame may be full, and the last chunk went over.
    long most = 2 * open.healthyBytes() + limits.maxLine() + limits.maxFrame() + CHUNK;
    if (open.bytes > most) {
      violate("BOUNDED", open.bytes + " bytes were taken of an answer of " + most);
    }
  }
}
