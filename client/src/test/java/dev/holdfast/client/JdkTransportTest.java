package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.transport.NetworkFailures;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.UnresolvedAddressException;
import java.nio.charset.StandardCharsets;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

final class JdkTransportTest {
  private final JdkTransport transport = new JdkTransport();
  private final Told told = new Told();

  @AfterEach
  void closeTransport() {
    transport.close();
  }

  private Transport.Exchange open(URI uri) {
    var headers =
        Map.of(
            "Content-Type", List.of("application/json"),
            "Accept-Encoding", List.of("identity"));
    return transport.open(
        new Transport.Request(uri, headers, "{\"a\":\"é\"}", Duration.ZERO), told);
  }

  @Test
  void headBodyAndEndArriveInOrder() throws Exception {
    try (var server =
        new RawServer(socket -> {
          RawServer.send(socket, RawServer.CHUNKED + RawServer.chunk("one"));
          RawServer.send(socket, RawServer.chunk("two") + "0\r\n\r\n");
        })) {
      open(server.uri()).demand(100);
      assertThat(told.next()).isEqualTo("head 200 text/event-stream");
      assertThat(told.bytes(6)).isEqualTo("onetwo");
      assertThat(told.next()).isEqualTo("end");
    }
  }

  @Test
  void aProxyAndSettingsOfTheCallersAreUsed() throws Exception {
    var configured = new AtomicInteger();
    try (var proxy =
            new RawServer(socket -> RawServer.send(socket, RawServer.CHUNKED + "0\r\n\r\n"));
        var proxied =
            JdkTransport.builder()
                .proxy(ProxySelector.of(new InetSocketAddress("localhost", proxy.uri().getPort())))
                .configure(client -> configured.incrementAndGet())
                .build()) {
      var request =
          new Transport.Request(
              URI.create("http://provider.invalid/v1/chat"), Map.of(), "{}", Duration.ZERO);
      proxied.open(request, told).demand(1);
      assertThat(told.next()).startsWith("head 200");
      assertThat(proxy.requests.take())
          .startsWith("POST http://provider.invalid/v1/chat HTTP/1.1\r\n");
      assertThat(configured).hasValue(1);
    }
  }

  @Test
  void theRequestIsPlainHttp11WithTheBodyAsUtf8() throws Exception {
    try (var server =
        new RawServer(socket -> RawServer.send(socket, RawServer.CHUNKED + "0\r\n\r\n"))) {
      open(server.uri()).demand(1);
      assertThat(told.next()).startsWith("head 200");
      assertThat(server.requests.take())
          .startsWith("POST /v1/chat HTTP/1.1\r\n")
          .endsWith("{\"a\":\"é\"}")
          .contains("Accept-Encoding: identity")
          .doesNotContainIgnoringCase("upgrade")
          .doesNotContainIgnoringCase("http2-settings");
    }
  }

  @Test
  void withoutDemandNoBytesCome() throws Exception {
    var mayEnd = new CountDownLatch(1);
    try (var server =
        new RawServer(socket -> {
          RawServer.send(socket, RawServer.CHUNKED + RawServer.chunk("one"));
          mayEnd.await();
          RawServer.send(socket, RawServer.chunk("two") + "0\r\n\r\n");
        })) {
      var exchange = open(server.uri());
      assertThat(told.next()).startsWith("head 200");
      exchange.demand(1);
      assertThat(told.next()).isEqualTo("bytes one");
      mayEnd.countDown();
      exchange.demand(10);
      assertThat(told.next()).isEqualTo("bytes two");
      assertThat(told.next()).isEqualTo("end");
    }
  }

  @Test
  void statusesThatClientsLikeToHandleThemselvesPass() throws Exception {
    try (var server =
        new RawServer(
            socket -> RawServer.send(socket, "HTTP/1.1 401 No\r\nContent-Length: 0\r\n\r\n"))) {
      open(server.uri()).demand(1);
      assertThat(told.next()).startsWith("head 401");
      assertThat(told.next()).isEqualTo("end");
    }
  }

  @Test
  void redirectsAreNotFollowed() throws Exception {
    try (var server =
        new RawServer(socket ->
            RawServer.send(
                socket, "HTTP/1.1 307 Go\r\nLocation: /elsewhere\r\nContent-Length: 0\r\n\r\n"))) {
      open(server.uri()).demand(1);
      assertThat(told.next()).startsWith("head 307");
      assertThat(told.next()).isEqualTo("end");
      assertThat(server.requests).hasSize(1);
    }
  }

  @Nested
  final class Cancelling {
    @Test
    void aStalledBodyIsClosedWithinASecond() throws Exception {
      RawServer[] self = new RawServer[1];
      try (var server =
          new RawServer(socket -> {
            RawServer.send(socket, RawServer.CHUNKED + RawServer.chunk("one"));
            self[0].stall(socket);
          })) {
        self[0] = server;
        var exchange = open(server.uri());
        exchange.demand(4);
        assertThat(told.next()).startsWith("head 200");
        assertThat(told.next()).isEqualTo("bytes one");
        exchange.cancel();
        assertThat(Second.isEnoughFor(server.sawClose)).isTrue();
      }
    }

    @Test
    void aResponseThatNeverBeginsIsClosedWithinASecond() throws Exception {
      RawServer[] self = new RawServer[1];
      try (var server = new RawServer(socket -> self[0].stall(socket))) {
        self[0] = server;
        var exchange = open(server.uri());
        assertThat(server.requests.take()).startsWith("POST");
        exchange.cancel();
        assertThat(Second.isEnoughFor(server.sawClose)).isTrue();
      }
    }

    @Test
    void aBodyThatWasNotAskedForIsClosedWithinASecond() throws Exception {
      RawServer[] self = new RawServer[1];
      try (var server =
          new RawServer(socket -> {
            RawServer.send(socket, RawServer.CHUNKED + RawServer.chunk("one"));
            self[0].stall(socket);
          })) {
        self[0] = server;
        var exchange = open(server.uri());
        assertThat(told.next()).startsWith("head 200");
        exchange.cancel();
        assertThat(Second.isEnoughFor(server.sawClose)).isTrue();
      }
    }

    @Test
    void closingTheTransportFailsWhatIsOpen() throws Exception {
      RawServer[] self = new RawServer[1];
      try (var server =
          new RawServer(socket -> {
            RawServer.send(socket, RawServer.CHUNKED + RawServer.chunk("one"));
            self[0].stall(socket);
          })) {
        self[0] = server;
        open(server.uri()).demand(4);
        assertThat(told.next()).startsWith("head 200");
        assertThat(told.next()).isEqualTo("bytes one");
        transport.close();
        assertThat(told.next()).startsWith("connection-lost");
        open(server.uri()).demand(4);
        assertThat(told.next()).isEqualTo("connection-failed the transport is closed");
      }
    }
  }

  @Nested
  final class Failures {
    @Test
    void nothingListens() throws Exception {
      // Bound and not listening: the port is taken, so that nobody else may come to listen at it.
      try (var taken = new Socket()) {
        taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        int port = taken.getLocalPort();
        open(URI.create("http://localhost:" + port + "/")).demand(1);
        assertThat(told.next())
            .isEqualTo("connection-failed localhost:" + port + ": the connection was refused");
      }
    }

    @Test
    void closedBeforeTheHead() throws Exception {
      try (var server = new RawServer(socket -> {})) {
        open(server.uri()).demand(1);
        assertThat(told.next()).startsWith("connection-failed");
      }
    }

    @Test
    void resetBeforeTheHead() throws Exception {
      try (var server = new RawServer(RawServer::reset)) {
        open(server.uri()).demand(1);
        assertThat(told.next()).startsWith("connection-failed");
      }
    }

    @Test
    void closedInsideAChunkedBody() throws Exception {
      try (var server =
          new RawServer(
              socket -> RawServer.send(socket, RawServer.CHUNKED + RawServer.chunk("one")))) {
        open(server.uri()).demand(100);
        assertThat(told.next()).startsWith("head 200");
        assertThat(told.next()).isEqualTo("bytes one");
        assertThat(told.next())
            .isEqualTo("connection-lost the body ended inside the chunked encoding");
      }
    }

    @Test
    void resetInsideAChunkedBody() throws Exception {
      var mayReset = new CountDownLatch(1);
      try (var server =
          new RawServer(socket -> {
            RawServer.send(socket, RawServer.CHUNKED + RawServer.chunk("one"));
            mayReset.await();
            RawServer.reset(socket);
          })) {
        open(server.uri()).demand(100);
        assertThat(told.next()).startsWith("head 200");
        assertThat(told.next()).isEqualTo("bytes one");
        mayReset.countDown();
        assertThat(told.next()).isEqualTo("connection-lost the connection was reset");
      }
    }

    @Test
    void shorterThanDeclared() throws Exception {
      try (var server =
          new RawServer(socket ->
              RawServer.send(socket, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\none"))) {
        open(server.uri()).demand(100);
        assertThat(told.next()).startsWith("head 200");
        assertThat(told.next()).isEqualTo("bytes one");
        assertThat(told.next())
            .isEqualTo("connection-lost the body ended before its declared length");
      }
    }

    @Test
    void aBodyDelimitedByClosingJustEnds() throws Exception {
      try (var server =
          new RawServer(socket -> RawServer.send(socket, "HTTP/1.1 200 OK\r\n\r\none"))) {
        open(server.uri()).demand(100);
        assertThat(told.next()).startsWith("head 200");
        assertThat(told.next()).isEqualTo("bytes one");
        assertThat(told.next()).isEqualTo("end");
      }
    }

    @Test
    void whatCannotBeProvokedHereIsMappedAlike() {
      var uri = URI.create("https://api.example.com/v1");
      var refusal = new ConnectException();
      refusal.initCause(new UnresolvedAddressException());
      assertThat(NetworkFailures.of(new CompletionException(refusal), uri, false).detail())
          .isEqualTo("api.example.com: the name does not resolve");
      // Windows has words of its own for a reset.
      String words = "An existing connection was forcibly closed by the remote host";
      assertThat(NetworkFailures.of(new IOException(words), uri, true).detail())
          .isEqualTo("the connection was reset");
      var late = new HttpTimeoutException("request timed out"); // Where thousands connect at once.
      late.initCause(new ConnectException("HTTP connect timed out"));
      for (var slow : List.of(new HttpConnectTimeoutException("x"), late)) {
        assertThat(NetworkFailures.of(slow, uri, false).detail())
            .isEqualTo("api.example.com: connecting took too long");
      }
      var distrust = new SSLHandshakeException("x");
      distrust.initCause(new CertificateException("secret"));
      assertThat(NetworkFailures.of(distrust, uri, false))
          .isEqualTo(
              Failure.permanent(
                  Cause.CONNECTION_FAILED,
                  "api.example.com: the certificate is not trusted: must be signed by an authority"
                      + " that is trusted here, was signed by itself or by another"));
      assertThat(NetworkFailures.of(new SSLHandshakeException("x"), uri, false).isRetryable())
          .isTrue();
      assertThat(NetworkFailures.of(new IOException("secret"), uri, true))
          .isEqualTo(
              Failure.retryable(Cause.CONNECTION_LOST, "the connection broke (IOException)"));
    }
  }

  /** What the receiver was told, in order. */
  private static final class Told implements Transport.Receiver {
    private final LinkedBlockingQueue<String> queue = new LinkedBlockingQueue<>();

    String next() throws InterruptedException {
      return queue.take();
    }

    /** As many bytes, joined, for the JDK may merge them. */
    String bytes(int length) throws InterruptedException {
      var text = new StringBuilder();
      while (text.length() < length) {
        text.append(next().substring("bytes ".length()));
      }
      return text.toString();
    }

    @Override
    public void onHead(ResponseHead head) {
      queue.add("head " + head.status() + " " + head.header("Content-Type"));
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      queue.add("bytes " + StandardCharsets.UTF_8.decode(bytes));
    }

    @Override
    public void onEnd() {
      queue.add("end");
    }

    @Override
    public void onFailure(Failure failure) {
      queue.add(failure.cause() + " " + failure.detail());
    }
  }
}
