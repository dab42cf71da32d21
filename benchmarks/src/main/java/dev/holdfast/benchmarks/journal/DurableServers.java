package dev.holdfast.benchmarks.journal;

import dev.holdfast.benchmarks.gateway.Child;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.durable.DurableSettings;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * Measures the time from an append to its reader over HTTP. The gateway's Durable Streams and the
 * protocol's reference server take turns, with the same client: {@link DurableLoad}. Both keep
 * their streams in files.
 *
 * <p>Arguments: a directory on the disk to measure, the directory of the reference server with its
 * packages installed, and optionally the seconds of a window.
 */
public final class DurableServers {
  private static final int[] RATES = {100, 2_500};
  private static final int ROUNDS = 3;
  private static final int WARM_SECONDS = 5;

  private DurableServers() {}

  /** Measures, or serves where the first argument is {@code serve}. */
  public static void main(String[] args) throws IOException, InterruptedException {
    if (args[0].equals("serve")) {
      serve(Path.of(args[1]));
      return;
    }
    var top = JournalBenchmark.fresh(Path.of(args[0]));
    int seconds = args.length > 2 ? Integer.parseInt(args[2]) : 8;
    Files.createDirectories(top);
    var peer = Path.of(args[1]).toAbsolutePath();
    String classes = System.getProperty("java.class.path");
    var ours =
        Child.java(
            classes,
            DurableServers.class,
            List.of("-XX:+UseSerialGC", "-Xmx512m", "--enable-native-access=ALL-UNNAMED"),
            "serve",
            top.resolve("gateway").toString());
    var theirs = List.of("node", peer.resolve("server.mjs").toString(), top + "/reference");
    try (var gateway = Child.start("gateway", ours);
        var reference = Child.start("reference server", theirs)) {
      var loads =
          List.of(
              new DurableLoad("Holdfast", URI.create(gateway.line())),
              new DurableLoad("reference server", URI.create(reference.line())));
      for (var load : loads) {
        load.run(RATES[0], WARM_SECONDS);
        load.run(RATES[1], WARM_SECONDS);
      }
      for (int rate : RATES) {
        for (int round = 0; round < ROUNDS; round++) {
          for (var load : loads) {
            System.out.println(load.run(rate, seconds));
          }
        }
      }
    }
    JournalBenchmark.fresh(top);
  }

  private static void serve(Path directory) throws IOException {
    var config =
        GatewayConfig.DEFAULT
            .listeningAt(GatewayConfig.DEFAULT.listen().address(), 0, 0)
            .withJournal(JournalConfig.at(directory))
            .withDrain(Duration.ZERO);
    try (var gateway =
        Gateway.builder(config).durableStreams(DurableSettings.DEFAULT).threads(1).start()) {
      System.out.println(gateway.uri());
      var in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
      while (in.readLine() != null) {
        // It serves until its input ends.
      }
    }
  }
}
