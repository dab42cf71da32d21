package dev.holdfast.benchmarks;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Measures tasks in turns (A B C A B C ...), so that other load of the machine hits all alike. CPU
 * time and allocated bytes are the calling thread's: a collector's work is not charged, which
 * favours peers that make garbage.
 */
final class Meter {
  /**
   * What a pass costs, as the median over the rounds.
   *
   * @param cpuNanos CPU time
   * @param allocated bytes allocated
   * @param found what the pass found
   */
  record Cost(long cpuNanos, long allocated, Task.Found found) {}

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private Meter() {}

  /** Runs each task {@code warmup} times unmeasured, then all in turns for {@code rounds}. */
  static Map<String, Cost> measure(Map<String, Task> tasks, int warmup, int rounds)
      throws IOException {
    for (Task task : tasks.values()) {
      for (int i = 0; i < warmup; i++) {
        task.pass();
      }
    }
    Map<String, long[]> cpu = new LinkedHashMap<>();
    Map<String, long[]> bytes = new LinkedHashMap<>();
    Map<String, Task.Found> found = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (Map.Entry<String, Task> task : tasks.entrySet()) {
        String name = task.getKey();
        long bytesBefore = THREADS.getCurrentThreadAllocatedBytes();
        long before = THREADS.getCurrentThreadCpuTime();
        Task.Found result = task.getValue().pass();
        long after = THREADS.getCurrentThreadCpuTime();
        long bytesAfter = THREADS.getCurrentThreadAllocatedBytes();
        cpu.computeIfAbsent(name, unused -> new long[rounds])[round] = after - before;
        bytes.computeIfAbsent(name, unused -> new long[rounds])[round] = bytesAfter - bytesBefore;
        found.put(name, result);
      }
    }
    Map<String, Cost> costs = new LinkedHashMap<>();
    found.forEach((name, result) ->
        costs.put(name, new Cost(median(cpu, name), median(bytes, name), result)));
    return costs;
  }

  private static long median(Map<String, long[]> values, String name) {
    long[] sorted = values.getOrDefault(name, new long[1]).clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
