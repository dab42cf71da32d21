package dev.holdfast.testkit.sim;

import dev.holdfast.core.stream.Verdict;
import java.util.ArrayList;
import java.util.List;

/**
 * How many streams ended how.
 *
 * @param seeds streams simulated
 * @param complete proven complete
 * @param cancelled ended by their consumer
 * @param attempts requests made by all of them
 * @param seams places where attempts were joined
 * @param violations what was broken, each with the command that replays it; at most {@value
 *     #MAX_VIOLATIONS}
 */
public record Tally(
    long seeds, long complete, long cancelled, long attempts, long seams, List<String> violations) {
  /** How many violations are kept. */
  public static final int MAX_VIOLATIONS = 20;

  /** Nothing yet. */
  public static final Tally NONE = new Tally(0, 0, 0, 0, 0, List.of());

  /** Copies the list, up to its bound. */
  public Tally {
    violations = List.copyOf(violations.subList(0, Math.min(MAX_VIOLATIONS, violations.size())));
  }

  /** {@return streams that ended early with the cause named} */
  public long endedEarly() {
    return seeds - complete - cancelled;
  }

  /** {@return this and one more stream} */
  Tally and(SimulatedStream stream) {
    var ending = stream.ending();
    var broken = new ArrayList<>(violations);
    if (!stream.violations().isEmpty()) {
      broken.add(stream.complaint());
    }
    return new Tally(
        seeds + 1,
        complete + (ending != null && ending.verdict().isComplete() ? 1 : 0),
        cancelled + (ending != null && ending.verdict() instanceof Verdict.Cancelled ? 1 : 0),
        attempts + (ending == null ? 0 : ending.attempts().size()),
        seams + (ending == null ? 0 : ending.seams().size()),
        broken);
  }

  /** {@return this and that} */
  public Tally and(Tally that) {
    var broken = new ArrayList<>(violations);
    broken.addAll(that.violations);
    return new Tally(
        seeds + that.seeds,
        complete + that.complete,
        cancelled + that.cancelled,
        attempts + that.attempts,
        seams + that.seams,
        broken);
  }

  /** {@return what happened, in one line} */
  public String summary() {
    return "%d complete, %d cancelled, %d ended early with the cause named, %d attempts, %d seams"
        .formatted(complete, cancelled, endedEarly(), attempts, seams);
  }
}
