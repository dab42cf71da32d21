package dev.holdfast.testkit.junit;

import static dev.holdfast.testkit.junit.TransportUnderTest.exchange;
import static dev.holdfast.testkit.junit.TransportUnderTest.isLost;
import static dev.holdfast.testkit.junit.TransportUnderTest.neverStarts;
import static dev.holdfast.testkit.junit.TransportUnderTest.request;
import static dev.holdfast.testkit.transport.WireConnection.CHUNKED;
import static dev.holdfast.testkit.transport.WireConnection.LAST_CHUNK;
import static dev.holdfast.testkit.transport.WireConnection.chunk;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.server.SelfSigned;
import dev.holdfast.testkit.transport.BusySecond;
import dev.holdfast.testkit.transport.ReceivedExchange;
import dev.holdfast.testkit.transport.WireServer;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What a transport does over TLS with HTTP/1.1, and where TLS fails. */
public interface TlsTransportTests extends TransportUnderTest {
  /** Offers by ALPN: none at all, and HTTP/1.1 alone. */
  List<List<String>> HTTP_1 = List.of(List.of(), List.of("http/1.1"));

  @Test
  default void aBodyArrivesOverTls() throws Exception {
    for (var protocols : HTTP_1) {
      var mayEnd = new CountDownLatch(1);
      withTls(
          protocols,
          connection -> {
            connection.request();
            connection.send(CHUNKED + chunk("one"));
            mayEnd.await();
            connection.send(chunk("two") + LAST_CHUNK);
            connection.awaitClosed();
          },
          (transport, server) -> {
            var received = exchange(transport, server);
            assertEquals("head 200", received.next());
            assertEquals("one", received.text(3));
            mayEnd.countDown();
            assertEquals("two|end", received.rest());
            String request = server.requests().take();
            assertTrue(request.startsWith("POST /v1/chat HTTP/1.1\r\n"), request);
          });
    }
  }

  @Test
  default void anUntrustedCertificateFailsPermanentlyAndNothingIsSent() throws Exception {
    try (var server =
            WireServer.tls(
                SelfSigned.of("localhost"), List.of(), connection -> connection.request());
        var transport = open(SelfSigned.trusting(List.of(SelfSigned.of("localhost"))))) {
      var received = exchange(transport, server);
      neverStarts(received, false);
      assertTrue(
          received.failure().detail().startsWith(server.authority() + ": the certificate is "),
          received.failure().detail());
      assertEquals(0, server.requests().size());
    }
  }

  @Test
  default void aCertificateOfAnotherNameFailsPermanentlyAndNothingIsSent() throws Exception {
    var certificate = SelfSigned.of("elsewhere.example");
    try (var server = WireServer.tls(certificate, List.of(), connection -> connection.request());
        var transport = open(SelfSigned.trusting(List.of(certificate)))) {
      var received = exchange(transport, server);
      neverStarts(received, false);
      assertTrue(
          received.failure().detail().startsWith(server.authority() + ": the certificate is "),
          received.failure().detail());
      assertEquals(0, server.requests().size());
    }
  }

  @Test
  default void aCertificateOutOfItsTimeFailsPermanentlyAndNothingIsSent() throws Exception {
    var authority = SelfSigned.authority("Test authority");
    var now = Instant.now();
    var times =
        List.of(
            authority.issue("localhost", now.minusSeconds(200_000), now.minusSeconds(100_000)),
            authority.issue("localhost", now.plusSeconds(100_000), now.plusSeconds(200_000)));
    for (var certificate : times) {
      try (var server = WireServer.tls(certificate, List.of(), connection -> connection.request());
          var transport = open(SelfSigned.trusting(List.of(authority)))) {
        var received = exchange(transport, server);
        neverStarts(received, false);
        assertTrue(
            received.failure().detail().startsWith(server.authority() + ": the certificate "),
            received.failure().detail());
        assertEquals(0, server.requests().size());
      }
    }
  }

  @Test
  default void aCertificateIsShownWhereTheServerDemandsOne() throws Exception {
    var certificate = SelfSigned.of("localhost");
    var own = SelfSigned.of("client.example");
    try (var server =
        WireServer.mutual(
            certificate,
            List.of(own),
            List.of("http/1.1"),
            connection -> {
              connection.request();
              connection.send(CHUNKED + chunk("one") + LAST_CHUNK);
              connection.awaitClosed();
            })) {
      try (var transport = open(own.showing(List.of(certificate)))) {
        var received = exchange(transport, server);
        assertEquals("head 200", received.next());
        assertEquals("one|end", received.rest());
        String unused = server.requests().take();
      }
      try (var transport = open(SelfSigned.trusting(List.of(certificate)))) {
        neverStarts(exchange(transport, server), true);
        assertEquals(0, server.requests().size());
      }
    }
  }

  @Test
  default void aSlowHandshakeHoldsUpNoOtherStream() throws Exception {
    var certificate = SelfSigned.of("localhost");
    var trust = new SlowTrust();
    try (var server =
            WireServer.tls(
                certificate,
                List.of("http/1.1"),
                connection -> {
                  connection.request();
                  connection.send(CHUNKED);
                  for (int i = 0; i < 20; i++) {
                    connection.send(chunk("one"));
                    trust.next().acquire();
                  }
                  connection.send(LAST_CHUNK);
                  connection.awaitClosed();
                });
        var slow =
            WireServer.tls(
                certificate,
                List.of("http/1.1"),
                connection -> {
                  connection.request();
                  connection.send(CHUNKED + LAST_CHUNK);
                  connection.awaitClosed();
                });
        var transport = open(trust.context())) {
      var steady = exchange(transport, server);
      assertEquals("head 200", steady.next());
      for (int i = 0; i < 10; i++) {
        assertEquals("one", steady.text(3));
        trust.next().release();
      }
      var other = exchange(transport, slow);
      trust.handshaking().await();
      for (int i = 0; i < 10; i++) {
        assertEquals("one", steady.text(3));
        trust.next().release();
      }
      assertEquals("end", steady.next());
      assertEquals(0, other.waiting());
      trust.trusted().countDown();
      assertEquals("head 200", other.next());
      assertEquals("end", other.next());
    }
  }

  @Test
  default void aHandshakeThatIsCutIsNoConnection() throws Exception {
    for (boolean reset : new boolean[] {false, true}) {
      try (var server =
              WireServer.plain(connection -> {
                connection.skip(1);
                if (reset) {
                  connection.reset();
                } else {
                  connection.fin();
                }
              });
          var transport = open(SelfSigned.trusting(List.of()))) {
        neverStarts(exchange(transport, request(secure(server), "{}"), 1), true);
      }
    }
  }

  private static URI secure(WireServer server) {
    return URI.create("https://" + server.authority() + "/v1/chat");
  }

  @Test
  default void aServerWithoutTlsIsNoConnection() throws Exception {
    try (var server =
            WireServer.plain(connection -> {
              connection.skip(1);
              connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
              connection.fin();
            });
        var transport = open(SelfSigned.trusting(List.of()))) {
      neverStarts(exchange(transport, request(secure(server), "{}"), 1), true);
    }
  }

  @Test
  default void aHandshakeThatNeverEndsIsAConnectTimeout() throws Exception {
    try (var server = WireServer.plain(connection -> connection.awaitClosed());
        var transport = open(SelfSigned.trusting(List.of()))) {
      var request = new Transport.Request(secure(server), Map.of(), "{}", Duration.ofMillis(200));
      var received = exchange(transport, request, 1);
      assertEquals(
          Cause.CONNECTION_FAILED + " " + server.authority() + ": connecting took too long",
          received.next());
      assertTrue(received.failure().isRetryable());
      assertTrue(BusySecond.isEnoughFor(server.sawClose()));
    }
  }

  @Test
  default void aHandshakeIsClosedWithinASecondOfItsCancellation() throws Exception {
    var begun = new CountDownLatch(1);
    try (var server =
            WireServer.plain(connection -> {
              connection.skip(1);
              begun.countDown();
              connection.awaitClosed();
            });
        var transport = open(SelfSigned.trusting(List.of()))) {
      var received = new ReceivedExchange();
      var opened = transport.open(request(secure(server), "{}"), received);
      begun.await();
      opened.cancel();
      assertTrue(BusySecond.isEnoughFor(server.sawClose()));
      assertEquals(0, received.waiting());
    }
  }

  @Test
  default void aClosedTransportEndsItsHandshakes() throws Exception {
    var begun = new CountDownLatch(1);
    with(
        connection -> {
          connection.skip(1);
          begun.countDown();
          connection.awaitClosed();
        },
        (transport, server) -> {
          var received = exchange(transport, request(secure(server), "{}"), 1);
          begun.await();
          transport.close();
          assertEquals(Cause.CONNECTION_FAILED + " the transport is closed", received.next());
          assertFalse(received.failure().isRetryable());
          assertTrue(BusySecond.isEnoughFor(server.sawClose()));
        });
  }

  @Test
  default void aBodyThatIsCutUnderTlsIsLost() throws Exception {
    for (boolean reset : new boolean[] {false, true}) {
      var mayEnd = new CountDownLatch(1);
      withTls(
          List.of("http/1.1"),
          connection -> {
            connection.request();
            connection.send(CHUNKED + chunk("one"));
            mayEnd.await();
            if (reset) {
              connection.reset();
            } else {
              connection.fin();
            }
          },
          (transport, server) -> {
            var received = exchange(transport, server);
            assertEquals("head 200", received.next());
            assertEquals("one", received.text(3));
            mayEnd.countDown();
            String call = received.next();
            isLost(received, call);
          });
    }
  }

  @Test
  default void aStalledBodyOverTlsIsClosedWithinASecond() throws Exception {
    withTls(
        List.of("http/1.1"),
        connection -> {
          connection.request();
          connection.send(CHUNKED + chunk("one"));
          connection.awaitClosed();
        },
        (transport, server) -> {
          var received = new ReceivedExchange();
          var opened = transport.open(request(server.uri(), "{}"), received);
          opened.demand(2);
          assertEquals("head 200", received.next());
          assertEquals("one", received.text(3));
          opened.cancel();
          assertTrue(BusySecond.isEnoughFor(server.sawClose()));
          assertEquals(0, received.waiting());
        });
  }

  @Test
  default void aLongBodyArrivesWholeOverTls() throws Exception {
    withTls(
        List.of("http/1.1"),
        connection -> {
          connection.request();
          connection.send(CHUNKED + LAST_CHUNK);
          connection.awaitClosed();
        },
        (transport, server) -> {
          String body = "0123456789".repeat(200_000);
          var received = exchange(transport, request(server.uri(), body), 1);
          assertEquals("head 200", received.next());
          assertTrue(server.requests().take().endsWith("\r\n\r\n" + body));
        });
  }
}
