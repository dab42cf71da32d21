package dev.holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Crashes at random operations: torn, reordered and lost writes, a full disk, failing operations.
 * {@code -Dholdfast.crashes=1000000} sets how many; {@code -Dholdfast.seed=N} replays one life.
 */
@Tag("slow")
final class CrashCampaignTest {
  /** No bug is planted. */
  private static void healthy(CrashFiles files) {}

  @Test
  void noReportedEntryIsLostDoubledOrChanged() {
    long wanted =
        Long.getLong("holdfast.crashes", Boolean.getBoolean("holdfast.long") ? 100_000 : 5_000);
    long first = Long.getLong("holdfast.seed", 1);
    long crashes = 0;
    long seed = first;
    while (crashes < wanted) {
      crashes += new CrashCampaign(seed++, CrashCampaignTest::healthy).run();
    }
    System.out.printf(
        "crash points: %d, seeds %d to %d, refusals %s, torn tails %s%n",
        crashes, first, seed - 1, CrashCampaign.REFUSALS, CrashCampaign.TORN);
    assertThat(crashes).isGreaterThanOrEqualTo(wanted);
  }

  @Test
  void oneSeed() {
    assertThat(
            new CrashCampaign(Long.getLong("holdfast.seed", 1), CrashCampaignTest::healthy).run())
        .isPositive();
  }

  /** An entry that is reported before it is on the storage. */
  @Test
  void aSyncThatDoesNothingIsCaught() {
    assertIsCaught(files -> files.syncDoesNothing = true);
  }

  @Test
  void aFileThatIsNotMadeDurableInItsDirectoryIsCaught() {
    assertIsCaught(files -> files.directorySyncDoesNothing = true);
  }

  private static void assertIsCaught(Consumer<CrashFiles> bug) {
    assertThatThrownBy(
            () -> {
              for (long seed = 1; seed <= 200; seed++) {
                new CrashCampaign(seed, bug).run();
              }
            })
        .isInstanceOf(AssertionError.class)
        .hasMessageContaining("replay: -Dholdfast.seed=");
  }
}
