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

  @Test
  void theSameSeedGivesTheSameStory() {
    assertThat(Run.of(7, 50, 50)).isEqualTo(Run.of(7, 50, 50));
  }
}
