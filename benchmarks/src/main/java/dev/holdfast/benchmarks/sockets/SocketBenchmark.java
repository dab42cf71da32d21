package dev.holdfast.benchmarks.sockets;

import dev.holdfast.benchmarks.gateway.Child;
import dev.holdfast.benchmarks.gateway.EventServer;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a user pays for reading streams over sockets: CPU time, heap and delay of a client's whole
 * process, as multiples of a plain client of the JDK in the same run. The server has a process of
 * its own; the clients take turns, each in a new process.
 *
 * <p>Arguments: names of clients, {@code rounds=N}, {@code row=N}, and {@code warm=SECONDS} of a
 * client's own processor time before its measurement. One round of all clients and rows takes seven
 * minutes. The warming is for a machine on which ten seconds of the clock compile little. {@code
 * options=A;B} are further options of the clients' processes, for profilers. Exit code 1 if a goal
 * is missed.
 */
public final class SocketBenchmark {
  private static final String FLOOR = "floor";
  private static final String OURS = "holdfast";
  private static final String OURS_ON_NETTY = "holdfast-netty";
  private static final String PEER = "okhttp-sse";
  private static final List<String> CLIENTS =
      List.of(FLOOR, OURS, OURS_ON_NETTY, PEER, "openai-java", "langchain4j");
  private static final List<String> JVM =
      List.of(
          "-XX:+UseSerialGC",
          "-Xmx1g",
          "--enable-native-access=ALL-UNNAMED",
          "-Dslf4j.internal.verbosity=ERROR");

  /** The most CPU time that the JDK's transport may take, as a multiple of the floor's. */
  private static final double MOST = 1.1;

  private static final double MOST_HEAP_KIB = 40;

  /** The same of the transport on Netty: of events, and of short answers. */
  private static final double MOST_ON_NETTY = 0.85;

  private static final double MOST_OF_ANSWERS_ON_NETTY = 1.2;
  private static final double MOST_HEAP_ON_NETTY_KIB = 32;

  /** The longest start, as a multiple of the peer's. */
  private static final double MOST_START = 1.1;

  private static final List<String> OPTIONS = new ArrayList<>(JVM);

  private SocketBenchmark() {}

  /** Measures, and prints a table. */
  public static void main(String[] args) throws IOException {
    int rounds = 1;
    int only = -1;
    int warm = 0;
    var clients = new ArrayList<String>();
    for (String arg : args) {
      if (arg.startsWith("rounds=")) {
        rounds = Integer.parseInt(arg.substring("rounds=".length()));
      } else if (arg.startsWith("row=")) {
        only = Integer.parseInt(arg.substring("row=".length()));
      } else if (arg.startsWith("warm=")) {
        warm = Integer.parseInt(arg.substring("warm=".length()));
      } else if (arg.startsWith("options=")) {
        OPTIONS.addAll(List.of(arg.substring("options=".length()).split(";", -1)));
      } else {
        clients.add(arg);
      }
    }
    boolean met = true;
    for (int row = 0; row <= Load.ALL.size(); row++) {
      if (only < 0 || only == row) {
        met &= row(row, clients.isEmpty() ? CLIENTS : clients, rounds, warm);
      }
    }
    System.exit(met ? 0 : 1);
  }

  private static boolean row(int row, List<String> clients, int rounds, int warm)
      throws IOException {
    boolean isStart = row == Load.ALL.size();
    String name = isStart ? "process start to the first token" : Load.ALL.get(row).name();
    Map<String, List<double[]>> readings = new LinkedHashMap<>();
    for (int round = 0; round < rounds; round++) {
      for (String client : clients) {
        readings
            .computeIfAbsent(client, key -> new ArrayList<>())
            .add(isStart ? start(client) : reading(client, row, warm));
      }
    }
    System.out.println(name);
    double floor = readings.containsKey(FLOOR) ? median(readings.get(FLOOR), 0) : Double.NaN;
    boolean met = true;
    for (var each : readings.entrySet()) {
      double cost = median(each.getValue(), 0);
      System.out.printf(
          Locale.ROOT,
          "  %-14s %9.1f %s  %5.2f of the floor%s%n",
          each.getKey(),
          cost,
          isStart ? "ms" : row == 2 ? "us of CPU an answer" : "us of CPU an event",
          cost / floor,
          isStart
              ? String.format(Locale.ROOT, "; %.0f ms of CPU", median(each.getValue(), 1))
              : row == 2 ? "" : details(each.getValue()));
      if (isStart && each.getKey().equals(OURS) && readings.containsKey(PEER)) {
        met &= cost <= MOST_START * median(readings.get(PEER), 0);
      } else if (!isStart) {
        met &= meets(each.getKey(), row, cost / floor, median(each.getValue(), 1));
      }
    }
    return met && (row != 0 || meetsDelay(readings));
  }

  /** {@return whether the longest delays of ours are not longer than the peer's} */
  private static boolean meetsDelay(Map<String, List<double[]>> readings) {
    var ours = readings.get(OURS);
    var peers = readings.get(PEER);
    return ours == null || peers == null || median(ours, 3) <= median(peers, 3);
  }

  /** {@return whether a client reaches its goals; a peer has none} */
  private static boolean meets(String client, int row, double ratio, double heap) {
    return switch (client) {
      case OURS -> ratio <= MOST && (row != 3 || heap <= MOST_HEAP_KIB);
      case OURS_ON_NETTY ->
          ratio <= (row == 2 ? MOST_OF_ANSWERS_ON_NETTY : MOST_ON_NETTY)
              && (row != 3 || heap <= MOST_HEAP_ON_NETTY_KIB);
      default -> true;
    };
  }

  private static String details(List<double[]> readings) {
    double delay = median(readings, 3);
    return String.format(
        Locale.ROOT,
        "; heap %.1f KiB a stream%s",
        median(readings, 1),
        delay == 0
            ? ""
            : String.format(
                Locale.ROOT, "; delay p50 %.0f us, p99 %.0f us", median(readings, 2), delay));
  }

  private static double[] reading(String client, int row, int warm) throws IOException {
    try (var server = server()) {
      String port = server.line();
      try (var process =
          Child.start(
              client,
              Child.java(
                  classPath(), ReadingProcess.class, OPTIONS, client, port, "" + row, "" + warm))) {
        return Arrays.stream(process.line().split(" ", -1))
            .mapToDouble(Double::parseDouble)
            .toArray();
      }
    }
  }

  private static double[] start(String client) throws IOException {
    try (var server = server()) {
      String port = server.line();
      long began = System.nanoTime();
      try (var process =
          Child.start(
              client,
              Child.java(classPath(), ReadingProcess.class, OPTIONS, client, port, "start"))) {
        String[] printed = process.line().split(" ", -1);
        double cpu = Double.parseDouble(printed[1]);
        return new double[] {(System.nanoTime() - began) / 1e6, cpu};
      }
    }
  }

  private static Child server() throws IOException {
    return Child.start("server", Child.java(classPath(), EventServer.class, JVM));
  }

  private static String classPath() {
    return System.getProperty("java.class.path");
  }

  private static double median(List<double[]> readings, int figure) {
    double[] sorted = readings.stream().mapToDouble(reading -> reading[figure]).sorted().toArray();
    return sorted[sorted.length / 2];
  }
}
