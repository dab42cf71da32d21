package dev.holdfast.benchmarks;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * How many short streams a second the fault server and aimock serve: each in a process of its own,
 * asked in turns by the same generator over kept connections, ten events of text a stream.
 */
public final class ShortStreams {
  static final String TEXT = "one two six ten one two six ten one two";
  private static final int CONTENT = 10;

  /** The role, the text, the finish reason, and the closing marker. */
  static final int EVENTS = CONTENT + 3;

  private static final int CONNECTIONS = 32;
  private static final int ROUNDS = 5;
  private static final Duration WARM_UP = Duration.ofSeconds(8);
  private static final Duration LENGTH = Duration.ofSeconds(3);
  private static final double GOAL = 2.5;

  private ShortStreams() {}

  /** Without arguments measures; with {@code server} or {@code canned} is a server for it. */
  public static void main(String[] args) throws IOException {
    switch (args.length == 0 ? "" : args[0]) {
      case "server" -> serve();
      case "canned" -> can();
      default -> System.exit(measure() >= GOAL ? 0 : 1);
    }
  }

  private static void serve() throws IOException {
    try (var server = FaultServer.builder().answer(Answer.ofText(TEXT)).start()) {
      System.out.println(server.origin());
      int unused = System.in.read(); // Until the parent process ends.
    }
  }

  /**
   * A server that answers all it reads with the same bytes, without a look at it: what the
   * generator can take at most.
   */
  private static void can() throws IOException {
    byte[] answer = canned();
    try (var listener = new ServerSocket(0, 100, InetAddress.getLoopbackAddress())) {
      System.out.println("http://127.0.0.1:" + listener.getLocalPort());
      while (true) {
        Socket client = listener.accept();
        client.setTcpNoDelay(true);
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try (client) {
                var request = new byte[4096];
                while (client.getInputStream().read(request) > 0) {
                  client.getOutputStream().write(answer);
                }
              } catch (IOException e) {
                // The client is gone.
              }
            });
      }
    }
  }

  private static byte[] canned() {
    var answer =
        new StringBuilder("HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\n")
            .append("transfer-encoding: chunked\r\n\r\n");
    for (int i = 1; i < EVENTS; i++) {
      answer.append("f0\r\ndata: ").append("x".repeat(0xf0 - 8)).append("\n\n\r\n");
    }
    return StreamLoad.ascii(answer.append("e\r\ndata: [DONE]\n\n\r\n0\r\n\r\n").toString());
  }

  private static double measure() throws IOException {
    List<Double> ratios = new ArrayList<>();
    try (var ours = ServerProcess.start("Holdfast", java("server"));
        var theirs = ServerProcess.start("aimock", aimock());
        var ceiling = ServerProcess.start("canned bytes", java("canned"))) {
      load(ours, WARM_UP);
      load(theirs, WARM_UP);
      load(ceiling, Duration.ofSeconds(1));
      double unused = shown(ceiling);
      for (int round = 0; round < ROUNDS; round++) {
        // The other one first every other time: the machine has moods.
        double first = shown(round % 2 == 0 ? ours : theirs);
        double second = shown(round % 2 == 0 ? theirs : ours);
        ratios.add(round % 2 == 0 ? first / second : second / first);
      }
    }
    ratios.sort(null);
    System.out.printf(
        Locale.ROOT,
        "Holdfast to aimock, %d pairs: median %.2f, %.2f to %.2f; goal %.1f%n",
        ROUNDS,
        ratios.get(ROUNDS / 2),
        ratios.getFirst(),
        ratios.getLast(),
        GOAL);
    return ratios.get(ROUNDS / 2);
  }

  private static double shown(ServerProcess peer) throws IOException {
    double before = peer.cpuSeconds();
    StreamLoad.Run run = load(peer, LENGTH);
    show(peer, run, peer.cpuSeconds() - before);
    return run.perSecond();
  }

  private static void show(ServerProcess peer, StreamLoad.Run run, double serverCpu) {
    System.out.printf(
        Locale.ROOT,
        "%-12s  %,8.0f streams/s  %5.0f MB/s  generator %3.0f %% of a core  server %3.0f %%"
            + "  %,8.0f streams per CPU second%n",
        peer.name(),
        run.perSecond(),
        run.bytes() / run.seconds() / 1e6,
        100 * run.cpuSeconds() / run.seconds(),
        100 * serverCpu / run.seconds(),
        serverCpu == 0 ? 0 : run.streams() / serverCpu);
  }

  private static StreamLoad.Run load(ServerProcess peer, Duration length) throws IOException {
    return new StreamLoad(peer.address(), request(), EVENTS).run(CONNECTIONS, length);
  }

  static byte[] request() {
    String body =
        """
        {"model":"gpt-4.1","stream":true,"messages":[{"role":"user","content":"Count."}]}\
        """;
    return StreamLoad.ascii(
        """
        POST /v1/chat/completions HTTP/1.1\r
        host: 127.0.0.1\r
        content-type: application/json\r
        authorization: Bearer none\r
        content-length: %d\r
        \r
        %s\
        """
            .formatted(body.length(), body));
  }

  private static List<String> java(String role) {
    return ServerProcess.java(ShortStreams.class, List.of(), role);
  }

  private static List<String> aimock() {
    for (Path home : Arrays.asList(Path.of("aimock"), Path.of("benchmarks", "aimock"))) {
      if (Files.isDirectory(home.resolve("node_modules"))) {
        return List.of("node", home.resolve("server.mjs").toString(), TEXT);
      }
    }
    throw new IllegalStateException("aimock: must be installed, by npm ci in benchmarks/aimock");
  }
}
