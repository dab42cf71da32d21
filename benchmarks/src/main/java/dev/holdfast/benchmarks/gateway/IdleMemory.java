package dev.holdfast.benchmarks.gateway;

import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Resident memory of a relay with many streams of one event a second, per stream. */
final class IdleMemory {
  private final Map<String, String> settings;
  private final Child driver;
  private final PlainNginx nginx;
  private final int upstreamPort;
  private final int streams;

  IdleMemory(
      Map<String, String> settings, Child driver, PlainNginx nginx, int upstreamPort, int streams) {
    this.settings = settings;
    this.driver = driver;
    this.nginx = nginx;
    this.upstreamPort = upstreamPort;
    this.streams = streams;
  }

  /** A gateway of its own: a heap that other loads have filled shows nothing. */
  Figure measure(List<String> options) throws IOException {
    double theirs = grown(nginx.port(), nginx.pids(), false);
    String journal = settings.get("journal");
    var more =
        journal == null ? List.<String>of() : List.of(GatewayProcess.JOURNAL + journal + "-idle");
    try (var fresh =
        GatewayProcess.start(
            options, upstreamPort, Integer.parseInt(settings.getOrDefault("loops", "1")), more)) {
      int port = Integer.parseInt(fresh.line());
      // Code is compiled and the young generation touched before the first look.
      driver.ask("open " + port + " 64 20 0");
      driver.ask("measure 8000");
      driver.ask("close");
      double ours = grown(port, List.of(fresh.pid()), true);
      return new Figure(
          "memory per idle stream, RSS growth",
          "KiB",
          List.of(),
          List.of(theirs),
          List.of(ours),
          12,
          Figure.Kind.ABSOLUTE);
    }
  }

  /** nginx loses a hundred and more where connections are nearly used up; that is its affair. */
  private double grown(int port, List<Long> pids, boolean all) throws IOException {
    long before = resident(pids);
    String opened = driver.ask("open " + port + " " + streams + " 0 1");
    String[] seen = driver.ask("measure 6000").split(" ", -1);
    long after = resident(pids);
    driver.ask("close");
    System.out.println(
        "idle: "
            + opened
            + " of "
            + streams
            + ", "
            + seen[1]
            + " events in 6 s, "
            + seen[2]
            + " errors, "
            + before
            + " -> "
            + after
            + " KiB");
    int count = Integer.parseInt(opened.substring("open ".length()));
    if (count == 0 || (all && (count < streams || !seen[2].equals("0")))) {
      throw new IOException("streams: must all be open without an error");
    }
    return (double) (after - before) / count;
  }

  private static long resident(List<Long> pids) throws IOException {
    long sum = 0;
    for (long pid : pids) {
      sum += Child.residentKib(pid);
    }
    return sum;
  }
}
