package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.sim.upstream.ContinuationRequest;
import dev.holdfast.testkit.sim.upstream.SimulatedAttempt;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * CANCEL: a generation without a reader is stopped before another attempt takes its place, and at
 * the latest with the stream. One that is read, or whose end was read, is not.
 */
public final class StopsKeptGenerations extends Invariant {
  /** Attempts whose generation was stopped. */
  private final Set<Integer> stopped = new HashSet<>();

  /** The attempt that began the answer that is whole; 0 as long as there is none. */
  private int whole;

  public StopsKeptGenerations(SimulationState seen, List<String> violations) {
    super(seen, violations);
  }

  @Override
  public void acted(Action action, long now) {
    switch (action) {
      case Action.OpenAttempt opened -> {
        var made = seen.tries.getLast();
        if (made.asked.kind() == ContinuationRequest.Kind.EVENTS
            && stopped.contains(made.generation)) {
          violate("CANCEL", "attempt " + made.number + " resumes what was stopped");
        }
        if (made.asked.makesWrite()) {
          leftRunning(made, "attempt " + made.number);
        }
      }
      case Action.StopGeneration stop -> {
        String name = ContinuationRequest.stopped(stop.calls().getFirst());
        for (SimulatedAttempt each : seen.tries) {
          if (name.equals(each.keptAs) && each.generation == each.number) {
            stopped.add(each.number);
          }
        }
      }
      default -> {
        // Concerns no generation.
      }
    }
  }

  @Override
  public void finished(Ending ending, long now) {
    var last = seen.closed;
    whole = ending.verdict().isComplete() && last != null ? last.generation : 0;
    leftRunning(null, "the end");
    if (ending.verdict().isComplete() && last != null && stopped.contains(last.generation)) {
      violate("CANCEL", "the generation of attempt " + last.generation + " was whole and stopped");
    }
  }

  private void leftRunning(@Nullable SimulatedAttempt beside, String at) {
    for (SimulatedAttempt each : seen.tries) {
      boolean read = seen.open.stream().anyMatch(open -> open.generation == each.generation);
      if (each != beside
          && !read
          && isKnown(each)
          && !isEnded(each.generation)
          && !stopped.contains(each.generation)) {
        violate("CANCEL", "the generation of attempt " + each.number + " runs on behind " + at);
      }
    }
  }

  /** Whether the provider keeps it, under a name that the client knows. */
  private boolean isKnown(SimulatedAttempt each) {
    if (each.keptAs.isEmpty() || each.generation != each.number) {
      return false;
    }
    boolean named = seen.upstreamOf(each).protocol() == Protocol.OPENAI_CHAT;
    var malformed = seen.situation.policy().recovery().malformed();
    // An id may be in an event that was passed over.
    return named || (each.fruitful && malformed != RecoveryPolicy.Malformed.SKIP);
  }

  /** Whether a client has read its end. */
  private boolean isEnded(int generation) {
    return generation == whole
        || seen.tries.stream()
            .anyMatch(each -> each.generation == generation && each.hasReadTheEnd());
  }
}
