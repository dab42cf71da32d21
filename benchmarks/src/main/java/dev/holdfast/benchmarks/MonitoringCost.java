package dev.holdfast.benchmarks;

import com.sun.management.OperatingSystemMXBean;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.dialect.ChatRequest;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.testkit.Answer;
import dev.holdfast.testkit.Continuation;
import dev.holdfast.testkit.FaultServer;
import dev.holdfast.testkit.Scenario;
import dev.holdfast.testkit.Script;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * What watching costs a client: CPU time of the whole process per content event, over sockets of
 * this machine, with and without a monitor in turns. The server runs in a process of its own and
 * writes an event a millisecond on each of its streams, ten times a fast model's pace.
 */
public final class MonitoringCost {
  private static final int EVENTS = 2000;
  private static final int STREAMS = 40;
  private static final int WARM_UP = 2;
  private static final int ROUNDS = 7;
  private static final double GOAL = 0.03;

  private MonitoringCost() {}

  /** Without arguments measures; with {@code server} is the server of a measurement. */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args.length > 0 && args[0].equals("server")) {
      serve();
      return;
    }
    var server =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-cp",
                System.getProperty("java.class.path"),
                MonitoringCost.class.getName(),
                "server")
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    try (var told =
        new BufferedReader(
            new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8))) {
      String url = Objects.requireNonNull(told.readLine(), "server: must tell its address");
      System.exit(measure(url) <= GOAL ? 0 : 1);
    } finally {
      server.destroy();
    }
  }

  private static void serve() throws IOException {
    var answer = Answer.ofText("word ".repeat(EVENTS).strip());
    var paced =
        new Scenario(
            answer, new Continuation.Exact(), 0, Script.healthy().paced(Duration.ofMillis(1)));
    try (var server = FaultServer.builder().scenario(paced).start()) {
      System.out.println(server.baseUrl());
      int unused = System.in.read(); // Until whoever started it goes.
    }
  }

  /** {@return the monitor's own time as a fraction of the client's} */
  private static double measure(String url) throws InterruptedException {
    double call = perCall();
    var bare = new double[ROUNDS];
    var watched = new double[ROUNDS];
    var monitor = new StreamMonitor();
    try (var plain = client(url, null);
        var observed = client(url, monitor)) {
      for (int i = -WARM_UP; i < ROUNDS; i++) {
        // In turns, and the other one first every other time: the machine has moods.
        boolean plainFirst = i % 2 == 0;
        double first = round(plainFirst ? plain : observed);
        double second = round(plainFirst ? observed : plain);
        if (i >= 0) {
          bare[i] = plainFirst ? first : second;
          watched[i] = plainFirst ? second : first;
        }
      }
    }
    double without = median(bare);
    double with = median(watched);
    double difference = with / without - 1;
    System.out.printf(
        Locale.ROOT,
        "per content event: client %.0f ns of CPU, monitored %.0f ns, difference %+.1f %%;"
            + " the monitor alone %.0f ns = %.1f %%; goal %.0f %%%n",
        without,
        with,
        100 * difference,
        call,
        100 * call / without,
        100 * GOAL);
    return call / without; // The difference of two noisy numbers is shown, not judged.
  }

  private static Holdfast client(String url, @Nullable StreamMonitor to) {
    var builder = Holdfast.builder().upstream(Upstream.of("openai-chat", url, null));
    return to == null ? builder.build() : builder.observer(to).build();
  }

  /** {@return nanoseconds of the process's CPU time per content event} */
  private static double round(Holdfast client) throws InterruptedException {
    var process = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    long before = process.getProcessCpuTime();
    var readers = new ArrayList<Thread>();
    for (int i = 0; i < STREAMS; i++) {
      var request = ChatRequest.to("gpt-4.1").user("Go " + i).build();
      readers.add(
          Thread.ofVirtual()
              .start(() -> {
                try (var stream = client.stream(request)) {
                  String unused = stream.text();
                }
              }));
    }
    for (Thread reader : readers) {
      reader.join();
    }
    long events = (long) STREAMS * EVENTS;
    return (double) (process.getProcessCpuTime() - before) / events;
  }

  /** {@return nanoseconds of CPU that a monitor's two calls per event take} */
  private static double perCall() {
    var monitor = new StreamMonitor();
    var start = new StreamObserver.Start("u", "localhost", 80, "openai-chat", "m");
    var threads = ManagementFactory.getThreadMXBean();
    var nanos = new double[20];
    for (int round = 0; round < nanos.length; round++) {
      var watch = Objects.requireNonNull(monitor.begun(start, 0));
      int calls = 200_000;
      long before = threads.getCurrentThreadCpuTime();
      for (int i = 0; i < calls; i++) {
        watch.received(1, 200, 1, i * 20_000L);
        watch.delivered(5, i * 20_000L);
      }
      nanos[round] = (double) (threads.getCurrentThreadCpuTime() - before) / calls;
    }
    return median(Arrays.copyOfRange(nanos, 10, 20));
  }

  private static double median(double[] numbers) {
    var sorted = numbers.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length / 2];
  }
}
