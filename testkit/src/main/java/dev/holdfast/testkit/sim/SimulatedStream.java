package dev.holdfast.testkit.sim;

import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.testkit.sim.draw.Situation;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What became of one simulated stream.
 *
 * @param situation what was drawn for it
 * @param violations broken invariants, each beginning with its name and a colon; empty if all is
 *     well
 * @param ending what the engine reported at the end; null if it never ended
 * @param text what the consumer had then
 * @param took virtual time from the start to the end
 * @param resumed the longest virtual time from a failed attempt to the next new content; zero if
 *     there was none
 */
public record SimulatedStream(
    Situation situation,
    List<String> violations,
    @Nullable Ending ending,
    String text,
    Duration took,
    Duration resumed) {
  /** Copies the list. */
  public SimulatedStream {
    violations = List.copyOf(violations);
  }

  /** {@return whether the answer was proven complete} */
  public boolean isComplete() {
    return ending != null && ending.verdict().isComplete();
  }

  /** {@return pieces of output that arrived over all attempts, about a token each} */
  public long tokens() {
    return ending == null ? 0 : ending.attempts().stream().mapToLong(AttemptReport::events).sum();
  }

  /** {@return the first violation and how to see it again; empty if all is well} */
  public String complaint() {
    return violations.isEmpty()
        ? ""
        : """
        seed %d
          %s
          %s
          replay: ./holdfast simulate --seed %d --trace
        """
            .formatted(
                situation.seed(), violations.getFirst(), situation.describe(), situation.seed());
  }
}
