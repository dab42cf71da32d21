package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import mockwebserver3.MockResponse;
import okhttp3.Protocol;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The client as providers see it: TLS, and HTTP/2 where the server speaks it. */
final class TlsAndHttp2Test {
  private static final String STORY =
      """
      The lamplighter kept a list of every lamp on the quay, and beside each one the name of the \
      ship it had last brought home. When the gas was replaced he kept the list, and went on \
      walking his round each evening, because ships, he said, like to be expected by somebody.\
      """;

  /** Opened by the test once it has read the first token. */
  private final CountDownLatch goOn = new CountDownLatch(1);

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable resource : open.reversed()) {
      resource.close();
    }
  }

  private TlsServer server(Protocol protocol, TlsServer.Script... scripts) throws IOException {
    var server = new TlsServer(protocol, STORY, scripts);
    open.add(server);
    return server;
  }

  private Holdfast client(TlsServer server, JdkTransport transport) {
    open.add(transport);
    return Holdfast.builder()
        .upstream(Upstream.of("openai-chat", server.baseUrl().toString(), "sk-very-secret"))
        .transport(transport)
        // The handshake's first classes may take a busy machine long to load.
        .policy(StreamPolicy.DEFAULT.withTimeouts(Timeouts.DEFAULT.withConnect(Duration.ZERO)))
        .build();
  }

  private Holdfast client(TlsServer server) {
    return client(server, JdkTransport.builder().tls(TlsServer.trusting()).build());
  }

  private static ChatRequest request() {
    return ChatRequest.to("gpt-4.1").user("Tell me of the lamps.").maxTokens(1000).build();
  }

  private static String version(Protocol protocol) {
    return protocol == Protocol.HTTP_2 ? "HTTP/2" : "HTTP/1.1";
  }

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"HTTP_2", "HTTP_1_1"})
  void everyEventIsDeliveredBeforeTheNextIsSent(Protocol protocol) throws Exception {
    var server =
        server(
            protocol,
            reply -> {
              reply.send(0, 3);
              goOn.await();
              reply.send(3, reply.events.size());
              reply.end();
            });
    try (var stream = client(server).stream(request())) {
      var tokens = stream.textDeltas().iterator();
      String first = tokens.next();
      goOn.countDown();
      var text = new StringBuilder(first);
      tokens.forEachRemaining(text::append);
      Outcome outcome = stream.outcome();
      assertThat(text).hasToString(STORY);
      assertThat(outcome.isComplete()).isTrue();
      assertThat(outcome.attempts()).hasSize(1);
      assertThat(server.request().getVersion()).isEqualTo(version(protocol));
      assertThat(server.crashes).isEmpty();
    }
  }

  @Nested
  final class Breaking {
    private void isRecovered(Protocol protocol, String detail, TlsServer.Script fault)
        throws Exception {
      isRecovered(protocol, List.of(detail), fault);
    }

    private void isRecovered(Protocol protocol, List<String> details, TlsServer.Script fault)
        throws Exception {
      var server =
          server(
              protocol,
              reply -> {
                reply.send(0, 12);
                goOn.await();
                fault.run(reply);
              });
      try (var stream = client(server).stream(request())) {
        var tokens = stream.textDeltas().iterator();
        var text = new StringBuilder(tokens.next());
        goOn.countDown();
        tokens.forEachRemaining(text::append);
        assertThat(text).hasToString(STORY);
        assertThat(stream.outcome().attempts()).hasSize(2);
        var failure = stream.outcome().attempts().getFirst().failure().orElseThrow();
        assertThat(failure.cause()).isEqualTo(Cause.CONNECTION_LOST);
        assertThat(failure.isRetryable()).isTrue();
        assertThat(failure.detail()).isIn(details);
        assertThat(server.request().getVersion()).isEqualTo(version(protocol));
        assertThat(server.crashes).isEmpty();
      }
    }

    @Test
    void aStreamResetByTheServerIsRecovered() throws Exception {
      isRecovered(Protocol.HTTP_2, "the stream was reset", TlsServer.Reply::resetStream);
    }

    @Test
    void aStreamResetForNoReasonIsRecovered() throws Exception {
      isRecovered(Protocol.HTTP_2, "the stream was reset", TlsServer.Reply::resetStreamCalmly);
    }

    @Test
    void aConnectionThatGoesAwayLetsItsStreamsEnd() throws Exception {
      var server =
          server(
              Protocol.HTTP_2,
              reply -> {
                reply.send(0, 12);
                goOn.await();
                reply.goAway();
                reply.send(12, reply.events.size());
                reply.end();
              });
      var client = client(server);
      try (var stream = client.stream(request())) {
        var tokens = stream.textDeltas().iterator();
        var text = new StringBuilder(tokens.next());
        goOn.countDown();
        tokens.forEachRemaining(text::append);
        assertThat(text).hasToString(STORY);
        assertThat(stream.outcome().attempts()).hasSize(1);
      }
      try (var stream = client.stream(request())) {
        assertThat(stream.text()).isEqualTo(STORY);
        assertThat(stream.outcome().attempts()).hasSize(1);
      }
      assertThat(server.connectionCount()).isEqualTo(2);
    }

    @Test
    void aConnectionThatGoesAwayAndClosesIsRecovered() throws Exception {
      isRecovered(
          Protocol.HTTP_2,
          "the connection ended within the body",
          reply -> {
            reply.goAway();
            reply.closeUnderTls();
          });
    }

    @ParameterizedTest
    @EnumSource(
        value = Protocol.class,
        names = {"HTTP_2", "HTTP_1_1"})
    void finWithCloseNotifyIsRecovered(Protocol protocol) throws Exception {
      // The server says GOAWAY and RST_STREAM before it closes; either end may be seen first.
      var details =
          protocol == Protocol.HTTP_2
              ? List.of("the stream was reset", "the connection ended within the body")
              : List.of("the body ended inside the chunked encoding");
      isRecovered(protocol, details, TlsServer.Reply::closeConnection);
    }

    @ParameterizedTest
    @EnumSource(
        value = Protocol.class,
        names = {"HTTP_2", "HTTP_1_1"})
    void finWithoutCloseNotifyIsRecovered(Protocol protocol) throws Exception {
      isRecovered(
          protocol,
          protocol == Protocol.HTTP_2
              ? "the connection ended within the body"
              : "the body ended inside the chunked encoding",
          TlsServer.Reply::closeUnderTls);
    }

    @ParameterizedTest
    @EnumSource(
        value = Protocol.class,
        names = {"HTTP_2", "HTTP_1_1"})
    void aResetConnectionIsRecovered(Protocol protocol) throws Exception {
      isRecovered(protocol, "the connection was reset", TlsServer.Reply::resetUnderTls);
    }
  }

  @Test
  void anUntrustedCertificateFailsOnceAndIsNamed() throws Exception {
    var server = server(Protocol.HTTP_2);
    try (var stream = client(server, new JdkTransport()).stream(request())) {
      Outcome outcome = stream.outcome();
      String where = "localhost:" + server.baseUrl().getPort();
      assertThat(outcome.failure())
          .contains(
              Failure.permanent(
                  Cause.CONNECTION_FAILED,
                  where
                      + ": the certificate is not trusted: must be signed by an authority that is"
                      + " trusted here, was signed by itself or by another"));
      assertThat(outcome.attempts()).hasSize(1);
      assertThat(outcome.toString() + outcome.failure()).doesNotContain("very-secret");
      assertThat(server.requestCount()).isZero();
    }
  }

  @Test
  void aHandshakeThatNeverEndsIsAConnectTimeout() throws Exception {
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        var transport = new JdkTransport(TlsServer.trusting());
        var client =
            Holdfast.builder()
                .upstream(
                    Upstream.of("openai-chat", "https://localhost:" + silent.getLocalPort(), "k"))
                .transport(transport)
                .policy(
                    StreamPolicy.DEFAULT
                        .withRetry(RetryPolicy.NONE)
                        .withTimeouts(Timeouts.DEFAULT.withConnect(Duration.ofMillis(200))))
                .build();
        var stream = client.stream(request())) {
      assertThat(stream.outcome().failure())
          .contains(
              Failure.retryable(
                  Cause.CONNECTION_FAILED,
                  "localhost:" + silent.getLocalPort() + ": connecting took too long"));
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"HTTP_2", "HTTP_1_1"})
  void closingAStalledStreamReachesTheServerWithinASecond(Protocol protocol) throws Exception {
    var stalled = new CountDownLatch(1);
    var sawEnd = new CountDownLatch(1);
    var server =
        server(
            protocol,
            reply -> {
              reply.send(0, 12);
              stalled.countDown();
              reply.awaitClosed();
              sawEnd.countDown();
            });
    var stream = client(server).stream(request());
    var reading = new FutureTask<>(stream::outcome);
    var reader = Thread.ofVirtual().start(reading);
    stalled.await();
    while (reader.getState() != Thread.State.WAITING
        && reader.getState() != Thread.State.TIMED_WAITING) {
      Thread.onSpinWait();
    }
    stream.close();
    assertThat(Second.isEnoughFor(sawEnd)).isTrue();
    assertThat(reading.get().cause()).contains(Cause.CANCELLED);
  }

  @Test
  void aWaitAskedForOverHttp2IsObserved() throws Exception {
    var server =
        TlsServer.answering(
            Protocol.HTTP_2,
            STORY,
            new MockResponse.Builder().code(429).addHeader("retry-after-ms", "40").build());
    open.add(server);
    try (var stream = client(server).stream(request())) {
      var waits = new ArrayList<Duration>();
      stream.forEach(event -> {
        if (event instanceof StreamEvent.Retrying retrying) {
          waits.add(retrying.delay());
        }
      });
      assertThat(stream.outcome().text()).isEqualTo(STORY);
      assertThat(stream.outcome().attempts()).hasSize(2);
      assertThat(waits).hasSize(1).allMatch(wait -> wait.compareTo(Duration.ofMillis(40)) >= 0);
      assertThat(server.request().getVersion()).isEqualTo("HTTP/2");
      assertThat(server.request().getHeaders().get("x-stainless-retry-count")).isEqualTo("1");
    }
  }
}
