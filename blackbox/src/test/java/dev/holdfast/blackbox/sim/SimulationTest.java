package dev.holdfast.blackbox.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Verdict;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Runs many seeds. {@code -Dholdfast.seed=N} replays one, {@code -Dholdfast.seeds=N} sets how many.
 */
class SimulationTest {
  private static final long FIRST = 1;

  @Test
  @Timeout(120)
  void noSeedEverBreaksAnInvariant() {
    Long one = Long.getLong("holdfast.seed");
    long first = one == null ? FIRST : one;
    long count = one == null ? Long.getLong("holdfast.seeds", 1000) : 1;
    List<String> found = new ArrayList<>();
    int complete = 0;
    int seams = 0;
    for (long seed = first; seed < first + count && found.size() < 5; seed++) {
      var scenario = Scenario.draw(seed);
      var result = new Simulation(scenario).run();
      if (!result.violations().isEmpty()) {
        found.add(
            """
            seed %d
              %s
              %s
              replay: ./mvnw -q -pl blackbox -am test -Dtest=SimulationTest \
            -Dsurefire.failIfNoSpecifiedTests=false -Dholdfast.seed=%d
            """
                .formatted(seed, result.violations().getFirst(), scenario.describe(), seed));
      }
      var ending = result.ending();
      if (ending != null) {
        complete += ending.verdict() instanceof Verdict.Complete ? 1 : 0;
        seams += ending.seams().size();
      }
    }
    System.out.printf(
        "simulation: seeds %d to %d, %d complete, %d seams%n",
        first, first + count - 1, complete, seams);
    assertThat(found).isEmpty();
  }
}
