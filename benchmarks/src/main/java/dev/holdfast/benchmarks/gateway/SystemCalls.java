package dev.holdfast.benchmarks.gateway;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/** Counts system calls of all threads of a process with {@code strace -c}. */
final class SystemCalls {
  private SystemCalls() {}

  /** Lets events pass. */
  interface Load {
    void run() throws IOException;
  }

  /** {@return calls per event while the load runs; NaN where there is no strace} */
  static double perEvent(long pid, Load load) throws IOException, InterruptedException {
    Process strace;
    try {
      strace =
          new ProcessBuilder("strace", "-c", "-f", "-p", Long.toString(pid))
              .redirectErrorStream(true)
              .start();
    } catch (IOException e) {
      return Double.NaN;
    }
    LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(500));
    load.run();
    new ProcessBuilder("kill", "-INT", Long.toString(strace.pid())).start().waitFor();
    String out = new String(strace.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    strace.waitFor();
    System.out.println(out.strip());
    double writes = 0;
    for (String line : out.split("\n", -1)) {
      if (line.endsWith(" sendto") || line.endsWith(" writev")) {
        writes += calls(line);
      }
      if (line.endsWith(" total")) {
        // strace attaches at a time of its own: an event is a write to a client, as it saw them.
        return calls(line) / writes;
      }
    }
    throw new IOException("strace: must print a total, printed " + out);
  }

  /** {@return the fourth column, for example of "100.00 0.1 12 3456 7 total"} */
  private static double calls(String line) {
    return Double.parseDouble(line.strip().split("\\s+", -1)[3]);
  }
}
