package dev.holdfast.core.engine;

import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * One signal while it is handled. Nothing keeps it longer.
 *
 * @param lane what the signal is about
 * @param nowNanos its time
 * @param standings each upstream's availability at that time
 * @param actions what the driver is to do, in order; the handlers add to it
 */
record SignalContext(
    Lane lane, long nowNanos, Availability.Lookup standings, List<Action> actions) {
  /** What most signals result in: a token, and rarely a timer. */
  private static final int USUAL_ACTIONS = 4;

  /** A signal that nothing was done about so far. */
  SignalContext(Lane lane, long nowNanos, Availability.Lookup standings) {
    this(lane, nowNanos, standings, new ArrayList<>(USUAL_ACTIONS));
  }

  /** {@return the same signal about another lane; the actions are shared} */
  SignalContext in(Lane other) {
    return new SignalContext(other, nowNanos, standings, actions);
  }

  Phase phase() {
    return lane.phase();
  }

  Clocks clocks() {
    return lane.clocks();
  }

  void add(Action action) {
    actions.add(action);
  }

  void deliver(StreamEvent event) {
    actions.add(new Action.Deliver(event));
  }

  /** Reports the result of an attempt to the health of its upstream. */
  void report(Attempt attempt, AttemptResult result) {
    actions.add(new Action.ReportHealth(attempt.plan.upstream(), result));
  }
}
