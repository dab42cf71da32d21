package dev.holdfast.testkit.sim;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.stream.Ending;
import java.util.List;

/** CANCEL: whoever is abandoned, by consumer or engine, is let go at once. */
final class LetsGo extends Invariant {
  private int open;

  LetsGo(Seen seen, List<String> violations) {
    super(seen, violations);
  }

  @Override
  void acted(Action action, long now) {
    switch (action) {
      case Action.OpenAttempt opened -> {
        int attempt = opened.attempt();
        if (open != 0) {
          violate("CANCEL", "attempt " + attempt + " opened while " + open + " is open");
        }
        open = attempt;
      }
      case Action.CloseAttempt(int attempt) -> {
        if (open != attempt) {
          violate("CANCEL", "attempt " + attempt + " closed while " + open + " is open");
        }
        open = 0;
      }
      default -> {
        // Concerns no connection.
      }
    }
  }

  @Override
  void settled(Signal signal, long now) {
    if (signal instanceof Signal.Cancelled && seen.ending == null) {
      violate("CANCEL", "the consumer is gone and the stream is not");
    }
  }

  @Override
  void finished(Ending ending, long now) {
    if (open != 0) {
      violate("CANCEL", "attempt " + open + " was left open");
    }
  }
}
