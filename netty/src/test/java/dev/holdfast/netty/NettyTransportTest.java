package dev.holdfast.netty;

import static dev.holdfast.testkit.transport.WireConnection.CHUNKED;
import static dev.holdfast.testkit.transport.WireConnection.LAST_CHUNK;
import static dev.holdfast.testkit.transport.WireConnection.chunk;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.testkit.server.SelfSigned;
import dev.holdfast.testkit.transport.BusySecond;
import dev.holdfast.testkit.transport.Http2Wire;
import dev.holdfast.testkit.transport.ReceivedExchange;
import dev.holdfast.testkit.transport.TunnelProxy;
import dev.holdfast.testkit.transport.WireServer;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What the transport on Netty does besides its contract. */
final class NettyTransportTest {
  private final SelfSigned certificate = SelfSigned.of("localhost");

  private static Transport.Request request(URI uri, Duration connectTimeout) {
    return new Transport.Request(
        uri, Map.of("Content-Type", List.of("application/json")), "{}", connectTimeout);
  }

  private static ReceivedExchange exchange(Transport transport, URI uri) {
    var received = new ReceivedExchange();
    transport.open(request(uri, Duration.ZERO), received).demand(Long.MAX_VALUE);
    return received;
  }

  private NettyTransport trusting() {
    return new NettyTransport(SelfSigned.trusting(List.of(certificate)));
  }

  @Nested
  final class Proxies {
    @Test
    void aPlainRequestNamesTheWholeAddress() throws Exception {
      try (var proxy =
              WireServer.plain(connection -> {
                while (!connection.request().isEmpty()) {
                  connection.send(CHUNKED + chunk("one") + LAST_CHUNK);
                }
              });
          var transport =
              NettyTransport.builder()
                  .proxy(ProxySelector.of(new InetSocketAddress("localhost", proxy.port())))
                  .proxyCredentials("ada", "swordfish")
                  .build()) {
        for (int i = 0; i < 2; i++) {
          var received = exchange(transport, URI.create("http://provider.invalid:81/v1/chat?a=b"));
          assertThat(received.next()).isEqualTo("head 200");
          assertThat(received.rest()).isEqualTo("one|end");
          assertThat(proxy.requests().take())
              .startsWith("POST http://provider.invalid:81/v1/chat?a=b HTTP/1.1\r\n")
              .containsIgnoringCase("\r\nhost: provider.invalid:81\r\n")
              .containsIgnoringCase("\r\nproxy-authorization: Basic YWRhOnN3b3JkZmlzaA==\r\n");
        }
        assertThat(proxy.connections()).isEqualTo(1);
      }
    }

    @Test
    void tlsGoesThroughATunnelWithoutTheCredentials() throws Exception {
      try (var server =
              WireServer.tls(
                  certificate,
                  List.of(),
                  connection -> {
                    connection.request();
                    connection.send(CHUNKED + chunk("one") + LAST_CHUNK);
                    connection.awaitClosed();
                  });
          var proxy = new TunnelProxy("HTTP/1.1 200 Connection established\r\nVia: 1.1 x\r\n\r\n");
          var transport =
              NettyTransport.builder()
                  .proxy(proxy.selector())
                  .proxyCredentials("ada", "swordfish")
                  .tls(SelfSigned.trusting(List.of(certificate)))
                  .build()) {
        var received = exchange(transport, server.uri());
        assertThat(received.next()).isEqualTo("head 200");
        assertThat(received.rest()).isEqualTo("one|end");
        assertThat(proxy.requests().take())
            .startsWith("CONNECT " + server.authority() + " HTTP/1.1\r\n")
            .contains("Proxy-Authorization: Basic YWRhOnN3b3JkZmlzaA==\r\n");
        assertThat(server.requests().take())
            .startsWith("POST /v1/chat HTTP/1.1\r\n")
            .doesNotContainIgnoringCase("proxy-authorization");
      }
    }

    @Test
    void aProxyThatIsNoneIsNamed() throws Exception {
      try (var proxy = new TunnelProxy("220 mail.example ESMTP\r\n\r\n");
          var transport = NettyTransport.builder().proxy(proxy.selector()).build()) {
        var received = exchange(transport, URI.create("https://provider.invalid/v1"));
        assertThat(received.next())
            .isEqualTo(
                "connection-failed provider.invalid: of the proxy, the response is not HTTP");
      }
    }

    @Test
    void aNameWithAColonIsRefusedAndNotRepeated() {
      assertThatThrownBy(() -> NettyTransport.builder().proxyCredentials("a:b", "c"))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessage("user: must not contain a colon, was (hidden)");
    }
  }

  @Nested
  final class Connections {
    @Test
    void noneIsKeptWhereNoneShallBe() throws Exception {
      try (var server =
              WireServer.plain(connection -> {
                while (!connection.request().isEmpty()) {
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
                }
              });
          var transport = NettyTransport.builder().idle(0, Duration.ZERO).threads(2).build()) {
        for (int i = 1; i <= 3; i++) {
          var received = exchange(transport, server.uri());
          assertThat(received.next()).isEqualTo("head 200");
          assertThat(received.rest()).isEqualTo("one|end");
          assertThat(server.connections()).isEqualTo(i);
        }
      }
    }

    @Test
    void aRequestOnAConnectionThatWasDeadFailsAndIsNotSentAgain() throws Exception {
      try (var server =
              WireServer.plain(connection -> {
                connection.request();
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\none");
                connection.request(); // Closes it then, without a word.
              });
          var transport = new NettyTransport()) {
        for (int i = 1; i <= 4; i++) {
          var received = exchange(transport, server.uri());
          assertThat(received.next()).isEqualTo("head 200");
          assertThat(received.rest()).isEqualTo("one|end");
          var unanswered = exchange(transport, server.uri());
          assertThat(unanswered.next())
              .isEqualTo(
                  "connection-failed "
                      + server.authority()
                      + ": the connection ended before a response came");
          assertThat(unanswered.failure().isRetryable()).isTrue();
          assertThat(server.connections()).isEqualTo(i);
        }
      }
    }

    @Test
    void aConnectionWhoseRequestWasNotReadIsNotUsedAgain() throws Exception {
      var over = new CountDownLatch(1);
      try (var server =
              WireServer.plain(connection -> {
                if (connection.number() == 0) {
                  connection.skip(100);
                  connection.send("HTTP/1.1 429 X\r\nContent-Length: 3\r\n\r\none");
                  over.await();
                }
                while (!connection.request().isEmpty()) {
                  connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\ntwo");
                }
              });
          var transport = new NettyTransport()) {
        var refused = new ReceivedExchange();
        var request =
            new Transport.Request(server.uri(), Map.of(), "x".repeat(20_000_000), Duration.ZERO);
        transport.open(request, refused).demand(9);
        assertThat(refused.next()).isEqualTo("head 429");
        assertThat(refused.rest()).isEqualTo("one|end");
        var received = exchange(transport, server.uri());
        assertThat(received.next()).isEqualTo("head 200");
        assertThat(received.rest()).isEqualTo("two|end");
        over.countDown();
      }
    }

    @Test
    void tlsThatIsNotInitialisedIsNoConnection() throws Exception {
      try (var server = WireServer.plain(connection -> connection.awaitClosed());
          var transport = new NettyTransport(SSLContext.getInstance("TLS"))) {
        var received = exchange(transport, URI.create("https://" + server.authority() + "/"));
        assertThat(received.next())
            .isEqualTo("connection-failed " + server.authority() + ": TLS cannot be used here");
        assertThat(received.failure().isRetryable()).isFalse();
      }
    }

    @Test
    void nothingIsReusedAfterAByteTooMany() throws Exception {
      try (var server =
              WireServer.plain(connection -> {
                connection.request();
                connection.send("HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\noneHTTP/1.1 200 OK");
                connection.awaitClosed();
              });
          var transport = new NettyTransport()) {
        for (int i = 1; i <= 2; i++) {
          var received = exchange(transport, server.uri());
          assertThat(received.next()).isEqualTo("head 200");
          assertThat(received.rest()).isEqualTo("one|end");
          assertThat(server.connections()).isEqualTo(i);
        }
      }
    }
  }

  @Nested
  final class Http2 {
    private void answerAll(Http2Wire wire) throws Exception {
      while (true) {
        var request = wire.request();
        wire.head(request.stream());
        wire.data(request.stream(), "one");
        wire.end(request.stream());
      }
    }

    @Test
    void theFirstHundredRequestsShareAConnection() throws Exception {
      try (var server =
              WireServer.tls(
                  certificate,
                  List.of("h2"),
                  connection -> answerAll(Http2Wire.on(connection, 100)));
          var transport = trusting()) {
        var all = new ArrayList<ReceivedExchange>();
        for (int i = 0; i < 100; i++) {
          all.add(exchange(transport, server.uri()));
        }
        for (var received : all) {
          assertThat(received.next()).isEqualTo("head 200");
          assertThat(received.rest()).isEqualTo("one|end");
        }
        assertThat(server.connections()).isLessThanOrEqualTo(2);
      }
    }

    @Test
    void theFirstRequestsToHttp11HaveAConnectionEach() throws Exception {
      var go = new CountDownLatch(1);
      try (var server =
              WireServer.tls(
                  certificate,
                  List.of("http/1.1"),
                  connection -> {
                    connection.request();
                    connection.send(CHUNKED + chunk("one"));
                    go.await();
                    connection.send(LAST_CHUNK);
                    connection.awaitClosed();
                  });
          var transport = trusting()) {
        var all = new ArrayList<ReceivedExchange>();
        for (int i = 0; i < 20; i++) {
          all.add(exchange(transport, server.uri()));
        }
        for (var received : all) {
          assertThat(received.next()).isEqualTo("head 200");
          assertThat(received.text(3)).isEqualTo("one");
        }
        go.countDown();
        for (var received : all) {
          assertThat(received.next()).isEqualTo("end");
        }
        assertThat(server.connections()).isEqualTo(20);
      }
    }

    @Test
    void requestsThatWaitedForABadCertificateFailWithIt() throws Exception {
      try (var server = WireServer.tls(certificate, List.of("h2"), connection -> {});
          var transport =
              new NettyTransport(SelfSigned.trusting(List.of(SelfSigned.of("localhost"))))) {
        var all = new ArrayList<ReceivedExchange>();
        for (int i = 0; i < 20; i++) {
          all.add(exchange(transport, server.uri()));
        }
        for (var received : all) {
          assertThat(received.next())
              .isEqualTo(
                  "connection-failed "
                      + server.authority()
                      + ": the certificate is not trusted: must be signed by an authority that is"
                      + " trusted here, was signed by itself or by another");
        }
      }
    }

    @Test
    void theNextConnectsWhereTheFirstIsCancelledInItsHandshake() throws Exception {
      var came = new CountDownLatch(1);
      try (var silent =
              WireServer.plain(connection -> {
                connection.skip(1);
                came.countDown();
                connection.awaitClosed();
              });
          var transport = trusting()) {
        var uri = URI.create("https://" + silent.authority() + "/");
        var first = transport.open(request(uri, Duration.ZERO), new ReceivedExchange());
        came.await();
        var second = new ReceivedExchange();
        transport.open(request(uri, Duration.ofMillis(300)), second);
        first.cancel();
        assertThat(BusySecond.isEnoughFor(silent.sawClose())).isTrue();
        assertThat(second.next())
            .isEqualTo("connection-failed " + silent.authority() + ": connecting took too long");
        assertThat(silent.connections()).isEqualTo(2);
      }
    }

    @Test
    void bytesBeforeAHeadAreNotDelivered() throws Exception {
      try (var server =
              WireServer.tls(
                  certificate,
                  List.of("h2"),
                  connection -> {
                    var wire = Http2Wire.on(connection, 100);
                    int stream = wire.request().stream();
                    wire.data(stream, "one");
                    wire.awaitReset(stream);
                  });
          var transport = trusting()) {
        var received = exchange(transport, server.uri());
        assertThat(received.next())
            .isEqualTo(
                "connection-failed "
                    + server.authority()
                    + ": the stream was reset before a response came");
        assertThat(BusySecond.isEnoughFor(server.sawClose())).isTrue();
      }
    }

    @Test
    void whatTheServerHasNotReadIsSentAgain() throws Exception {
      for (boolean goesAway : new boolean[] {false, true}) {
        var connections = new AtomicInteger();
        try (var server =
                WireServer.tls(
                    certificate,
                    List.of("h2"),
                    connection -> {
                      boolean isFirst = connections.incrementAndGet() == 1;
                      var wire = Http2Wire.on(connection, 100);
                      if (isFirst) {
                        int first = wire.request().stream();
                        wire.head(first);
                        wire.end(first);
                        int second = wire.request().stream();
                        if (goesAway) {
                          wire.goAway(first, Http2Wire.NO_ERROR);
                        } else {
                          wire.resetStream(second, Http2Wire.REFUSED_STREAM);
                        }
                      }
                      answerAll(wire);
                    });
            var transport = trusting()) {
          var first = exchange(transport, server.uri());
          assertThat(first.next()).isEqualTo("head 200");
          assertThat(first.next()).isEqualTo("end");
          var second = exchange(transport, server.uri());
          assertThat(second.next()).isEqualTo("head 200");
          assertThat(second.rest()).isEqualTo("one|end");
        }
      }
    }
  }
}
