package dev.holdfast.cli.judge;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.gateway.Gateway;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.judge.JudgedRoute;
import java.net.URI;
import java.time.Duration;
import java.util.List;

/**
 * A gateway between a client and the fault server, for each case anew.
 *
 * @param protocol what the client speaks
 * @param patience after how much silence the gateway gives an attempt up
 */
record GatewayRoute(Protocol protocol, Duration patience) implements JudgedRoute {
  /** As long as the clients of the trial are patient; signs of life keep them waiting. */
  static final Duration PATIENCE = Duration.ofSeconds(3);

  @Override
  public Way to(URI server) {
    var clocks =
        StreamPolicy.DEFAULT
            .timeouts()
            .withFirstToken(patience)
            .withIdle(patience)
            .withProgress(patience);
    var gateway =
        Gateway.builder(
                GatewayConfig.DEFAULT
                    .withUpstreams(List.of(UpstreamConfig.parse(protocol.id() + "=" + server)))
                    .withPolicy(StreamPolicy.DEFAULT.withTimeouts(clocks))
                    .withSignsOfLife(Duration.ofSeconds(2), Duration.ofSeconds(1))
                    .withDrain(Duration.ZERO))
            .threads(1)
            .start();
    String path = server.getPath() == null ? "" : server.getPath();
    return new Open(gateway, URI.create(gateway.uri() + path));
  }

  /** A gateway in front of one server. */
  private record Open(Gateway gateway, URI baseUrl) implements Way {
    @Override
    public void close() {
      gateway.close();
    }
  }
}
