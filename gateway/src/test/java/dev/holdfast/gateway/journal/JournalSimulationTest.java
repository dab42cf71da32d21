package dev.holdfast.gateway.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The streams of a gateway with a journal, simulated from seeds. {@code -Dholdfast.seeds=N} runs
 * that many from {@code -Dholdfast.seed=S} on; with the seed alone, one is replayed.
 */
final class JournalSimulationTest {
  @Test
  void whatReadersReceiveIsOnTheDiskOnceAndInOrder() {
    long first = Long.getLong("holdfast.seed", 1);
    long seeds =
        Long.getLong(
            "holdfast.seeds",
            System.getProperty("holdfast.seed") != null
                ? 1
                : Boolean.getBoolean("holdfast.long") ? 10_000 : 1_000);
    var tally = new JournalSimulation.Tally();
    for (long seed = first; seed < first + seeds; seed++) {
      run(seed, PlantedJournalBug.NONE, tally);
    }
    System.out.printf(
        "%d seeds from %d: %d streams complete, %d ended otherwise, %d kills, %d power failures,"
            + " %d hand-overs, %d resumed, %d restarted, %d expired, %d frames%n",
        seeds,
        first,
        tally.complete,
        tally.endedOtherwise,
        tally.kills,
        tally.powerFailures,
        tally.handovers,
        tally.resumed,
        tally.restarted,
        tally.expired,
        tally.frames);
    assertThat(tally.frames).isPositive();
  }

  @ParameterizedTest
  @EnumSource(value = PlantedJournalBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aPlantedBugIsCaught(PlantedJournalBug bug) {
    var tally = new JournalSimulation.Tally();
    assertThatThrownBy(
            () -> {
              for (long seed = 1; seed <= 2_000; seed++) {
                run(seed, bug, tally);
              }
            })
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("replay: -Dholdfast.seed=");
  }

  private static void run(long seed, PlantedJournalBug bug, JournalSimulation.Tally tally) {
    try {
      new JournalSimulation(seed, bug, tally).run();
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\nreplay: -Dholdfast.seed=" + seed, e);
    }
  }
}
