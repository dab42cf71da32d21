package dev.holdfast.benchmarks;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How long {@code ./holdfast faults} takes from the start of its process until a connection to it
 * is accepted. Run the command once before: the first run builds it.
 */
public final class FaultServerStart {
  private static final int RUNS = 9;
  private static final double GOAL = 1;

  private FaultServerStart() {}

  /** Measures; exit code 1 if the median is over the goal. */
  public static void main(String[] args) throws IOException {
    var root = Path.of("").toAbsolutePath();
    while (root != null && !Files.isExecutable(root.resolve("holdfast"))) {
      root = root.getParent();
    }
    if (root == null) {
      throw new IllegalStateException("holdfast: must be above this directory, was not");
    }
    var command = List.of(root.resolve("holdfast").toString(), "faults", "--port", "0", "--json");
    var seconds = new double[RUNS];
    for (int i = 0; i < RUNS; i++) {
      seconds[i] = start(command);
    }
    Arrays.sort(seconds);
    System.out.printf(
        Locale.ROOT,
        "holdfast faults accepts a connection after %.2f s (%.2f to %.2f, %d runs); goal %.0f s%n",
        seconds[RUNS / 2],
        seconds[0],
        seconds[RUNS - 1],
        RUNS,
        GOAL);
    System.exit(seconds[RUNS / 2] < GOAL ? 0 : 1);
  }

  private static double start(List<String> command) throws IOException {
    long begin = System.nanoTime();
    var process =
        new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    try (var output = process.inputReader()) {
      String line = output.readLine();
      if (line == null) {
        throw new IllegalStateException("holdfast faults: must print its port, ended");
      }
      int port = Integer.parseInt(line.replaceFirst(".*\"port\":(\\d+).*", "$1"));
      new Socket(InetAddress.getLoopbackAddress(), port).close();
      return (System.nanoTime() - begin) / 1e9;
    } finally {
      process.destroy();
    }
  }
}
