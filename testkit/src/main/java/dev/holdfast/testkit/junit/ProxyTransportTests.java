package dev.holdfast.testkit.junit;

import static dev.holdfast.testkit.junit.TransportUnderTest.exchange;
import static dev.holdfast.testkit.junit.TransportUnderTest.neverStarts;
import static dev.holdfast.testkit.junit.TransportUnderTest.request;
import static dev.holdfast.testkit.transport.WireConnection.CHUNKED;
import static dev.holdfast.testkit.transport.WireConnection.LAST_CHUNK;
import static dev.holdfast.testkit.transport.WireConnection.chunk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.server.SelfSigned;
import dev.holdfast.testkit.transport.BusySecond;
import dev.holdfast.testkit.transport.Http2Wire;
import dev.holdfast.testkit.transport.ReceivedExchange;
import dev.holdfast.testkit.transport.TunnelProxy;
import dev.holdfast.testkit.transport.WireServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What a transport does where an HTTP proxy is in the way. */
public interface ProxyTransportTests extends TransportUnderTest {
  /** What opens a tunnel. */
  String TUNNEL = "HTTP/1.1 200 Connection established\r\nVia: 1.1 x\r\n\r\n";

  private Transport through(ProxySelector proxies, SelfSigned... trusted) throws Exception {
    var transport = open(SelfSigned.trusting(List.of(trusted)), proxies);
    assumeTrue(transport.isPresent(), "the transport knows no proxies");
    return transport.orElseThrow();
  }

  private static ProxySelector at(int port) {
    return ProxySelector.of(new InetSocketAddress("localhost", port));
  }

  @Test
  default void aPlainRequestToAProxyNamesTheWholeAddress() throws Exception {
    try (var proxy =
            WireServer.plain(connection -> {
              while (!connection.request().isEmpty()) {
                connection.send(CHUNKED + chunk("one") + LAST_CHUNK);
              }
            });
        var transport = through(at(proxy.port()))) {
      for (int i = 0; i < 2; i++) {
        var uri = URI.create("http://provider.invalid:81/v1/chat?a=b");
        var received = exchange(transport, request(uri, "{}"), Long.MAX_VALUE);
        assertEquals("head 200", received.next());
        assertEquals("one|end", received.rest());
        String request = proxy.requests().take();
        String first = "POST http://provider.invalid:81/v1/chat?a=b HTTP/1.1\r\n";
        assertTrue(request.startsWith(first), request);
        String head = request.toLowerCase(Locale.ROOT);
        assertTrue(head.contains("\r\nhost: provider.invalid:81\r\n"), request);
      }
      assertEquals(1, proxy.connections());
    }
  }

  @Test
  default void aTunnelCarriesTlsAndNoCredentialsOfTheProxy() throws Exception {
    var certificate = SelfSigned.of("localhost");
    try (var server =
            WireServer.tls(
                certificate,
                List.of("http/1.1"),
                connection -> {
                  while (!connection.request().isEmpty()) {
                    connection.send(CHUNKED + chunk("one") + LAST_CHUNK);
                  }
                });
        var proxy = new TunnelProxy(TUNNEL);
        var transport = through(proxy.selector(), certificate)) {
      for (int i = 0; i < 2; i++) {
        var request =
            new Transport.Request(
                server.uri(),
                Map.of("Proxy-Authorization", List.of("Basic YTpi")),
                "{}",
                Duration.ZERO);
        var received = exchange(transport, request, Long.MAX_VALUE);
        assertEquals("head 200", received.next());
        assertEquals("one|end", received.rest());
        String sent = server.requests().take();
        assertTrue(sent.startsWith("POST /v1/chat HTTP/1.1\r\n"), sent);
        assertFalse(sent.toLowerCase(Locale.ROOT).contains("proxy-authorization"), sent);
      }
      String asked = proxy.requests().take();
      assertTrue(asked.startsWith("CONNECT " + server.authority() + " HTTP/1.1\r\n"), asked);
      assertEquals(1, server.connections());
    }
  }

  @Test
  default void aTunnelCarriesHttp2() throws Exception {
    assumeTrue(speaksHttp2(), "the transport does not speak HTTP/2");
    var certificate = SelfSigned.of("localhost");
    try (var server =
            WireServer.tls(
                certificate,
                List.of("h2"),
                connection -> {
                  var wire = Http2Wire.on(connection, 100);
                  while (true) {
                    int stream = wire.request().stream();
                    wire.head(stream);
                    wire.data(stream, "one");
                    wire.end(stream);
                  }
                });
        var proxy = new TunnelProxy(TUNNEL);
        var transport = through(proxy.selector(), certificate)) {
      for (int i = 0; i < 3; i++) {
        var received = exchange(transport, server);
        assertEquals("head 200", received.next());
        assertEquals("one|end", received.rest());
      }
      assertEquals(1, server.connections());
    }
  }

  @Test
  default void aProxyThatRefusesATunnelIsNamed() throws Exception {
    var answers = new LinkedHashMap<String, Boolean>();
    answers.put("407 No\r\nProxy-Authenticate: Basic realm=\"a\"", false);
    answers.put("407 No", false);
    answers.put("403 No", false);
    answers.put("502 No", true);
    answers.put("503 No", true);
    for (var answer : answers.entrySet()) {
      try (var proxy =
              new TunnelProxy("HTTP/1.1 " + answer.getKey() + "\r\nContent-Length: 9\r\n\r\n");
          var transport = through(proxy.selector())) {
        var uri = URI.create("https://provider.invalid/v1");
        var received = exchange(transport, request(uri, "{}"), 1);
        assertEquals(
            Cause.CONNECTION_FAILED
                + " provider.invalid: the proxy refused the connection with status "
                + answer.getKey().substring(0, 3),
            received.next());
        assertEquals(answer.getValue(), received.failure().isRetryable(), answer.getKey());
      }
    }
  }

  @Test
  default void aProxyThatIsNoneOpensNoTunnel() throws Exception {
    for (String answer : List.of("", "220 mail.example ESMTP\r\n\r\n", "HTTP/1.1 2")) {
      try (var proxy = new TunnelProxy(answer);
          var transport = through(proxy.selector())) {
        var uri = URI.create("https://provider.invalid/v1");
        neverStarts(exchange(transport, request(uri, "{}"), 1), true);
      }
    }
  }

  @Test
  default void aProxyWithoutAListenerRefusesTheConnection() throws Exception {
    try (var taken = new Socket()) {
      taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
      try (var transport = through(at(taken.getLocalPort()))) {
        for (String scheme : List.of("http", "https")) {
          var uri = URI.create(scheme + "://provider.invalid/v1");
          var received = exchange(transport, request(uri, "{}"), 1);
          assertEquals(
              Cause.CONNECTION_FAILED + " provider.invalid: the connection was refused",
              received.next());
        }
      }
    }
  }

  @Test
  default void aSilentProxyIsLeftWithinASecondOfTheCancellation() throws Exception {
    try (var proxy =
            WireServer.plain(connection -> {
              connection.request();
              connection.awaitClosed();
            });
        var transport = through(at(proxy.port()))) {
      var received = new ReceivedExchange();
      var opened =
          transport.open(request(URI.create("https://provider.invalid/v1"), "{}"), received);
      String asked = proxy.requests().take();
      assertTrue(asked.startsWith("CONNECT provider.invalid:443 HTTP/1.1\r\n"), asked);
      opened.cancel();
      assertTrue(BusySecond.isEnoughFor(proxy.sawClose()));
      assertEquals(0, received.waiting());
    }
  }
}
