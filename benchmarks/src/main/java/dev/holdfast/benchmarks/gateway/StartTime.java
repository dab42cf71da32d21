package dev.holdfast.benchmarks.gateway;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** From the start of a relay's process to the first byte of a stream through it. */
final class StartTime {
  private static final int STARTS = 7;
  private static final int FIRST_JDK_WITH_CACHE = 25;

  private StartTime() {}

  static Figure measure(String nginxProgram, int upstreamPort, List<String> options)
      throws IOException {
    var theirs = new ArrayList<Double>();
    var ours = new ArrayList<Double>();
    Path folder = GatewayBenchmark.folder();
    String classes = ClassPathJars.in(folder);
    var fast = new ArrayList<>(options);
    fast.add("-Xlog:disable");
    fast.add("-Djava.library.path=" + ClassPathJars.natives(folder));
    if (Runtime.version().feature() >= FIRST_JDK_WITH_CACHE) {
      Path cache = folder.resolve("start.aot");
      var training = new ArrayList<>(fast);
      training.add("-XX:AOTCacheOutput=" + cache);
      gateway(classes, training, upstreamPort);
      if (Files.exists(cache)) {
        fast.add("-XX:AOTCache=" + cache);
      }
    }
    for (int i = 0; i < STARTS; i++) {
      long start = System.nanoTime();
      try (var nginx = PlainNginx.start(nginxProgram, upstreamPort, 1)) {
        theirs.add(firstByte(nginx.port(), start));
      }
      ours.add(gateway(classes, fast, upstreamPort));
    }
    return new Figure(
        "start to first byte", "ms", List.of(), theirs, ours, 250, Figure.Kind.ABSOLUTE);
  }

  private static double gateway(String classes, List<String> options, int upstreamPort)
      throws IOException {
    long start = System.nanoTime();
    try (var gateway =
        Child.start(
            "gateway",
            Child.java(
                classes,
                GatewayProcess.class,
                options,
                "http://127.0.0.1:" + upstreamPort + "/v1",
                "1"))) {
      double millis = firstByte(Integer.parseInt(gateway.line()), start);
      // On a busy machine compare the processor's time.
      System.out.printf(
          "start: %.0f ms, of CPU %.0f ms%n", millis, 1e3 * Child.cpuSeconds(gateway.pid()));
      return millis;
    }
  }

  private static double firstByte(int port, long start) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      String body = "{\"model\":\"gpt-4.1-mini\",\"stream\":true,\"messages\":[]}";
      socket
          .getOutputStream()
          .write(
              ("POST /v1/chat/completions HTTP/1.1\r\nHost: 127.0.0.1:"
                      + port
                      + "\r\nx-bench: 20 0\r\nContent-Type: application/json\r\nContent-Length: "
                      + body.length()
                      + "\r\n\r\n"
                      + body)
                  .getBytes(StandardCharsets.US_ASCII));
      var seen = new StringBuilder();
      while (seen.indexOf("data:") < 0) {
        int b = socket.getInputStream().read();
        if (b < 0) {
          throw new IOException("relay: must stream, ended after " + seen);
        }
        seen.append((char) b);
      }
      return (System.nanoTime() - start) / 1e6;
    }
  }
}
