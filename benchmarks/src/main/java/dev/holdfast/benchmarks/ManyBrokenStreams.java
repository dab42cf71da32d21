package dev.holdfast.benchmarks;

import dev.holdfast.benchmarks.corpus.Holdings;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.JdkTransport;
import dev.holdfast.client.Outcome;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.netty.NettyTransport;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Thousands of streams at one moment, each of which breaks in its own way: Holdfast's client in one
 * process, its fault server in another. Every stream must end with the right verdict, cause and
 * text.
 *
 * <p>Every answer stops for a while, so that all streams are under way before the first one breaks;
 * the server counts how many of them it was answering at one moment. Each stream has a {@code
 * Holdfast} of its own over one transport: a retry budget that thousands of broken streams share
 * would, rightly, be empty at once.
 */
public final class ManyBrokenStreams {
  private static final int STREAMS = 9000;
  private static final Duration HOLD = Duration.ofSeconds(25);
  private static final String JDK = "jdk";

  /** Each of the two processes. */
  private static final List<String> JAVA = List.of("-Xmx1536m");

  private ManyBrokenStreams() {}

  /**
   * Measures with as many streams, as many milliseconds of that stop, and the transport ({@code
   * jdk} or {@code netty}) that the arguments set; the other roles are those of its processes. Exit
   * code 1 if a stream went wrong or they were not all under way at once.
   */
  public static void main(String[] args) throws IOException, InterruptedException {
    String role = args.length == 0 ? "" : args[0];
    switch (role) {
      case "server" -> serve(millis(args[1]));
      case "client" -> System.exit(ask(args[1], Integer.parseInt(args[2]), args[3]));
      default -> {
        int streams = args.length > 0 ? Integer.parseInt(args[0]) : STREAMS;
        Duration hold = args.length > 1 ? millis(args[1]) : HOLD;
        Seen seen = run(streams, hold, args.length > 2 ? args[2] : JDK);
        System.exit(seen.right() && seen.peak() == streams ? 0 : 1);
      }
    }
  }

  private static Duration millis(String text) {
    return Duration.ofMillis(Integer.parseInt(text));
  }

  /**
   * How it went.
   *
   * @param right whether every stream ended as it must
   * @param peak how many streams the server was answering at one moment
   */
  record Seen(boolean right, int peak) {}

  static Seen run(int streams, Duration hold, String transport)
      throws IOException, InterruptedException {
    String millis = "" + hold.toMillis();
    try (var server =
        ServerProcess.start(
            "server", ServerProcess.java(ManyBrokenStreams.class, JAVA, "server", millis))) {
      var client =
          new ProcessBuilder(
                  ServerProcess.java(
                      ManyBrokenStreams.class,
                      JAVA,
                      "client",
                      server.url().toString(),
                      "" + streams,
                      transport))
              .inheritIO()
              .start();
      int code = client.waitFor();
      String counted = server.ask("report");
      System.out.println("server: " + counted);
      return new Seen(code == 0, Integer.parseInt(counted.split(" ", 3)[1]));
    }
  }

  private static void serve(Duration hold) throws IOException {
    Script script = (stream, attempt) -> stream(stream).faults(attempt, hold);
    var peak = new AtomicInteger();
    try (var server = FaultServer.builder().answer(BrokenStream.ANSWER).script(script).start();
        var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
      var holdings =
          Holdings.watch(() -> peak.accumulateAndGet(server.streamsUnderWay(), Math::max));
      System.out.println(server.origin());
      while (in.readLine() != null) {
        System.out.printf(
            Locale.ROOT,
            "peak %d streams being answered at one moment, %d connections in all, %s%n",
            peak.get(),
            server.connections(),
            holdings);
      }
    }
  }

  private static BrokenStream stream(String number) {
    return BrokenStream.of(Integer.parseInt(number));
  }

  /** {@return the exit code} */
  private static int ask(String origin, int streams, String named) throws InterruptedException {
    var wrong = new ConcurrentLinkedQueue<String>();
    var right = new AtomicInteger();
    var recovered = new AtomicInteger();
    var whole = new AtomicInteger();
    var alive = new AtomicInteger();
    var peak = new AtomicInteger();
    var threads = new ArrayList<Thread>();
    long begin = System.nanoTime();
    var holdings = Holdings.watch(() -> peak.accumulateAndGet(alive.get(), Math::max));
    try (Transport transport = named.equals(JDK) ? new JdkTransport() : new NettyTransport()) {
      for (int i = 0; i < streams; i++) {
        BrokenStream one = BrokenStream.of(i);
        threads.add(
            Thread.ofVirtual()
                .start(() -> {
                  alive.incrementAndGet();
                  try {
                    Outcome outcome = outcome(one, origin, transport);
                    String complaint = one.complaint(outcome);
                    if (complaint.isEmpty()) {
                      right.incrementAndGet();
                    } else {
                      wrong.add(complaint);
                    }
                    whole.addAndGet(outcome.isComplete() ? 1 : 0);
                    recovered.addAndGet(
                        outcome.isComplete() && outcome.attempts().size() > 1 ? 1 : 0);
                  } catch (RuntimeException e) {
                    wrong.add(one.number() + ": " + e);
                  } finally {
                    alive.decrementAndGet();
                  }
                }));
      }
      for (Thread thread : threads) {
        thread.join();
      }
    }
    double seconds = (System.nanoTime() - begin) / 1e9;
    System.out.printf(
        Locale.ROOT,
        "client: %d streams of %d kinds in %.1f s, peak %d at one moment; %d whole at once, %d"
            + " recovered, %d reported with their prefix; wrong %d; %s%n",
        streams,
        BrokenStream.kindsOfStreams(),
        seconds,
        peak.get(),
        whole.get() - recovered.get(),
        recovered.get(),
        right.get() - whole.get(),
        streams - right.get(),
        holdings);
    wrong.stream().limit(20).forEach(System.out::println);
    return right.get() == streams ? 0 : 1;
  }

  private static Outcome outcome(BrokenStream one, String origin, Transport transport) {
    try (var holdfast =
            Holdfast.builder()
                .upstream(one.upstream(origin))
                .transport(transport)
                .policy(one.policy())
                .build();
        var stream = holdfast.stream(one.request())) {
      return stream.outcome();
    }
  }
}
