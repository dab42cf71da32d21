package dev.holdfast.testkit.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.WireObserver;
import dev.holdfast.testkit.WireObserver.End;
import dev.holdfast.testkit.WireReader;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.RetryAfterHeader;
import dev.holdfast.testkit.fault.Script;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Faults that strike before HTTP has a say: refused connections, and TLS. */
final class ConnectionFaultsTest {
  private static final Answer ANSWER = Answer.ofText("The tide turns twice a day.");

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aCrashResetsAndThenRefuses(Protocol protocol) throws IOException {
    // Its clock stands still: a test that is kept waiting comes no later for that.
    try (var server =
        FaultServer.builder()
            .answer(ANSWER)
            .script(Script.of("refused@for=400ms"))
            .virtualTime()
            .start()) {
      try (var observer = new WireObserver(server.baseUrl())) {
        observer.post(protocol, Requests.of(protocol, "Hi"));
        assertThat(observer.observe().end()).isEqualTo(End.RST);
      }
      assertThatThrownBy(() -> new WireObserver(server.baseUrl()))
          .isInstanceOf(ConnectException.class);
      server.advance(Duration.ofMillis(399));
      assertThatThrownBy(() -> new WireObserver(server.baseUrl()))
          .isInstanceOf(ConnectException.class);
      server.advance(Duration.ofMillis(1));
      try (var again = connected(server)) {
        again.post(protocol, Requests.of(protocol, "Hi"));
        assertThat(WireReader.text(again.observe().text())).isEqualTo(ANSWER.text());
      }
    }
  }

  /** Tries until the port is back, which is what the test's own timeout bounds. */
  private static WireObserver connected(FaultServer server) throws IOException {
    while (!Thread.currentThread().isInterrupted()) {
      try {
        return new WireObserver(server.baseUrl());
      } catch (ConnectException e) {
        Thread.onSpinWait();
      }
    }
    throw new AssertionError("the port did not come back");
  }

  @Test
  void connectionsCanBeRefusedWithoutACrash() throws Exception {
    try (var server = FaultServer.builder().answer(ANSWER).start();
        var open = new WireObserver(server.baseUrl())) {
      open.post(Protocol.OPENAI_CHAT, Requests.of(Protocol.OPENAI_CHAT, "Hi"));
      assertThat(open.observe().status()).isEqualTo(200);
      server.refuse(Duration.ofHours(1));

      assertThatThrownBy(() -> new WireObserver(server.baseUrl()))
          .isInstanceOf(ConnectException.class);
      open.post(Protocol.OPENAI_CHAT, Requests.of(Protocol.OPENAI_CHAT, "Hi"));
      assertThat(open.observe().status()).as("open connections stay").isEqualTo(200);
      server.refuse(Duration.ofNanos(1));
      try (var again = connected(server)) {
        again.post(Protocol.OPENAI_CHAT, Requests.of(Protocol.OPENAI_CHAT, "Hi"));
        assertThat(again.observe().status()).isEqualTo(200);
      }
      assertThat(server.connections()).isEqualTo(2);
    }
  }

  @Test
  void aStormTurnsEveryAttemptAwayUntilItIsOver() throws IOException {
    var waits =
        java.util.Arrays.asList(RetryAfterHeader.seconds(2), null, RetryAfterHeader.millis(250));
    try (var server = FaultServer.builder().answer(ANSWER).script(Script.storm(4, waits)).start();
        var observer = new WireObserver(server.baseUrl())) {
      for (String header :
          new String[] {"retry-after: 2", "", "retry-after-ms: 250", "retry-after: 2"}) {
        observer.post(Protocol.OPENAI_CHAT, Requests.of(Protocol.OPENAI_CHAT, "Hi"));
        var seen = observer.observe();

        assertThat(seen.status()).isEqualTo(429);
        assertThat(seen.head()).contains(header);
      }
      observer.post(Protocol.OPENAI_CHAT, Requests.of(Protocol.OPENAI_CHAT, "Hi"));
      assertThat(observer.observe().status()).isEqualTo(200);
    }
  }

  private static FaultServer secure(String connections, String requests) {
    return FaultServer.builder()
        .answer(ANSWER)
        .tls(Script.of(connections))
        .script(Script.of(requests))
        .start();
  }

  /** A client that checks the certificate and the name on it, as HTTPS clients do. */
  private static SSLSocket connect(FaultServer server, SSLContext context) throws IOException {
    var raw = new Socket(InetAddress.getLoopbackAddress(), server.port());
    raw.setSoTimeout(60_000);
    var socket =
        (SSLSocket) context.getSocketFactory().createSocket(raw, "localhost", server.port(), true);
    var parameters = socket.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }

  private static String ask(SSLSocket socket, Protocol protocol) throws IOException {
    String body = Requests.of(protocol, "Hi");
    String request =
        "POST %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
            .formatted(Requests.address(protocol), body.length(), body);
    socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
    return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aHealthyServerSpeaksTls(Protocol protocol) throws IOException {
    try (var server = secure("", "");
        var socket = connect(server, server.trusting())) {
      assertThat(server.baseUrl()).hasScheme("https");
      assertThat(ask(socket, protocol)).startsWith("HTTP/1.1 200 OK\r\n").endsWith("0\r\n\r\n");
    }
  }

  @Test
  void aStrangersCertificateIsNotTrusted() throws Exception {
    try (var server = secure("tls-untrusted", "")) {
      assertThatThrownBy(() -> connect(server, server.trusting()))
          .isInstanceOf(SSLHandshakeException.class)
          .hasMessageContaining("PKIX path");
      connect(server, server.trusting()).close();
      assertThatThrownBy(() -> connect(server, SSLContext.getDefault()))
          .as("and without knowing it, nobody is")
          .isInstanceOf(SSLHandshakeException.class);
    }
  }

  @Test
  void aTrustedCertificateIsAnotherHosts() throws IOException {
    try (var server = secure("tls-wrong-host", "")) {
      assertThatThrownBy(() -> connect(server, server.trusting()))
          .isInstanceOf(SSLHandshakeException.class)
          .hasMessageContaining("localhost");
      connect(server, server.trusting()).close();
    }
  }

  @Test
  void aHandshakeIsCut() throws IOException {
    try (var server = secure("tls-cut; ", "")) {
      assertThatThrownBy(() -> connect(server, server.trusting()))
          .isInstanceOf(SSLException.class)
          .hasCauseInstanceOf(EOFException.class);
      connect(server, server.trusting()).close();
    }
    try (var server = secure("tls-cut@by=rst", "")) {
      assertThatThrownBy(() -> connect(server, server.trusting()))
          .isInstanceOfAny(SocketException.class, SSLException.class)
          .hasMessageContaining("reset");
    }
  }

  @Test
  void aBodyUnderTlsIsCutWithoutGoodbye() throws IOException {
    try (var server = secure("", "cut-fin@event=4");
        var socket = connect(server, server.trusting())) {
      // The JDK takes a FIN beneath TLS for an end; that it came too early is seen all the same.
      assertThat(ask(socket, Protocol.OPENAI_CHAT)).contains("data: {").doesNotContain("\r\n0\r\n");
    }
  }

  @Test
  void inTheClearThereIsNoHandshakeToBreak() throws IOException {
    try (var server =
            FaultServer.builder().answer(ANSWER).script(Script.of("tls-untrusted")).start();
        var observer = new WireObserver(server.baseUrl())) {
      observer.post(Protocol.OPENAI_CHAT, Requests.of(Protocol.OPENAI_CHAT, "Hi"));

      assertThat(observer.observe().status()).isEqualTo(200);
      assertThat(server.received().getFirst().struck()).isEmpty();
      assertThatThrownBy(server::trusting)
          .isInstanceOf(IllegalStateException.class)
          .hasMessage("tls: must be switched on, was off");
    }
  }
}
