package dev.holdfast.benchmarks;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Prints how much CPU time Holdfast needs, relative to its peers. Each comparison runs in several
 * processes of its own; within one, the tasks take turns. What is shown is the median process.
 *
 * <p>Arguments: names of comparisons; none means all. Exit code 1 if a goal is missed.
 */
public final class Ratios {
  private static final int FORKS = 3;
  private static final int WARMUP = 6;
  private static final int ROUNDS = 9;
  private static final String MEASURE = "--measure";

  /** CPU time and garbage of a task's pass, as a fork reports them. */
  private record Line(String task, double millis, double bytesPerEvent, double bytesPerNano) {}

  private Ratios() {}

  /** Runs the comparisons. */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length == 2 && args[0].equals(MEASURE)) {
      measure(Comparison.named(args[1]));
      return;
    }
    List<String> names = args.length == 0 ? Comparison.names() : List.of(args);
    System.out.printf(
        "%s, JDK %s, %d cores, %s%n%n",
        LocalDate.now(java.time.ZoneId.systemDefault()),
        Runtime.version(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.arch"));
    boolean allMet = true;
    for (String name : names) {
      allMet &= compare(name);
    }
    System.exit(allMet ? 0 : 1);
  }

  private static boolean compare(String name) throws IOException, InterruptedException {
    List<Map<String, Line>> forks = new ArrayList<>();
    for (int i = 0; i < FORKS; i++) {
      forks.add(fork(name));
    }
    System.out.println(name);
    for (String task : forks.getFirst().keySet()) {
      System.out.printf(
          "  %-28s %9.1f ms %8.2f GB/s %9.1f bytes of garbage per event%n",
          task,
          median(forks, fork -> line(fork, task).millis()),
          median(forks, fork -> line(fork, task).bytesPerNano()),
          median(forks, fork -> line(fork, task).bytesPerEvent()));
    }
    boolean allMet = true;
    for (Comparison.Goal goal : Comparison.named(name).goals()) {
      double ratio =
          median(
              forks,
              fork -> line(fork, goal.dearer()).millis() / line(fork, goal.cheaper()).millis());
      System.out.printf(
          "  %s : %s = %.2f (goal: %s %.1f, %s)%n",
          goal.dearer(),
          goal.cheaper(),
          ratio,
          goal.isFloor() ? "at least" : "at most",
          goal.ratio(),
          goal.isMet(ratio) ? "met" : "MISSED");
      allMet &= goal.isMet(ratio);
    }
    System.out.println();
    return allMet;
  }

  private static Map<String, Line> fork(String name) throws IOException, InterruptedException {
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xms2g",
                "-Xmx2g",
                "-cp",
                System.getProperty("java.class.path"),
                Ratios.class.getName(),
                MEASURE,
                name)
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    Map<String, Line> lines = new LinkedHashMap<>();
    try (BufferedReader reader =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      for (String text = reader.readLine(); text != null; text = reader.readLine()) {
        String[] cells = text.split("\t", -1);
        lines.put(
            cells[0],
            new Line(
                cells[0],
                Double.parseDouble(cells[1]),
                Double.parseDouble(cells[2]),
                Double.parseDouble(cells[3])));
      }
    }
    if (process.waitFor() != 0) {
      throw new IllegalStateException(name + ": the measuring process failed");
    }
    return lines;
  }

  private static void measure(Comparison comparison) throws IOException {
    Map<String, Meter.Cost> costs = Meter.measure(comparison.tasks(), WARMUP, ROUNDS);
    if (costs.values().stream().map(Meter.Cost::found).distinct().count() != 1) {
      throw new IllegalStateException("the tasks must find the same, found " + costs);
    }
    costs.forEach((task, cost) ->
        System.out.printf(
            "%s\t%f\t%f\t%f%n",
            task,
            cost.cpuNanos() / 1e6,
            (double) cost.allocated() / cost.found().events(),
            (double) comparison.bytes() / cost.cpuNanos()));
  }

  private static Line line(Map<String, Line> fork, String task) {
    Line line = fork.get(task);
    if (line == null) {
      throw new IllegalStateException("the measuring process left out " + task);
    }
    return line;
  }

  private static double median(
      List<Map<String, Line>> forks, java.util.function.ToDoubleFunction<Map<String, Line>> value) {
    double[] sorted = forks.stream().mapToDouble(value).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
