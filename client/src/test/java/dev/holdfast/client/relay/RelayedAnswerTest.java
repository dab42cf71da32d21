package dev.holdfast.client.relay;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.JdkTransport;
import dev.holdfast.client.ProviderException;
import dev.holdfast.client.StreamTimeoutException;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers whose first request the relay sends over a transport, and their publisher. */
@Tag("slow")
class RelayedAnswerTest {
  private static final String STORY =
      "The harbour master counted the ships that had left in the morning and wrote their names "
          + "down, one under the other, in a book with a blue cover.";

  private static final String CHAT =
      "{\"model\":\"gpt-4.1\",\"stream\":true,\"temperature\":0,"
          + "\"messages\":[{\"role\":\"user\",\"content\":\"Tell me about the harbour.\"}]}";

  private final List<AutoCloseable> open = new ArrayList<>();
  private final JdkTransport transport = new JdkTransport();

  @BeforeEach
  void closeTransportLast() {
    open.add(transport);
  }

  @AfterEach
  void closeAll() throws Exception {
    for (var resource : open.reversed()) {
      resource.close();
    }
  }

  private FaultServer server(String... attempts) {
    var server =
        FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(attempts)).start();
    open.add(server);
    return server;
  }

  private static RelayedRequest request(FaultServer server, String body) {
    var uri = URI.create(server.baseUrl() + "/chat/completions");
    var headers =
        Map.of(
            "Content-Type", List.of("application/json"),
            "Accept-Encoding", List.of("gzip"),
            "Idempotency-Key", List.of("one"));
    return new RelayedRequest("POST", uri, headers, body);
  }

  private RelayedAnswer answer(FaultServer server, StreamRelay relay, Duration headTimeout) {
    var answer =
        relay
            .open(request(server, CHAT), TransportExchange.sender(transport, headTimeout))
            .orElseThrow();
    open.add(answer);
    return answer;
  }

  private RelayedAnswer answer(FaultServer server) {
    return answer(server, StreamRelay.ofDefaults(), Duration.ZERO);
  }

  private static StreamRelay once() {
    var retry = RetryPolicy.DEFAULT.withMaxAttempts(1).withMaxContinuations(0);
    return StreamRelay.builder().policy(StreamPolicy.DEFAULT.withRetry(retry)).build();
  }

  private static String text(byte[] body) {
    return StreamRelayTest.text(new String(body, StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "status@code=429,retry-after=1ms",
        "status@code=500",
        "cut-head@bytes=20",
        "cut-rst@token=0",
        "cut-fin@token=12",
        "slow-close"
      })
  void anAnswerThatBreaksAnywhereIsWhole(String fault) throws Exception {
    var server = server(fault);
    var answer = answer(server);
    assertThat(answer.head().status()).isEqualTo(200);
    byte[] body = answer.body().readAllBytes();
    assertThat(text(body)).isEqualTo(STORY);
    assertThat(new String(body, StandardCharsets.UTF_8)).endsWith("data: [DONE]\n\n");
    assertThat(answer.hasFailed()).isFalse();
    assertThat(server.received().getFirst().headers().get("idempotency-key")).contains("one");
  }

  @Test
  void aRefusalCarriesItsStatus() {
    var answer = answer(server("status@code=503"), once(), Duration.ZERO);
    assertThatThrownBy(answer::head)
        .isInstanceOf(IOException.class)
        .cause()
        .isInstanceOfSatisfying(
            ProviderException.class,
            broken ->
                assertThat(broken.failure().orElseThrow().httpStatus().orElse(0)).isEqualTo(503));
    assertThat(answer.hasFailed()).isTrue();
  }

  @Test
  void aMissingHeadIsATimeout() {
    var answer = answer(server("stall@head"), once(), Duration.ofMillis(200));
    assertThatThrownBy(answer::head)
        .hasCauseInstanceOf(StreamTimeoutException.class)
        .hasMessageContaining("no response came within 200 ms");
  }

  @Test
  void closingBeforeTheHeadClosesTheSocket() throws Exception {
    var server = server("stall@head");
    var answer = answer(server);
    var reader = Thread.ofVirtual().start(() -> assertThatThrownBy(answer::head));
    while (server.received().isEmpty()) {
      Thread.onSpinWait();
    }
    answer.close();
    assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
    reader.join();
    assertThat(server.received()).hasSize(1);
  }

  @Test
  void aRequestForNoStreamIsTheHosts() {
    var plain = CHAT.replace("\"stream\":true,", "");
    assertThat(
            StreamRelay.ofDefaults()
                .open(request(server(), plain), TransportExchange.sender(transport)))
        .isEmpty();
  }

  /** Takes what it demands. */
  private static final class Probe implements Flow.Subscriber<ByteBuffer> {
    private static final Object END = new Object();

    private final LinkedBlockingQueue<Object> signals = new LinkedBlockingQueue<>();
    private final LinkedBlockingQueue<Flow.Subscription> subscriptions =
        new LinkedBlockingQueue<>();

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      subscriptions.add(subscription);
    }

    @Override
    public void onNext(ByteBuffer piece) {
      signals.add(piece);
    }

    @Override
    public void onError(Throwable thrown) {
      signals.add(thrown);
    }

    @Override
    public void onComplete() {
      signals.add(END);
    }
  }

  @Test
  void thePublisherHandsOutWhatIsDemandedAndNoMore() throws Exception {
    var answer = answer(server("cut-rst@token=9"));
    var probe = new Probe();
    RelayedAnswer.publisher(answer.body()).subscribe(probe);
    var subscription = probe.subscriptions.take();
    var body = new StringBuilder();
    while (true) {
      assertThat(probe.signals).isEmpty();
      subscription.request(1);
      var signal = probe.signals.take();
      if (!(signal instanceof ByteBuffer piece)) {
        assertThat(signal).isSameAs(Probe.END);
        break;
      }
      body.append(StandardCharsets.UTF_8.decode(piece));
    }
    assertThat(StreamRelayTest.text(body.toString())).isEqualTo(STORY);
  }

  @Test
  void cancellingThePublisherClosesTheSocket() throws Exception {
    var server = server("stall@token=5");
    var probe = new Probe();
    var publisher = RelayedAnswer.publisher(answer(server).body());
    publisher.subscribe(probe);
    var subscription = probe.subscriptions.take();
    subscription.request(Long.MAX_VALUE);
    assertThat(probe.signals.take()).isInstanceOf(ByteBuffer.class);
    subscription.cancel();
    assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();

    var second = new Probe();
    publisher.subscribe(second);
    second.subscriptions.take().request(1);
    assertThat(second.signals.take())
        .isInstanceOfSatisfying(
            IllegalStateException.class,
            refused ->
                assertThat(refused)
                    .hasMessage("body: must have one subscriber, was given another"));
  }
}
