package dev.holdfast.benchmarks.journal;

import dev.holdfast.journal.FsyncPolicy;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.stream.Stream;

/** How long a journal of 1 GB takes to open: after it was closed, and after its process ended. */
final class OpenTime {
  private static final long GIGABYTE = 1L << 30;

  private OpenTime() {}

  static void run(Path directory) throws Exception {
    var crashed = directory.resolveSibling("crashed");
    JournalBenchmark.fresh(crashed);
    try (var journal = JournalBenchmark.options(directory).fsync(new FsyncPolicy.Never()).open()) {
      var ticks = new JournalTicks(journal);
      while (journal.size().bytes() < GIGABYTE) {
        ticks.begin();
        ticks.await();
      }
      copy(directory, crashed);
    }
    report("closed", directory);
    report("crashed", crashed);
    report("again", crashed);
  }

  private static void report(String what, Path directory) throws IOException {
    long start = System.nanoTime();
    try (var journal = JournalBenchmark.options(directory).open()) {
      long nanos = System.nanoTime() - start;
      System.out.printf(
          "open %s: %.0f ms, %.2f GB, %d streams%n",
          what, nanos / 1e6, journal.size().bytes() / (double) GIGABYTE, journal.size().streams());
    }
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        var target = to.resolve(from.relativize(file).toString());
        Files.copy(file, target, StandardCopyOption.REPLACE_EXISTING);
      }
    }
  }
}
