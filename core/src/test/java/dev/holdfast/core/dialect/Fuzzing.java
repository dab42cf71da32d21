package dev.holdfast.core.dialect;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where Jazzer enters; {@code .ci/fuzz} says how. No input may cost more than a second of this
 * thread's time, nor more heap than 64 MiB: Jazzer itself lives in the same heap, so the rest of it
 * is filled up before the first input.
 */
public final class Fuzzing {
  /** Processor time for one input, all passes over it. */
  static final long LIMIT_NANOS = 1_000_000_000L;

  private static final int FREE = 64 << 20;
  private static final int PIECE = 1 << 20;
  private static final List<byte[]> BALLAST = new ArrayList<>();

  private static @Nullable FuzzTarget target;

  private Fuzzing() {}

  /** Takes the name of the target; Jazzer calls it first. */
  public static void fuzzerInitialize(String[] arguments) {
    target = FuzzTarget.byId(arguments[0]);
    var heap = ManagementFactory.getMemoryMXBean();
    heap.gc();
    long used = heap.getHeapMemoryUsage().getUsed();
    for (long left = Runtime.getRuntime().maxMemory() - used - FREE; left > PIECE; left -= PIECE) {
      BALLAST.add(new byte[PIECE - 64]);
    }
    System.err.printf(
        "holdfast: %s, %d MiB of heap: %d used, %d filled up, %d left%n",
        target, Runtime.getRuntime().maxMemory() >> 20, used >> 20, BALLAST.size(), FREE >> 20);
  }

  /** Takes an input; Jazzer calls it for each. */
  public static void fuzzerTestOneInput(byte[] input) {
    var chosen = target;
    if (chosen == null) {
      throw new IllegalStateException("target: must be named before the first input, was null");
    }
    measured(() -> chosen.feedDrawn(input));
  }

  /** Feeds one input in every way and measures the time it takes. */
  static void feed(FuzzTarget to, byte[] input) {
    measured(() -> to.feed(input));
  }

  private static void measured(Runnable work) {
    var thread = ManagementFactory.getThreadMXBean();
    long before = thread.getCurrentThreadCpuTime();
    work.run();
    long nanos = thread.getCurrentThreadCpuTime() - before;
    if (nanos > LIMIT_NANOS) {
      throw new AssertionError(
          "time: must be at most 1 s for one input, was %d ms".formatted(nanos / 1_000_000));
    }
  }

  /** Writes the seeds of a target, {@code TARGET DIRECTORY}; without arguments: names all. */
  public static void main(String[] arguments) throws IOException {
    if (arguments.length == 0) {
      FuzzTarget.ALL.forEach(System.out::println);
      return;
    }
    var directory = Files.createDirectories(Path.of(arguments[1]));
    int number = 0;
    for (byte[] seed : FuzzTarget.byId(arguments[0]).inputs()) {
      Files.write(directory.resolve("seed-%04d".formatted(number++)), seed);
    }
  }
}
