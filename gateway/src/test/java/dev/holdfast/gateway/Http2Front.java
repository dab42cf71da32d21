package dev.holdfast.gateway;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.ListenConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.UnaryOperator;

/** A gateway that clients may speak HTTP/2 with. */
final class Http2Front implements AutoCloseable {
  static final TestCertificate CERTIFICATE = TestCertificate.create();

  final Gateway gateway;
  final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();

  private Http2Front(Path folder, String upstream, UnaryOperator<GatewayConfig> change)
      throws IOException {
    Leaks.watch();
    CERTIFICATE.write(folder);
    var tls =
        new ListenConfig.Tls(folder.resolve("server.crt"), folder.resolve("server.key"), true);
    var config =
        GatewayConfig.DEFAULT
            .withListen(ListenConfig.DEFAULT.withTls(tls))
            .withUpstreams(List.of(UpstreamConfig.parse(upstream)))
            .withDrain(Duration.ZERO);
    gateway = Gateway.builder(change.apply(config)).accessLog(log::add).start();
  }

  static Http2Front before(
      Path folder, FaultServer upstream, Protocol protocol, UnaryOperator<GatewayConfig> change)
      throws IOException {
    String address = Rig.configured(protocol) + "=" + upstream.baseUrl(protocol);
    return new Http2Front(folder, address, change);
  }

  static Http2Front before(Path folder, FaultServer upstream, Protocol protocol)
      throws IOException {
    return before(folder, upstream, protocol, config -> config);
  }

  static Http2Front before(
      Path folder, ScriptedUpstream upstream, UnaryOperator<GatewayConfig> change)
      throws IOException {
    return new Http2Front(
        folder, "openai-chat=http://127.0.0.1:" + upstream.port() + "/v1", change);
  }

  /** {@return one before any server of loopback} */
  static Http2Front before(Path folder, int upstream) throws IOException {
    return new Http2Front(
        folder, "openai-chat=http://127.0.0.1:" + upstream + "/v1", config -> config);
  }

  static Http2Front before(Path folder, ScriptedUpstream upstream) throws IOException {
    return before(folder, upstream, config -> config);
  }

  Http2RawClient client() throws IOException {
    return new Http2RawClient(CERTIFICATE, gateway.port());
  }

  Http2RawClient client(byte[] settings) throws IOException {
    return new Http2RawClient(CERTIFICATE, gateway.port(), settings);
  }

  /** {@return a client over TLS that speaks HTTP/1.1} */
  RawClient http1() throws IOException {
    return new RawClient(Http2RawClient.connected(CERTIFICATE, gateway.port(), "http/1.1"));
  }

  @Override
  public void close() {
    gateway.close();
  }
}
