package dev.holdfast.journal.redis;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.StreamId;
import io.lettuce.core.cluster.SlotHash;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * How streams spread over the nodes of a Redis Cluster, by the partition of their id and the slot
 * of its hash tag. {@code docs/cluster.md} has the table that this prints.
 */
final class ShardingTest {
  private static final int[] SHARDS = {1, 2, 3, 4, 6, 8, 12, 16};
  private static final long SEED = 20;

  /** {@return the shard of each partition, where each shard has an equal range of slots} */
  private static int[] byRange(int shards) {
    int[] shardOf = new int[Keys.PARTITIONS];
    var keys = new Keys("holdfast");
    for (int i = 0; i < Keys.PARTITIONS; i++) {
      int slot = SlotHash.getSlot(keys.headPrefix(i));
      shardOf[i] = (int) ((long) slot * shards / SlotHash.SLOT_COUNT);
    }
    return shardOf;
  }

  /** {@return the shard of each partition, where slots were placed so that partitions are even} */
  private static int[] placed(int shards) {
    int[] shardOf = new int[Keys.PARTITIONS];
    Arrays.setAll(shardOf, i -> i % shards);
    return shardOf;
  }

  /** {@return the same, after one shard more has taken its part from the fullest ones} */
  private static int[] grown(int[] shardOf, int shards) {
    int[] grown = shardOf.clone();
    int[] held = counts(shardOf, shards);
    for (int i = 0; i < Keys.PARTITIONS / (shards + 1); i++) {
      int fullest = 0;
      for (int shard = 1; shard < shards; shard++) {
        fullest = held[shard] > held[fullest] ? shard : fullest;
      }
      for (int p = 0; p < grown.length; p++) {
        if (grown[p] == fullest) {
          grown[p] = shards;
          held[fullest]--;
          break;
        }
      }
    }
    return grown;
  }

  private static int[] counts(int[] shardOf, int shards) {
    int[] counts = new int[shards];
    for (int shard : shardOf) {
      counts[shard]++;
    }
    return counts;
  }

  /** {@return the load of the fullest shard over the mean} */
  private static double imbalance(int[] shardOf, int shards, double[] loads) {
    double[] held = new double[shards];
    for (int p = 0; p < loads.length; p++) {
      held[shardOf[p]] += loads[p];
    }
    double sum = Arrays.stream(held).sum();
    return Arrays.stream(held).max().orElse(0) / (sum / shards);
  }

  /**
   * {@return how much each partition has}
   *
   * @param events whether streams differ in their length, as 10 to 10,000 events; else each is one
   */
  private static double[] loads(int streams, boolean events) {
    var random = new Random(SEED);
    double[] loads = new double[Keys.PARTITIONS];
    for (int i = 0; i < streams; i++) {
      var id = new StreamId(random.nextLong(), random.nextLong());
      double length = events ? Math.pow(10, 1 + 3 * random.nextDouble()) : 1;
      loads[Keys.partition(id)] += length;
    }
    return loads;
  }

  @Test
  void streamsSpreadOverShards() {
    double[] ten = loads(10_000, false);
    double[] hundred = loads(100_000, false);
    double[] tenEvents = loads(10_000, true);
    System.out.println(
        "shards; partitions by equal ranges; fullest shard over the mean: ranges 10,000, 100,000;"
            + " placed 10,000, 100,000, events of 10,000; moved for one shard more");
    for (int shards : SHARDS) {
      int[] ranges = byRange(shards);
      int[] even = placed(shards);
      int[] held = counts(ranges, shards);
      int[] grown = grown(even, shards);
      long moved = 0;
      double movedStreams = 0;
      for (int p = 0; p < grown.length; p++) {
        if (grown[p] != even[p]) {
          moved++;
          movedStreams += hundred[p];
        }
      }
      System.out.printf(
          "%d; %d to %d; %.2f, %.2f; %.2f, %.2f, %.2f; %d partitions, %.1f %%%n",
          shards,
          Arrays.stream(held).min().orElse(0),
          Arrays.stream(held).max().orElse(0),
          imbalance(ranges, shards, ten),
          imbalance(ranges, shards, hundred),
          imbalance(even, shards, ten),
          imbalance(even, shards, hundred),
          imbalance(even, shards, tenEvents),
          moved,
          movedStreams / 1_000);
      double best = Math.ceil((double) Keys.PARTITIONS / shards) * shards / Keys.PARTITIONS;
      assertThat(imbalance(even, shards, hundred)).isBetween(1.0, best + 0.05);
      assertThat(imbalance(even, shards, ten)).isBetween(1.0, best + 0.15);
      assertThat(moved).isEqualTo(Keys.PARTITIONS / (shards + 1));
    }
  }

  @Test
  void noPartitionHasMuchMoreThanItsPart() {
    double[] loads = loads(100_000, false);
    double mean = 100_000.0 / Keys.PARTITIONS;
    assertThat(Arrays.stream(loads).max().orElse(0)).isLessThan(mean * 1.1);
    assertThat(Arrays.stream(loads).min().orElse(0)).isGreaterThan(mean * 0.9);
  }
}
