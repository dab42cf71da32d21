package dev.holdfast.testkit.judge;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of processes, where the system reports it. */
final class ProcessMemory {
  private static final String PEAK = "VmHWM:";

  private ProcessMemory() {}

  /** {@return the peak resident size of a process and its children in bytes; 0 if unknown} */
  static long peakOf(ProcessHandle process) {
    return of(process) + process.descendants().mapToLong(ProcessMemory::of).sum();
  }

  private static long of(ProcessHandle process) {
    Path status = Path.of("/proc", Long.toString(process.pid()), "status");
    if (!Files.exists(status)) {
      return 0;
    }
    try {
      for (String line : Files.readAllLines(status)) {
        if (line.startsWith(PEAK)) {
          return Long.parseLong(line.substring(PEAK.length()).replace("kB", "").strip()) * 1024;
        }
      }
    } catch (IOException | NumberFormatException e) {
      // The process has just ended.
    }
    return 0;
  }
}
