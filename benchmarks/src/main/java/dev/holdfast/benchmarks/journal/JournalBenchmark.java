package dev.holdfast.benchmarks.journal;

import dev.holdfast.benchmarks.gateway.Folders;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.journal.EmbeddedJournal;
import dev.holdfast.journal.FsyncPolicy;
import dev.holdfast.journal.JournalOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/**
 * Measures the embedded journal: durable appends over 10,000 streams, from append to reader, and
 * how long a large journal takes to open; and RocksDB with the same appends, in the same run.
 *
 * <p>Arguments: a directory on the disk to measure, and optionally how many seconds each part runs.
 */
public final class JournalBenchmark {
  static final int STREAMS = 10_000;
  static final int TICK = 5_000;
  static final int EVENT_BYTES = 220;

  private JournalBenchmark() {}

  /** Runs all parts. */
  public static void main(String[] args) throws Exception {
    var top = Path.of(args[0]);
    int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 10;
    Files.createDirectories(top);
    append(top, seconds, new FsyncPolicy.EveryCommit());
    append(top, seconds, new FsyncPolicy.Interval(Duration.ofMillis(10)));
    var rocks = fresh(top.resolve("rocksdb"));
    var peer = new RocksTicks(rocks);
    System.out.println("RocksDB, sync per tick: " + Ticks.run(peer, 1, seconds));
    peer.close();
    for (Duration linger : new Duration[] {Duration.ZERO, Duration.ofMillis(1)}) {
      try (var journal = options(fresh(top.resolve("latency"))).linger(linger).open()) {
        System.out.printf(
            "append to reader, 2,500/s, fsync before, linger %d ms: %s%n",
            linger.toMillis(), new ReaderLatency(journal).run(seconds));
      }
    }
    OpenTime.run(fresh(top.resolve("large")));
    Folders.delete(top);
  }

  private static void append(Path top, int seconds, FsyncPolicy policy) throws Exception {
    for (int depth = 1; depth <= 2; depth++) {
      var options = options(fresh(top.resolve("append"))).fsync(policy).linger(Duration.ZERO);
      try (var journal = options.open()) {
        var ticks = new JournalTicks(journal);
        System.out.printf(
            "journal, %s, %d ticks at a time: %s%n",
            policy.getClass().getSimpleName(), depth, Ticks.run(ticks, depth, seconds));
      }
    }
  }

  static JournalOptions options(Path directory) {
    return EmbeddedJournal.at(directory)
        .fsync(new FsyncPolicy.EveryCommit())
        .limits(new JournalLimits(4096, 16 << 20, 1L << 40, 100_000, 1L << 40));
  }

  static Path fresh(Path directory) throws IOException {
    Folders.delete(directory);
    return directory;
  }
}
