package dev.holdfast.benchmarks.dropins;

import dev.holdfast.benchmarks.LoudServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a drop-in costs an SDK whose streams are healthy: CPU time of the whole process for a
 * content event, over sockets of this machine, with and without it in turns. Server and SDK have a
 * process of their own each, so that no SDK runs in code that another has warmed.
 *
 * <p>Each reading is held against the one next to it: the figure is the median of the ratios of
 * neighbours, its spread the standard error.
 */
public final class DropInCost {
  private static final double GOAL = 0.03;
  private static final int PAIRS = 30;

  private DropInCost() {}

  /**
   * Measures the SDKs and paces that are named, or all, in so many pairs as a number sets; exit
   * code 1 if a drop-in costs more than the goal at the pace of a model.
   */
  public static void main(String[] args) throws IOException {
    var words = new ArrayList<String>(List.of(args));
    if (words.remove("measure")) {
      measure(
          Sdk.of(words.get(0)), words.get(1), LoudServer.Pace.valueOf(words.get(2)), pairs(words));
      return;
    }
    int pairs = pairs(words);
    boolean met = true;
    try (var server = LoudServer.start()) {
      for (var sdk : Sdk.values()) {
        for (var pace : LoudServer.Pace.values()) {
          if (isNamed(words, Arrays.stream(Sdk.values()).map(Sdk::label).toList(), sdk.label())
              && isNamed(words, List.of("paced", "events", "bursts"), name(pace))) {
            double cost = child(sdk, server.baseUrl(pace), pace, pairs);
            met &= pace != LoudServer.Pace.PACED || cost <= GOAL;
          }
        }
      }
    }
    System.exit(met ? 0 : 1);
  }

  private static String name(LoudServer.Pace pace) {
    return pace.name().toLowerCase(Locale.ROOT);
  }

  private static int pairs(List<String> words) {
    return words.stream()
        .filter(word -> word.matches("\\d+"))
        .mapToInt(Integer::parseInt)
        .findFirst()
        .orElse(PAIRS);
  }

  private static boolean isNamed(List<String> words, List<String> all, String name) {
    return words.contains(name) || words.stream().noneMatch(all::contains);
  }

  /** {@return the figure of a process of its own, which prints it as its last word} */
  private static double child(Sdk sdk, String url, LoudServer.Pace pace, int pairs)
      throws IOException {
    var process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx512m",
                "-XX:+UseSerialGC",
                "-cp",
                System.getProperty("java.class.path"),
                DropInCost.class.getName(),
                "measure",
                sdk.label(),
                url,
                pace.name(),
                Integer.toString(pairs))
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var out =
        new BufferedReader(
            new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
      String line = out.readLine();
      if (line == null) {
        throw new IllegalStateException(sdk.label() + ": must print a line, ended");
      }
      int last = line.lastIndexOf(' ');
      System.out.println(line.substring(0, last));
      return Double.parseDouble(line.substring(last + 1));
    }
  }

  private static void measure(Sdk sdk, String url, LoudServer.Pace pace, int pairs) {
    boolean paced = pace == LoudServer.Pace.PACED;
    warm(sdk, url);
    var bare = new double[pairs];
    var ratios = new double[pairs];
    try (var pair = new ReadPair(sdk, url, paced ? 16 : 4)) {
      for (int i = -2; i < pairs; i++) {
        // The other one first every other time: what the first leaves behind, the second finds.
        boolean heldFirst = i % 2 == 0;
        double first = pair.perEvent(heldFirst);
        double second = pair.perEvent(!heldFirst);
        if (i >= 0) {
          bare[i] = heldFirst ? second : first;
          ratios[i] = (heldFirst ? first / second : second / first) - 1;
        }
      }
    }
    Arrays.sort(ratios);
    Arrays.sort(bare);
    double low = ratios[pairs / 4];
    double high = ratios[pairs - 1 - pairs / 4];
    double cost = ratios[pairs / 2];
    System.out.printf(
        Locale.ROOT,
        "%s, %s: %.0f ns of CPU an event; with its drop-in %+.1f %% +- %.1f; goal %.0f %% %.4f%n",
        sdk.label(),
        name(pace),
        bare[pairs / 2],
        100 * cost,
        100 * 0.93 * (high - low) / Math.sqrt(pairs),
        100 * GOAL,
        cost);
  }

  /** Has both readers compiled, at the pace that brings the most events. */
  private static void warm(Sdk sdk, String url) {
    String fast = url.substring(0, url.lastIndexOf('/')) + "/events";
    try (var pair = new ReadPair(sdk, fast, 4)) {
      for (int i = 0; i < 12; i++) {
        double unused = pair.perEvent(i % 2 == 0);
      }
    }
  }
}
