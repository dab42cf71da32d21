package dev.holdfast.benchmarks.gateway;

import dev.holdfast.benchmarks.journal.RedisInfo;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Lets relays pass the same loads in turns, and measures each. */
final class Turns {
  /** Warming ends after so many times its seconds. */
  private static final int MOST_WARMING = 4;

  /** And once an event has cost no less than this share of the best for so many seconds. */
  private static final double BETTER = 0.95;

  private static final int SETTLED = 5;

  /** Longest warming of a relay that is not compiled while it runs. */
  private static final int SHORT_WARMING = 3;

  private final Child driver;
  private final String journal;
  private final int seconds;
  private final int rounds;
  private final int warm;

  /**
   * Turns of one benchmark.
   *
   * @param journal the address of the gateway's Redis; empty for none
   * @param seconds of a window
   * @param warm CPU seconds of a relay before its first window of a load
   */
  Turns(Child driver, String journal, int seconds, int rounds, int warm) {
    this.driver = driver;
    this.journal = journal;
    this.seconds = seconds;
    this.rounds = rounds;
    this.warm = warm;
  }

  /**
   * What passes a load.
   *
   * @param port where the driver connects
   * @param way as in {@link LoadDriver}; empty for plain HTTP/1.1
   * @param pids whose CPU time counts; none for the upstream itself
   * @param compiled whether it is compiled while it runs
   */
  record Relay(int port, String way, List<Long> pids, boolean compiled) {
    static Relay direct(int port) {
      return new Relay(port, "", List.of(), false);
    }

    static Relay of(PlainNginx nginx, int port, String way) {
      return new Relay(port, way, nginx.pids(), false);
    }

    static Relay of(Child process, int port, String way) {
      return new Relay(port, way, List.of(process.pid()), true);
    }
  }

  /**
   * What clients ask for.
   *
   * @param events of a response
   * @param rate events a second, without an end; 0 for all at once
   */
  record Load(int connections, int events, int rate) {}

  /**
   * One window: what the driver saw, and the CPU seconds of the relay, and of the journal's Redis.
   */
  record Window(
      double requests, double events, double p50, double p99, double cpu, double redisCpu) {}

  /** {@return the windows of each relay, which take turns} */
  List<List<Window>> run(List<Relay> relays, Load load) throws IOException {
    var all = new ArrayList<List<Window>>();
    for (var relay : relays) {
      all.add(new ArrayList<>());
      if (!relay.pids().isEmpty()) {
        open(relay, load);
        warm(relay);
        close();
      }
    }
    for (int round = 0; round < rounds; round++) {
      for (int i = 0; i < relays.size(); i++) {
        all.get(i).add(once(relays.get(i), load, false));
      }
    }
    return all;
  }

  int rounds() {
    return rounds;
  }

  /**
   * {@return one window}
   *
   * @param warmed whether the relay is warmed on the same connections before
   */
  Window once(Relay relay, Load load, boolean warmed) throws IOException {
    open(relay, load);
    if (warmed) {
      warm(relay);
    }
    window(List.of(), 1);
    var window = window(relay.pids(), seconds);
    close();
    return window;
  }

  void open(Relay relay, Load load) throws IOException {
    String opened =
        driver.ask(
            ("open " + relay.port() + " " + load.connections() + " " + load.events() + " ")
                + (load.rate() + " " + relay.way()).strip());
    if (!opened.equals("open " + load.connections())) {
      throw new IOException(
          "driver: must open " + load.connections() + " connections, did " + opened);
    }
  }

  void close() throws IOException {
    driver.ask("close");
  }

  Window window(List<Long> pids, int length) throws IOException {
    double before = cpu(pids);
    double redisBefore = redisCpu();
    String[] seen = driver.ask("measure " + length * 1000).split(" ", -1);
    double after = cpu(pids);
    double redisAfter = redisCpu();
    if (!seen[2].equals("0")) {
      throw new IOException("driver: must see no error, saw " + seen[2]);
    }
    return new Window(
        Double.parseDouble(seen[0]),
        Double.parseDouble(seen[1]),
        Double.parseDouble(seen[3]),
        Double.parseDouble(seen[4]),
        after - before,
        redisAfter - redisBefore);
  }

  private double redisCpu() throws IOException {
    return journal.isEmpty() ? 0 : RedisInfo.of(journal).cpuSeconds();
  }

  private static double cpu(List<Long> pids) throws IOException {
    double sum = 0;
    for (long pid : pids) {
      sum += Child.cpuSeconds(pid);
    }
    return sum;
  }

  /**
   * Lets events pass until a relay is compiled: it has used that many seconds of CPU time, and an
   * event costs no less than it did five seconds before. By CPU time, because on a busy machine a
   * second of the clock may compile nothing.
   */
  private void warm(Relay relay) throws IOException {
    if (!relay.compiled()) {
      window(List.of(), Math.min(warm, SHORT_WARMING));
      return;
    }
    double until = cpu(relay.pids()) + warm;
    double best = Double.MAX_VALUE;
    int noBetter = 0;
    for (int i = 0; i < MOST_WARMING * warm; i++) {
      var window = window(relay.pids(), 1);
      double cost = window.cpu() / Math.max(1, window.events());
      noBetter = cost < BETTER * best ? 0 : noBetter + 1;
      best = Math.min(best, cost);
      if (noBetter >= SETTLED && cpu(relay.pids()) >= until) {
        return;
      }
    }
  }

  /** {@return a number of each window} */
  static List<Double> each(List<Window> windows, ToDoubleFunction<Window> value) {
    return windows.stream().map(window -> value.applyAsDouble(window)).toList();
  }

  static double microsPerEvent(Window window) {
    return window.cpu() / window.events() * 1e6;
  }

  static double microsPerRequest(Window window) {
    return window.cpu() / window.requests() * 1e6;
  }
}
