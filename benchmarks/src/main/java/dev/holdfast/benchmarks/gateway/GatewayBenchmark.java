package dev.holdfast.benchmarks.gateway;

import dev.holdfast.benchmarks.journal.RedisInfo;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Measures the gateway, with recovery on, beside nginx as a plain relay: same upstream, same
 * driver, same number of loops and workers, in turns. Exit code 1 if a goal is missed.
 *
 * <p>Arguments, all optional, as {@code name=number}: {@code seconds} of a window, {@code rounds},
 * {@code warm} CPU seconds of the gateway before the first window of a load, {@code loops}, {@code
 * streams} (idle ones, for memory); and {@code only=paced,short,unpaced,idle,calls,start}, {@code
 * nginx=PROGRAM}, {@code gateway-options=OPTIONS OF JAVA, separated by semicolons}, {@code
 * journal=DIRECTORY|REDIS}. With a journal the gateway keeps the streams of the loads, in a Redis
 * that runs where it is an address as {@code redis://127.0.0.1:6379}.
 */
public final class GatewayBenchmark implements AutoCloseable {
  private static final double PACED_GOAL = 1.15;
  private static final double JOURNALED_GOAL = 1.4;
  private static final double SHARED_GOAL = 1.6;
  private static final int PACED_STREAMS = 1_000;
  private static final int PACED_RATE = 20;
  private static final int CONNECTIONS = 64;
  private static final int SHORT_EVENTS = 20;
  private static final int LONG_EVENTS = 10_000;

  /** Warming ends after so many times its seconds. */
  private static final int MOST_WARMING = 4;

  /** And once an event has cost no less than this share of the best for so many seconds. */
  private static final double BETTER = 0.95;

  private static final int SETTLED = 5;

  private static final int COMPACT_HEADERS = 25;

  /** As {@code holdfast serve} runs: docs/gateway.md. */
  static final List<String> OPTIONS =
      List.of(
          "-XX:+UseSerialGC",
          "--enable-native-access=ALL-UNNAMED",
          Runtime.version().feature() >= COMPACT_HEADERS
              ? "-XX:+UseCompactObjectHeaders"
              : "-XX:+UseSerialGC");

  /** The same with a small heap, so that the memory of streams is seen. */
  static final List<String> SMALL_HEAP =
      Stream.concat(OPTIONS.stream(), Stream.of("-Xms48m", "-Xmn24m", "-Xmx768m")).toList();

  private final Map<String, String> settings;
  private final Child upstream;
  private final Child driver;
  private final PlainNginx nginx;
  private final Child gateway;
  private final int upstreamPort;
  private final int gatewayPort;
  private final List<Figure> figures = new ArrayList<>();

  private GatewayBenchmark(Map<String, String> settings) throws IOException {
    this.settings = settings;
    String classes = System.getProperty("java.class.path");
    var small = List.of("-XX:+UseSerialGC", "-Xmx512m", "--enable-native-access=ALL-UNNAMED");
    upstream = Child.start("upstream", Child.java(classes, EventServer.class, small));
    upstreamPort = Integer.parseInt(upstream.line());
    driver = Child.start("driver", Child.java(classes, LoadDriver.class, small));
    driver.line();
    int loops = number("loops", 1);
    nginx = PlainNginx.start(settings.getOrDefault("nginx", "nginx"), upstreamPort, loops);
    String journal = settings.get("journal");
    var more = journal == null ? List.<String>of() : List.of(GatewayProcess.JOURNAL + journal);
    gateway = GatewayProcess.start(options(settings, OPTIONS), upstreamPort, loops, more);
    gatewayPort = Integer.parseInt(gateway.line());
  }

  private static List<String> options(Map<String, String> settings, List<String> usual) {
    var options = new ArrayList<>(usual);
    String more = settings.getOrDefault("gateway-options", "");
    if (!more.isEmpty()) {
      options.addAll(List.of(more.split(";", -1)));
    }
    return options;
  }

  private int number(String name, int otherwise) {
    return Integer.parseInt(settings.getOrDefault(name, Integer.toString(otherwise)));
  }

  private boolean wants(String part) {
    return List.of(settings.getOrDefault("only", part).split(",", -1)).contains(part);
  }

  /** {@return arguments of the form {@code name=value}} */
  static Map<String, String> settings(String[] arguments) {
    var settings = new HashMap<String, String>();
    for (String argument : arguments) {
      int equals = argument.indexOf('=');
      settings.put(argument.substring(0, equals), argument.substring(equals + 1));
    }
    return settings;
  }

  /** Runs it. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    boolean met;
    try (var benchmark = new GatewayBenchmark(settings(arguments))) {
      met = benchmark.run();
    }
    System.exit(met ? 0 : 1);
  }

  private boolean run() throws IOException, InterruptedException {
    int seconds = number("seconds", 8);
    int rounds = number("rounds", 5);
    int warm = number("warm", 20);
    System.out.printf(
        "JDK %s, %d cores, %d loops and workers, windows of %d s, %d rounds, warmed %d CPU s a load%n",
        Runtime.version(),
        Runtime.getRuntime().availableProcessors(),
        number("loops", 1),
        seconds,
        rounds,
        warm);
    if (wants("short")) {
      requests(CONNECTIONS, seconds, rounds, warm);
    }
    if (wants("unpaced")) {
      unpaced(CONNECTIONS, seconds, rounds, warm);
    }
    if (wants("paced")) {
      paced(seconds, rounds, warm);
    }
    if (wants("calls")) {
      calls();
    }
    if (wants("idle")) {
      figures.add(
          new IdleMemory(settings, driver, nginx, upstreamPort, number("streams", 9_500))
              .measure(options(settings, SMALL_HEAP)));
    }
    if (wants("start")) {
      figures.add(StartTime.measure(nginxProgram(), upstreamPort, options(settings, OPTIONS)));
    }
    System.out.println(Figure.head());
    figures.forEach(figure -> System.out.println(figure.line()));
    return figures.stream().allMatch(Figure::isMet);
  }

  private String nginxProgram() {
    return settings.getOrDefault("nginx", "nginx");
  }

  // ---------------------------------------------------------------- loads

  /**
   * One window: what the driver saw, and the CPU seconds of the relay, and of the journal's Redis.
   */
  record Window(
      double requests, double events, double p50, double p99, double cpu, double redisCpu) {}

  private Window window(List<Long> pids, int seconds) throws IOException {
    double before = cpu(pids);
    double redisBefore = redisCpu();
    String[] seen = driver.ask("measure " + seconds * 1000).split(" ", -1);
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

  private boolean isShared() {
    return journal().startsWith("redis");
  }

  private String journal() {
    return settings.getOrDefault("journal", "");
  }

  private double redisCpu() throws IOException {
    return isShared() ? RedisInfo.of(journal()).cpuSeconds() : 0;
  }

  private static double cpu(List<Long> pids) throws IOException {
    double sum = 0;
    for (long pid : pids) {
      sum += Child.cpuSeconds(pid);
    }
    return sum;
  }

  private void open(int port, int connections, int events, int rate) throws IOException {
    String opened = driver.ask("open " + port + " " + connections + " " + events + " " + rate);
    if (!opened.equals("open " + connections)) {
      throw new IOException("driver: must open " + connections + " connections, did " + opened);
    }
  }

  /** {@return rounds of windows: direct where asked, nginx, gateway, in turns} */
  private List<List<Window>> turns(
      int connections, int events, int rate, int seconds, int rounds, int warm, boolean direct)
      throws IOException {
    open(gatewayPort, connections, events, rate);
    warm(warm);
    driver.ask("close");
    open(nginx.port(), connections, events, rate);
    window(List.of(), Math.min(warm, 3));
    driver.ask("close");
    var ports = List.of(upstreamPort, nginx.port(), gatewayPort);
    List<List<Long>> pids = List.of(List.of(), nginx.pids(), List.of(gateway.pid()));
    List<List<Window>> all = List.of(new ArrayList<>(), new ArrayList<>(), new ArrayList<>());
    for (int round = 0; round < rounds; round++) {
      for (int i = direct ? 0 : 1; i < 3; i++) {
        open(ports.get(i), connections, events, rate);
        window(List.of(), 1);
        all.get(i).add(window(pids.get(i), seconds));
        driver.ask("close");
      }
    }
    return all;
  }

  /**
   * Lets events pass until the gateway is compiled: it has used that many seconds of CPU time, and
   * an event costs no less than it did five seconds before. By CPU time, because on a busy machine
   * a second of the clock may compile nothing.
   */
  private void warm(int seconds) throws IOException {
    double until = Child.cpuSeconds(gateway.pid()) + seconds;
    double best = Double.MAX_VALUE;
    int noBetter = 0;
    for (int i = 0; i < MOST_WARMING * seconds; i++) {
      var window = window(List.of(gateway.pid()), 1);
      double cost = window.cpu() / Math.max(1, window.events());
      noBetter = cost < BETTER * best ? 0 : noBetter + 1;
      best = Math.min(best, cost);
      if (noBetter >= SETTLED && Child.cpuSeconds(gateway.pid()) >= until) {
        return;
      }
    }
  }

  private static List<Double> each(
      List<Window> windows, java.util.function.ToDoubleFunction<Window> value) {
    return windows.stream().map(window -> value.applyAsDouble(window)).toList();
  }

  private void add(
      String name,
      String unit,
      List<List<Window>> turns,
      java.util.function.ToDoubleFunction<Window> value,
      double goal,
      Figure.Kind kind) {
    figures.add(
        new Figure(
            name,
            unit,
            kind == Figure.Kind.ADDED ? each(turns.get(0), value) : List.of(),
            each(turns.get(1), value),
            each(turns.get(2), value),
            goal,
            kind));
  }

  private void paced(int seconds, int rounds, int warm) throws IOException {
    var turns = turns(PACED_STREAMS, 0, PACED_RATE, seconds, rounds, warm, true);
    add(
        "CPU per paced event",
        "us",
        turns,
        window -> window.cpu() / window.events() * 1e6,
        isShared() ? SHARED_GOAL : settings.containsKey("journal") ? JOURNALED_GOAL : PACED_GOAL,
        Figure.Kind.RATIO);
    if (isShared()) {
      double redis =
          Figure.median(each(turns.get(2), window -> window.redisCpu() / window.events() * 1e6));
      System.out.printf("CPU of Redis per paced event, apart: %.1f us%n", redis);
    }
    add("added latency, p50", "us", turns, Window::p50, 1.3, Figure.Kind.ADDED);
    add("added latency, p99", "us", turns, Window::p99, 1.3, Figure.Kind.ADDED);
  }

  private void requests(int connections, int seconds, int rounds, int warm) throws IOException {
    var turns = turns(connections, SHORT_EVENTS, 0, seconds, rounds, warm, false);
    add(
        "CPU per request of 20 events",
        "us",
        turns,
        window -> window.cpu() / window.requests() * 1e6,
        1.0,
        Figure.Kind.RATIO);
  }

  private void unpaced(int connections, int seconds, int rounds, int warm) throws IOException {
    var turns = turns(connections, LONG_EVENTS, 0, seconds, rounds, warm, false);
    add(
        "CPU per unpaced event",
        "us",
        turns,
        window -> window.cpu() / window.events() * 1e6,
        1.3,
        Figure.Kind.RATIO);
  }

  private void calls() throws IOException, InterruptedException {
    var counts = new ArrayList<Double>();
    for (boolean ours : List.of(false, true)) {
      open(ours ? gatewayPort : nginx.port(), 200, 0, 10);
      window(List.of(), 2);
      counts.add(
          SystemCalls.perEvent(
              ours ? gateway.pid() : nginx.pids().getFirst(), () -> driver.ask("measure 3000")));
      driver.ask("close");
    }
    figures.add(
        new Figure(
            "system calls per event",
            "calls",
            List.of(),
            List.of(counts.get(0)),
            List.of(counts.get(1)),
            3,
            Figure.Kind.ABSOLUTE));
  }

  @Override
  public void close() {
    gateway.close();
    nginx.close();
    driver.close();
    upstream.close();
  }

  /** {@return a folder for files of one run} */
  static Path folder() throws IOException {
    Path folder = java.nio.file.Files.createTempDirectory("holdfast-bench");
    folder.toFile().deleteOnExit();
    return folder;
  }
}
