package dev.holdfast.benchmarks.gateway;

import dev.holdfast.benchmarks.gateway.Turns.Load;
import dev.holdfast.benchmarks.gateway.Turns.Relay;
import dev.holdfast.benchmarks.gateway.Turns.Window;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.Stream;

/**
 * Measures the gateway, with recovery on, beside nginx as a plain relay: same upstream, same
 * driver, same number of loops and workers, in turns. Exit code 1 if a goal is missed.
 *
 * <p>Arguments, all optional, as {@code name=number}: {@code seconds} of a window, {@code rounds},
 * {@code warm} CPU seconds of the gateway before the first window of a load, {@code loops}, {@code
 * streams} (idle ones, for memory); and {@code
 * only=paced,short,unpaced,idle,calls,start,tls,portkey}, {@code nginx=PROGRAM}, {@code
 * portkey=FOLDER} with its packages, {@code gateway-options=OPTIONS OF JAVA, separated by
 * semicolons}, {@code journal=DIRECTORY|REDIS}. With a journal the gateway keeps the streams of the
 * loads, in a Redis that runs where it is an address as {@code redis://127.0.0.1:6379}.
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

  private static final Load PACED = new Load(PACED_STREAMS, 0, PACED_RATE);
  private static final Load REQUESTS = new Load(CONNECTIONS, SHORT_EVENTS, 0);
  private static final Load UNPACED = new Load(CONNECTIONS, LONG_EVENTS, 0);

  private static final int COMPACT_HEADERS = 25;

  /** As {@code holdfast serve} runs: the script of that name. */
  static final List<String> OPTIONS =
      Stream.concat(
              Stream.of("-XX:+UseSerialGC", "--enable-native-access=ALL-UNNAMED"),
              Runtime.version().feature() >= COMPACT_HEADERS
                  ? Stream.of(
                      "-XX:+UseCompactObjectHeaders",
                      "-XX:+UseStringDeduplication",
                      "--sun-misc-unsafe-memory-access=allow")
                  : Stream.of())
          .toList();

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
  private final Turns turns;
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
    turns =
        new Turns(
            driver,
            isShared() ? journal() : "",
            number("seconds", 8),
            number("rounds", 5),
            number("warm", 20));
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

  /** {@return whether a part that takes its time was asked for} */
  private boolean isNamed(String part) {
    return settings.containsKey("only") && wants(part);
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
    System.out.printf(
        "JDK %s, %d cores, %d loops and workers, windows of %d s, %d rounds, warmed %d CPU s a load%n",
        Runtime.version(),
        Runtime.getRuntime().availableProcessors(),
        number("loops", 1),
        number("seconds", 8),
        number("rounds", 5),
        number("warm", 20));
    if (wants("short")) {
      cpu("CPU per request of 20 events", REQUESTS, Turns::microsPerRequest, 1.0);
    }
    if (wants("unpaced")) {
      cpu("CPU per unpaced event", UNPACED, Turns::microsPerEvent, 1.3);
    }
    if (wants("paced")) {
      paced();
    }
    if (isNamed("portkey")) {
      portkey();
    }
    if (isNamed("tls")) {
      figures.addAll(
          new TlsFigures(
                  turns,
                  nginxProgram(),
                  upstreamPort,
                  number("loops", 1),
                  options(settings, OPTIONS),
                  PACED,
                  REQUESTS)
              .measure());
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

  private boolean isShared() {
    return journal().startsWith("redis");
  }

  private String journal() {
    return settings.getOrDefault("journal", "");
  }

  private Relay ours() {
    return Relay.of(gateway, gatewayPort, "");
  }

  private Relay theirs() {
    return Relay.of(nginx, nginx.port(), "");
  }

  private void cpu(String name, Load load, ToDoubleFunction<Window> value, double goal)
      throws IOException {
    var windows = turns.run(List.of(theirs(), ours()), load);
    figures.add(
        new Figure(
            name,
            "us",
            List.of(),
            Turns.each(windows.get(0), value),
            Turns.each(windows.get(1), value),
            goal,
            Figure.Kind.RATIO));
  }

  private void paced() throws IOException {
    var windows = turns.run(List.of(Relay.direct(upstreamPort), theirs(), ours()), PACED);
    figures.add(
        new Figure(
            "CPU per paced event",
            "us",
            List.of(),
            Turns.each(windows.get(1), Turns::microsPerEvent),
            Turns.each(windows.get(2), Turns::microsPerEvent),
            isShared()
                ? SHARED_GOAL
                : settings.containsKey("journal") ? JOURNALED_GOAL : PACED_GOAL,
            Figure.Kind.RATIO));
    if (isShared()) {
      double redis =
          Figure.median(
              Turns.each(windows.get(2), window -> window.redisCpu() / window.events() * 1e6));
      System.out.printf("CPU of Redis per paced event, apart: %.1f us%n", redis);
    }
    added("added latency, p50", windows, Window::p50);
    added("added latency, p99", windows, Window::p99);
  }

  private void added(String name, List<List<Window>> windows, ToDoubleFunction<Window> value) {
    figures.add(
        new Figure(
            name,
            "us",
            Turns.each(windows.get(0), value),
            Turns.each(windows.get(1), value),
            Turns.each(windows.get(2), value),
            1.3,
            Figure.Kind.ADDED));
  }

  private void portkey() throws IOException {
    Path folder = Path.of(settings.getOrDefault("portkey", "portkey")); // Maven runs it beside it.
    if (!Portkey.isInstalled(folder)) {
      return;
    }
    var portkey = new Portkey(folder, turns, ours(), upstreamPort);
    figures.add(
        portkey.measure("CPU per request of 20 events", REQUESTS, Turns::microsPerRequest, 20));
    figures.add(portkey.measure("CPU per paced event", PACED, Turns::microsPerEvent, 3));
  }

  private void calls() throws IOException, InterruptedException {
    var counts = new ArrayList<Double>();
    for (boolean ours : List.of(false, true)) {
      turns.open(ours ? ours() : theirs(), new Load(200, 0, 10));
      turns.window(List.of(), 2);
      counts.add(
          SystemCalls.perEvent(
              ours ? gateway.pid() : nginx.pids().getFirst(), () -> driver.ask("measure 3000")));
      turns.close();
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
