package dev.holdfast.gateway;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** A gateway in a process of its own: port, directory or Redis of the journal, upstreams. */
final class JournalKillChild {
  /** Short, so that a kill does not cost the test five seconds. */
  static final Duration LEASE = Duration.ofSeconds(1);

  private static final int MOST_TRIES = 10;

  private JournalKillChild() {}

  /** One that runs, and its port. */
  record Running(Process process, int port) {}

  /**
   * {@return a gateway in a process of its own, once it listens} One that cannot begin is started
   * again, as a supervisor does: on a busy machine Redis may not answer in time.
   *
   * @param port 0 for any
   * @param place of its journal
   */
  static Running start(int port, String place, FaultServer upstream, List<Protocol> protocols)
      throws IOException {
    var command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:TieredStopAtLevel=1",
                "-XX:+UseSerialGC",
                "-Xshare:auto",
                "-Xmx256m",
                "-cp",
                System.getProperty("java.class.path"),
                JournalKillChild.class.getName(),
                Integer.toString(port),
                place));
    for (Protocol protocol : protocols) {
      command.add(Rig.configured(protocol) + "=" + upstream.baseUrl(protocol));
    }
    for (int tries = 1; tries <= MOST_TRIES; tries++) {
      var started =
          new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.DISCARD).start();
      var out =
          new BufferedReader(
              new InputStreamReader(started.getInputStream(), StandardCharsets.US_ASCII));
      String line = out.readLine();
      if (line != null) {
        return new Running(started, Integer.parseInt(line));
      }
    }
    throw new AssertionError("gateway: must begin within %d tries, did not".formatted(MOST_TRIES));
  }

  @SuppressWarnings("SystemOut") // Its parent reads the port there.
  public static void main(String[] arguments) throws Exception {
    var listen = GatewayConfig.DEFAULT.listen();
    var upstreams = List.of(arguments).subList(2, arguments.length);
    var config =
        GatewayConfig.DEFAULT
            .listeningAt(listen.address(), Integer.parseInt(arguments[0]), 0)
            .withUpstreams(upstreams.stream().map(UpstreamConfig::parse).toList())
            .withDrain(Duration.ZERO)
            .withJournal(journal(arguments[1]));
    var gateway = Gateway.builder(config).threads(2).start();
    // By SIGTERM it hands its streams over, as the command does.
    Runtime.getRuntime().addShutdownHook(new Thread(gateway::drain));
    System.out.println(gateway.port());
    System.out.flush();
    while (System.in.read() >= 0) {
      // Until the parent has ended.
    }
    System.exit(0);
  }

  private static JournalConfig journal(String place) {
    return switch (JournalPlace.of(place)) {
      case JournalPlace.Directory directory -> JournalConfig.at(directory.path());
      case JournalPlace.Redis redis ->
          JournalConfig.at(new JournalPlace.Redis(redis.address(), redis.prefix(), LEASE));
    };
  }
}
