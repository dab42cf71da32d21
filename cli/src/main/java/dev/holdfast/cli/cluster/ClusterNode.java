package dev.holdfast.cli.cluster;

import dev.holdfast.cli.playground.StreamLines;
import dev.holdfast.cli.terminal.JsonLine;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.config.UpstreamConfig;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/**
 * A gateway of the demo in a process of its own, which may be killed. It writes what its streams do
 * to stdout, and ends with its parent: at the end of stdin.
 */
public final class ClusterNode {
  private ClusterNode() {}

  /** {@return what {@link #main} is called with} */
  static List<String> arguments(String upstream, String redis, Duration lease) {
    return List.of(upstream, redis, Long.toString(lease.toMillis()));
  }

  /** Runs a gateway. Arguments: PROTOCOL=BASE_URL, the address of Redis, the lease in ms. */
  public static void main(String[] arguments) throws IOException {
    var terminal = Terminal.ofProcess();
    var redis = JournalPlace.Redis.at(arguments[1]);
    var lease = Duration.ofMillis(Long.parseLong(arguments[2]));
    var config =
        GatewayConfig.DEFAULT
            .withUpstreams(
                List.of(UpstreamConfig.parse(arguments[0]).withCredential(Credential.NONE)))
            .withDrain(Duration.ZERO)
            .withJournal(
                JournalConfig.at(new JournalPlace.Redis(redis.address(), redis.prefix(), lease)));
    var lines = new StreamLines(terminal::line);
    var gateway = Gateway.builder(config).threads(1).observer(lines).start();
    terminal.line(JsonLine.of("up").with("port", gateway.port()));
    while (terminal.in().read() >= 0) {
      // Nothing is expected.
    }
    endRedis(URI.create(arguments[1]).getPort());
    Runtime.getRuntime().halt(0);
  }

  /** The parent was killed, and could not end it. */
  private static void endRedis(int port) {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      socket.getOutputStream().write("SHUTDOWN NOSAVE\r\n".getBytes(StandardCharsets.US_ASCII));
      int unused = socket.getInputStream().read();
    } catch (IOException e) {
      // Another node was faster.
    }
  }
}
