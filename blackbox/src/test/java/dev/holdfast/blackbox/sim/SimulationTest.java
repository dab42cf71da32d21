package dev.holdfast.blackbox.sim;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Runs many seeds. {@code -Dholdfast.seed=N} replays one, {@code -Dholdfast.seeds=N} sets how many,
 * {@code -Dholdfast.trace=true} prints every action.
 */
class SimulationTest {
  @Test
  @Timeout(180)
  void noSeedEverBreaksAnInvariant() {
    Long one = Long.getLong("holdfast.seed");
    long first = one == null ? 1 : one;
    long count = one == null ? Long.getLong("holdfast.seeds", 2000) : 1;

    var run = Run.of(first, count, 5);

    System.out.println("simulation: " + run.summary());
    assertThat(run.violations()).isEmpty();
  }

  /** Cut by FIN, damaged, cut by RST: whole in the end, to the letter, every time. */
  @Test
  @Timeout(60)
  void theDemosJobIsDoneForAThousandSeeds() {
    for (long seed = 1; seed <= 1000; seed++) {
      var result = new Simulation(Scenario.demo(seed)).run();

      assertThat(result.violations()).as("seed %d", seed).isEmpty();
      assertThat(result.ending()).as("seed %d", seed).isNotNull();
      assertThat(result.ending().verdict().isComplete()).as("seed %d", seed).isTrue();
      assertThat(result.ending().seams()).as("seed %d", seed).hasSize(3);
    }
  }

  @Test
  void theSameSeedGivesTheSameStory() {
    assertThat(Run.of(7, 50, 50)).isEqualTo(Run.of(7, 50, 50));
  }
}
