package dev.holdfast.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * CPU time of this process with all its threads: the readers', the transport's, the collector's and
 * the compiler's. On Linux to the nanosecond, from the scheduler's own count of every thread;
 * elsewhere from the JDK, in steps of 10 ms on some systems.
 */
public final class ProcessClock {
  private static final Path TASKS = Path.of("/proc/self/task");
  private static final OperatingSystemMXBean JDK =
      (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();

  private ProcessClock() {}

  /** {@return nanoseconds so far, without those of threads that have ended} */
  public static long nanos() {
    if (!Files.isDirectory(TASKS)) {
      return JDK.getProcessCpuTime();
    }
    try (var tasks = Files.newDirectoryStream(TASKS)) {
      long sum = 0;
      for (Path task : tasks) {
        sum += nanos(task);
      }
      return sum;
    } catch (IOException e) {
      throw new UncheckedIOException("threads: must be readable", e);
    }
  }

  private static long nanos(Path task) throws IOException {
    try {
      String schedstat = Files.readString(task.resolve("schedstat"));
      return Long.parseLong(schedstat.substring(0, schedstat.indexOf(' ')));
    } catch (NoSuchFileException e) {
      return 0; // It has ended just now.
    }
  }
}
