package dev.holdfast.cli.serve;

import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.scenario.Scenario;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A stream of each protocol, from a server that breaks its answers. Start-up caches are made of the
 * classes and profiles of a process that has served them.
 */
final class Rehearsal implements AutoCloseable {
  /** Members that one protocol requires, others ignore. */
  private static final String BODY =
      """
      {"model":"m","stream":true,"max_tokens":1000,"input":"hi",\
      "messages":[{"role":"user","content":"hi"}],\
      "contents":[{"role":"user","parts":[{"text":"hi"}]}]}\
      """;

  private final FaultServer server =
      FaultServer.builder().scenario(Scenario.demo(1, Duration.ofNanos(1))).start();

  /** {@return the configuration with the upstreams of this server in place of its own} */
  GatewayConfig configured(GatewayConfig config) {
    var upstreams = new ArrayList<UpstreamConfig>();
    for (Protocol protocol : Protocol.spoken()) {
      upstreams.add(UpstreamConfig.parse(protocol.id() + "=" + server.baseUrl(protocol)));
    }
    var listen = config.listen();
    return config
        .withUpstreams(List.copyOf(upstreams))
        .listeningAt(listen.address(), 0, 0)
        .withDrain(Duration.ZERO);
  }

  /** Asks for the streams, one after another. */
  void play(Gateway gateway) {
    for (Protocol protocol : Protocol.spoken()) {
      String root = protocol.root().isEmpty() ? "/" : "/" + protocol.root() + "/";
      ask(gateway, root + protocol.path().replace("{model}", "m"));
    }
  }

  /** As a client of HTTP/1.0 does: the answer ends with the connection. */
  private static void ask(Gateway gateway, String path) {
    byte[] head =
        "POST %s HTTP/1.0\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(path, BODY.length(), BODY)
            .getBytes(StandardCharsets.US_ASCII);
    try (var socket = new Socket(gateway.uri().getHost(), gateway.port())) {
      socket.getOutputStream().write(head);
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void close() {
    server.close();
  }
}
