package dev.holdfast.gateway.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A cluster, simulated from seeds. {@code -Dholdfast.seeds=N} runs that many from {@code
 * -Dholdfast.seed=S} on; with the seed alone, one is replayed.
 */
@Tag("slow")
final class ClusterSimulationTest {
  @Test
  void noFaultOfAClusterBreaksAStream() {
    long first = Long.getLong("holdfast.seed", 1);
    long seeds =
        Long.getLong(
            "holdfast.seeds",
            System.getProperty("holdfast.seed") != null
                ? 1
                : Boolean.getBoolean("holdfast.long") ? 10_000 : 1_000);
    var tally = new ClusterTally();
    for (long seed = first; seed < first + seeds; seed++) {
      run(seed, PlantedClusterBug.NONE, tally);
    }
    System.out.printf("%d seeds from %d: %s%n", seeds, first, tally);
    assertThat(tally.frames).isPositive();
  }

  /**
   * In the first three, a creation was done after it had been given up and its stream removed. As
   * the code's steps change, so do schedules: in the next two one arrives so late today. In the
   * last two, a late renewal brought a released lease back, and a store that loaded kept one.
   */
  @ParameterizedTest
  @ValueSource(
      longs = {30_494_635, 60_241_546, 60_381_745, 3_768, 30_495_482, 20_040_223, 30_140_678})
  void aSeedThatOnceFoundABreachFindsNone(long seed) {
    run(seed, PlantedClusterBug.NONE, new ClusterTally());
  }

  @ParameterizedTest
  @EnumSource(value = PlantedClusterBug.class, mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void aPlantedBugIsCaught(PlantedClusterBug bug) {
    var tally = new ClusterTally();
    for (long seed = 1; seed <= bug.seeds; seed++) {
      try {
        run(seed, bug, tally);
      } catch (AssertionError e) {
        System.out.printf("%s: seed %d, %s%n", bug, seed, breach(e));
        return;
      }
    }
    fail("%s: must be caught within %d seeds, was not", bug, bug.seeds);
  }

  private static String breach(AssertionError e) {
    String[] lines = String.valueOf(e.getMessage()).split("\n", -1);
    return lines[lines.length - 2];
  }

  private static void run(long seed, PlantedClusterBug bug, ClusterTally tally) {
    try {
      new ClusterSimulation(seed, bug, tally).run();
    } catch (AssertionError e) {
      throw new AssertionError(e.getMessage() + "\nreplay: -Dholdfast.seed=" + seed, e);
    }
  }
}
