package dev.holdfast.client;

import static dev.holdfast.testkit.transport.WireConnection.CHUNKED;
import static dev.holdfast.testkit.transport.WireConnection.LAST_CHUNK;
import static dev.holdfast.testkit.transport.WireConnection.chunk;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.ProviderRequest.Method;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.testkit.server.SelfSigned;
import dev.holdfast.testkit.transport.ReceivedExchange;
import dev.holdfast.testkit.transport.WireServer;
import java.net.Socket;
import java.net.URI;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509ExtendedTrustManager;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One thread reads the bodies of all streams, and nothing that takes long runs on it. */
@Timeout(120)
final class SlowNeighboursTest {
  private static final int PIECES = 20;

  private final SelfSigned certificate = SelfSigned.of("localhost");

  /** Pieces that the steady server sends, each once the last one was received. */
  private final LinkedBlockingQueue<String> pieces = new LinkedBlockingQueue<>();

  private final CountDownLatch handshaking = new CountDownLatch(1);
  private final CountDownLatch trusted = new CountDownLatch(1);

  /** Trusts all; every connection but the first waits for the test. */
  private final class SlowTrust extends X509ExtendedTrustManager {
    private final boolean firstIsQuick;
    private boolean wasFirst;

    SlowTrust(boolean firstIsQuick) {
      this.firstIsQuick = firstIsQuick;
    }

    private void decide() {
      boolean quick = firstIsQuick && !wasFirst;
      wasFirst = true;
      if (quick) {
        return;
      }
      handshaking.countDown();
      try {
        trusted.await();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine) {
      decide();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket) {
      decide();
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String type) {
      decide();
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket) {}

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String type) {}

    @Override
    public X509Certificate[] getAcceptedIssuers() {
      return new X509Certificate[0];
    }
  }

  private SSLContext slowTrust(boolean firstIsQuick) throws Exception {
    var context = SSLContext.getInstance("TLS");
    context.init(null, new TrustManager[] {new SlowTrust(firstIsQuick)}, null);
    return context;
  }

  private WireServer steady(boolean tls) {
    WireServer.Script script =
        connection -> {
          connection.request();
          connection.send(CHUNKED);
          while (true) {
            connection.send(chunk(pieces.take()));
          }
        };
    return tls
        ? WireServer.tls(certificate, List.of("http/1.1"), script)
        : WireServer.plain(script);
  }

  private static ReceivedExchange get(Transport transport, URI uri) {
    var received = new ReceivedExchange();
    transport
        .open(new Transport.Request(Method.GET, uri, Map.of(), "", Duration.ZERO), received)
        .demand(Long.MAX_VALUE);
    return received;
  }

  /** Receives further pieces, one after another. */
  private void flows(ReceivedExchange stream) throws InterruptedException {
    for (int i = 0; i < PIECES; i++) {
      pieces.add("piece");
      assertThat(stream.text(5)).isEqualTo("piece");
    }
  }

  private ReceivedExchange begun(JdkTransport transport, WireServer server) throws Exception {
    var stream = get(transport, server.uri());
    assertThat(stream.next()).isEqualTo("head 200");
    flows(stream);
    assertThat(transport.inPlace()).isPositive(); // Else this proves nothing.
    return stream;
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSlowHandshakeHoldsUpNoOtherStream(boolean tls) throws Exception {
    try (var server = steady(tls);
        var slow =
            WireServer.tls(
                certificate,
                List.of("http/1.1"),
                connection -> {
                  connection.request();
                  connection.send(CHUNKED + LAST_CHUNK);
                  connection.awaitClosed();
                });
        var transport = new JdkTransport(slowTrust(tls))) {
      var stream = begun(transport, server);
      var other = get(transport, slow.uri());
      handshaking.await();
      flows(stream);
      assertThat(other.waiting()).isZero();
      trusted.countDown();
      assertThat(other.next()).isEqualTo("head 200");
      assertThat(other.next()).isEqualTo("end");
    }
  }

  @Test
  void aSlowLookUpHoldsUpNoOtherStream() throws Exception {
    var hold = HeldNames.hold("slow.held.test");
    try (var server = steady(false);
        var transport = new JdkTransport()) {
      var stream = begun(transport, server);
      var other = get(transport, URI.create("http://slow.held.test:" + server.port() + "/"));
      hold.asked.await();
      flows(stream);
      assertThat(other.waiting()).isZero();
      hold.answered.countDown();
      assertThat(other.next()).isEqualTo("head 200");
    }
  }

  /** The JDK repeats a request whose kept connection was dead, and looks the name up again. */
  @Test
  void aSlowLookUpForARepeatedRequestHoldsUpNoOtherStream() throws Exception {
    var answers = new LinkedBlockingQueue<String>(List.of("first", "again"));
    try (var server = steady(false);
        var other =
            WireServer.plain(connection -> {
              connection.request();
              connection.send(CHUNKED + chunk(answers.take()) + LAST_CHUNK);
              connection.request();
              connection.fin(); // Without an answer.
            });
        var transport = new JdkTransport()) {
      var uri = URI.create("http://again.held.test:" + other.port() + "/");
      var first = get(transport, uri);
      assertThat(first.next()).isEqualTo("head 200");
      assertThat(first.rest()).isEqualTo("first|end");
      var stream = begun(transport, server);
      var hold = HeldNames.hold("again.held.test");
      var second = get(transport, uri);
      hold.asked.await();
      flows(stream);
      assertThat(second.waiting()).isZero();
      hold.answered.countDown();
      assertThat(second.next()).isEqualTo("head 200");
      assertThat(second.rest()).isEqualTo("again|end");
    }
  }

  @Test
  void noTaskIsKnownOnceItsStreamHasEnded() throws Exception {
    try (var server = steady(true);
        var transport = new JdkTransport(SelfSigned.trusting(List.of(certificate)))) {
      var received = new ReceivedExchange();
      var exchange =
          transport.open(
              new Transport.Request(Method.GET, server.uri(), Map.of(), "", Duration.ZERO),
              received);
      exchange.demand(Long.MAX_VALUE);
      assertThat(received.next()).isEqualTo("head 200");
      flows(received);
      assertThat(transport.inPlace()).isPositive();
      exchange.cancel();
      assertThat(transport.inPlace()).isZero();
    }
  }
}
