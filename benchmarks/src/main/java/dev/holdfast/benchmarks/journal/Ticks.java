package dev.holdfast.benchmarks.journal;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayDeque;
import java.util.Arrays;

/** A store that takes ticks: {@value JournalBenchmark#TICK} events of as many streams at once. */
interface Ticks {
  /** Appends a tick; it may still be under way when this returns. */
  void begin() throws Exception;

  /** Waits for the oldest tick under way. */
  void await() throws Exception;

  /** Releases the store. */
  void close();

  /** {@return the figures of a run of so long, with so many ticks under way} */
  static String run(Ticks store, int depth, int seconds) throws Exception {
    run(store, depth, Math.max(2, seconds / 3) * 1_000_000_000L, new long[1 << 20]);
    long[] nanos = new long[1 << 20];
    long start = System.nanoTime();
    long cpu = cpuNanos();
    int ticks = run(store, depth, seconds * 1_000_000_000L, nanos);
    double elapsed = (System.nanoTime() - start) / 1e9;
    double events = ticks * (double) JournalBenchmark.TICK;
    Arrays.sort(nanos, 0, ticks);
    return "%,.0f events/s, %.2f us CPU/event, tick p50 %.1f ms, p99 %.1f ms, max %.1f ms"
        .formatted(
            events / elapsed,
            (cpuNanos() - cpu) / events / 1_000,
            nanos[ticks / 2] / 1e6,
            nanos[ticks * 99 / 100] / 1e6,
            nanos[ticks - 1] / 1e6);
  }

  /** {@return the CPU time of this process; what other processes take does not change it} */
  private static long cpuNanos() {
    return ((OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static int run(Ticks store, int depth, long time, long[] nanos) throws Exception {
    var begun = new ArrayDeque<Long>();
    long start = System.nanoTime();
    int ticks = 0;
    while (System.nanoTime() - start < time && ticks < nanos.length) {
      begun.add(System.nanoTime());
      store.begin();
      if (begun.size() == depth) {
        store.await();
        nanos[ticks++] = System.nanoTime() - begun.remove();
      }
    }
    while (!begun.isEmpty()) {
      store.await();
      begun.remove();
    }
    return ticks;
  }
}
