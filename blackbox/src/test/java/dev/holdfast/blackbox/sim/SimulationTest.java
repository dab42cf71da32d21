package dev.holdfast.blackbox.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.sim.Campaign;
import dev.holdfast.testkit.sim.Simulation;
import dev.holdfast.testkit.sim.draw.Situation;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * Runs many seeds. {@code -Dholdfast.seed=N} replays one, {@code -Dholdfast.seeds=N} sets how many.
 */
@Tag("slow")
class SimulationTest {
  private static final long SEEDS = Boolean.getBoolean("holdfast.long") ? 20_000 : 5_000;

  @Test
  @Timeout(300)
  void noSeedEverBreaksAnInvariant() throws InterruptedException {
    Long one = Long.getLong("holdfast.seed");
    long first = one == null ? 1 : one;
    long count = one == null ? Long.getLong("holdfast.seeds", SEEDS) : 1;

    var tally = Campaign.of(first, count).run();

    System.out.printf(
        "simulation: seeds %d to %d: %s%n", first, first + count - 1, tally.summary());
    assertThat(tally.violations()).isEmpty();
  }

  /** Cut by FIN, damaged, cut by RST: whole in the end, to the letter, every time. */
  @Test
  @Timeout(60)
  void theDemosJobIsDoneForAThousandSeeds() {
    for (long seed = 1; seed <= 1000; seed++) {
      var stream = Simulation.run(Situation.demo(seed));

      assertThat(stream.violations()).as("seed %d", seed).isEmpty();
      assertThat(stream.ending()).as("seed %d", seed).isNotNull();
      assertThat(stream.ending().verdict().isComplete()).as("seed %d", seed).isTrue();
      assertThat(stream.ending().seams()).as("seed %d", seed).hasSize(3);
    }
  }

  @Test
  void theSameSeedGivesTheSameStory() throws InterruptedException {
    var alone = new Campaign(7, 120, 1, 5).run();

    assertThat(new Campaign(7, 120, 1, 5).run()).isEqualTo(alone);
    assertThat(new Campaign(7, 120, 3, 5).run()).isEqualTo(alone);
  }
}
