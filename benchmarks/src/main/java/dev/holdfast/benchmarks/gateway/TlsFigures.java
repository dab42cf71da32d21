package dev.holdfast.benchmarks.gateway;

import dev.holdfast.benchmarks.gateway.Turns.Load;
import dev.holdfast.benchmarks.gateway.Turns.Relay;
import dev.holdfast.benchmarks.gateway.Turns.Window;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * The gateway beside nginx where one side speaks TLS: clients over HTTP/2, an upstream over
 * HTTP/1.1, and an upstream over HTTP/2. nginx asks upstreams in HTTP/1.1 alone: the last is held
 * against that. There are no goals.
 */
final class TlsFigures {
  private final Turns turns;
  private final String nginxProgram;
  private final int upstreamPort;
  private final int loops;
  private final List<String> options;
  private final List<Figure> figures = new ArrayList<>();

  /** A load, and what is measured of it. */
  private record Measured(String name, Load load, ToDoubleFunction<Window> value) {}

  private final List<Measured> loads;

  TlsFigures(
      Turns turns,
      String nginxProgram,
      int upstreamPort,
      int loops,
      List<String> options,
      Load paced,
      Load requests) {
    this.turns = turns;
    this.nginxProgram = nginxProgram;
    this.upstreamPort = upstreamPort;
    this.loops = loops;
    this.options = options;
    loads =
        List.of(
            new Measured("CPU per request of 20 events", requests, Turns::microsPerRequest),
            new Measured("CPU per paced event", paced, Turns::microsPerEvent));
  }

  List<Figure> measure() throws IOException, InterruptedException {
    Path folder = Files.createTempDirectory("holdfast-tls");
    try {
      BenchCertificate.create(folder);
      measure(folder);
    } finally {
      Folders.delete(folder);
    }
    return figures;
  }

  private void measure(Path folder) throws IOException {
    var small = List.of("-XX:+UseSerialGC", "-Xmx512m", "--enable-native-access=ALL-UNNAMED");
    String classes = System.getProperty("java.class.path");
    var server = Child.java(classes, EventServer.class, small, folder.toString());
    try (var secure = Child.start("upstream over TLS", server)) {
      int securePort = Integer.parseInt(secure.line());
      try (var nginx = PlainNginx.start(nginxProgram, upstreamPort, loops, folder, securePort)) {
        String way = LoadDriver.HTTP_2 + folder;
        beside(
            "clients over HTTP/2",
            Relay.of(nginx, nginx.http2Port(), way),
            "http://127.0.0.1:" + upstreamPort,
            List.of(GatewayProcess.TLS + folder),
            folder,
            way);
        var theirs = Relay.of(nginx, nginx.secureUpstreamPort(), "");
        String upstream = "https://localhost:" + securePort;
        var off = List.of(GatewayProcess.NO_HTTP_2);
        beside("upstream over TLS", theirs, upstream, off, folder, "");
        beside("upstream over HTTP/2", theirs, upstream, List.of(), folder, "");
      }
    }
  }

  private void beside(
      String name, Relay nginx, String upstream, List<String> more, Path folder, String way)
      throws IOException {
    var trusting = new ArrayList<>(options);
    trusting.addAll(BenchCertificate.trusting(folder));
    try (var gateway = GatewayProcess.start(trusting, upstream + "/v1", loops, more)) {
      var ours = Relay.of(gateway, Integer.parseInt(gateway.line()), way);
      for (var measured : loads) {
        var windows = turns.run(List.of(nginx, ours), measured.load());
        figures.add(
            new Figure(
                name + ": " + measured.name(),
                "us",
                List.of(),
                Turns.each(windows.get(0), measured.value()),
                Turns.each(windows.get(1), measured.value()),
                Double.POSITIVE_INFINITY,
                Figure.Kind.RATIO));
      }
    }
  }
}
