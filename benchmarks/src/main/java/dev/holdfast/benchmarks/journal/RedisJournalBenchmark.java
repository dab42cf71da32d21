package dev.holdfast.benchmarks.journal;

import dev.holdfast.benchmarks.ProcessClock;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.journal.redis.RedisJournal;
import dev.holdfast.journal.redis.RedisJournalOptions;
import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Measures the journal in Redis with its real scripts, on a {@code redis-server} that it starts
 * with an append-only file synced each second: what one core of Redis takes, and what waiting for
 * company brings.
 *
 * <p>Argument: how many seconds each row is measured; 4 by default.
 */
public final class RedisJournalBenchmark {
  private static final int[] BATCHES = {1, 2, 5, 10, 20};
  private static final int[] WAITS = {0, 1, 2, 5, 10, 20, 50};

  /** Streams, and events a second of each. */
  private static final int[][] LOADS = {{100, 20}, {100, 50}, {100, 100}, {1_000, 20}};

  /** So that entries wait as long as a row is about. */
  private static final int ALWAYS = 1_000_000;

  private static final int BAR = 40;
  private static final double MICROS_IN_BAR = 2;

  private RedisJournalBenchmark() {}

  /** Runs all rows. */
  public static void main(String[] args) throws Exception {
    int seconds = args.length > 0 ? Integer.parseInt(args[0]) : 4;
    Path folder = Files.createTempDirectory("holdfast-redis");
    try (var redis = RedisProcess.start(folder, "--appendonly", "yes")) {
      System.out.printf(
          "Redis %s, appendfsync everysec, JDK %s, %d cores, rows of %d s%n%n",
          RedisInfo.of(redis.address()).version(),
          Runtime.version(),
          Runtime.getRuntime().availableProcessors(),
          seconds);
      for (int batch : BATCHES) {
        most(redis, batch, seconds);
      }
      for (int[] load : LOADS) {
        curve(redis, load[0], load[1], seconds);
      }
    } finally {
      try (Stream<Path> files = Files.walk(folder)) {
        for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private static RedisJournalOptions options(RedisProcess redis) throws IOException {
    redis.command("FLUSHALL");
    return RedisJournal.at(redis.address())
        .pendingBytes(1L << 30)
        .timeout(Duration.ofMinutes(1)) // On a busy machine ten thousand answers take seconds.
        .limits(new JournalLimits(4096, 16 << 20, 1L << 40, 100_000, 1L << 40));
  }

  /** As many events as Redis takes, so many in an entry. */
  private static void most(RedisProcess redis, int batch, int seconds) throws Exception {
    try (var journal = options(redis).linger(Duration.ZERO).open()) {
      var ticks = new JournalTicks(journal, batch);
      run(ticks, 2);
      var before = RedisInfo.of(redis.address());
      long own = ProcessClock.nanos();
      long began = System.nanoTime();
      double events = run(ticks, seconds) * (double) JournalBenchmark.TICK * batch;
      double elapsed = (System.nanoTime() - began) / 1e9;
      var after = RedisInfo.of(redis.address());
      double cpu = after.cpuSeconds() - before.cpuSeconds();
      System.out.printf(
          "most, %2d events an entry: %,9.0f events/s, %,9.0f events per CPU s of Redis (%.2f us an"
              + " event), %.2f us an event in the process, Redis busy %.0f %%%n",
          batch,
          events / elapsed,
          events / cpu,
          cpu / events * 1e6,
          (ProcessClock.nanos() - own) / events / 1_000,
          cpu / elapsed * 100);
    }
  }

  private static int run(JournalTicks ticks, int seconds) throws InterruptedException {
    long until = System.nanoTime() + seconds * 1_000_000_000L;
    int count = 0;
    ticks.begin();
    while (System.nanoTime() < until) {
      ticks.begin();
      ticks.await();
      count++;
    }
    ticks.await();
    return count + 1;
  }

  /** One load, with each wait. */
  private static void curve(RedisProcess redis, int streams, int rate, int seconds)
      throws Exception {
    System.out.printf("%n%,d streams, %d events/s each%n", streams, rate);
    System.out.println(
        "wait     events/entry  Redis us/event  process us/event  stored p50 ms  p99 ms");
    var bars = new ArrayList<String>();
    for (int wait : WAITS) {
      var options = options(redis).linger(Duration.ofMillis(wait)).lingerRoundTrips(ALWAYS);
      double cost = row("%2d ms".formatted(wait), redis, options, streams, rate, seconds);
      bars.add("%2d ms %s %.1f us".formatted(wait, bar(cost), cost));
    }
    double cost = row("default", redis, options(redis), streams, rate, seconds);
    bars.add("deflt %s %.1f us".formatted(bar(cost), cost));
    System.out.println("CPU of Redis per event");
    bars.forEach(System.out::println);
  }

  private static String bar(double cost) {
    return "#".repeat(Math.clamp(Math.round(cost / MICROS_IN_BAR), 1, BAR));
  }

  private static double row(
      String name,
      RedisProcess redis,
      RedisJournalOptions options,
      int streams,
      int rate,
      int seconds)
      throws Exception {
    try (var journal = options.open()) {
      var load = new PacedAppends(journal, streams, rate);
      load.run(1);
      var before = RedisInfo.of(redis.address());
      long own = ProcessClock.nanos();
      List<Long> nanos = load.run(seconds);
      var after = RedisInfo.of(redis.address());
      double events = nanos.size();
      double cpu = (after.cpuSeconds() - before.cpuSeconds()) / events * 1e6;
      System.out.printf(
          "%-7s  %12.2f  %14.1f  %16.1f  %13.2f  %6.2f%n",
          name,
          events / (after.entries() - before.entries()),
          cpu,
          (ProcessClock.nanos() - own) / events / 1_000,
          nanos.get(nanos.size() / 2) / 1e6,
          nanos.get(nanos.size() * 99 / 100) / 1e6);
      return cpu;
    }
  }
}
