package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.gateway.config.ClientGone;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.Identical;
import dev.holdfast.gateway.config.MemoryLimits;
import dev.holdfast.testkit.fault.Protocol;
import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What becomes of a stream whose client leaves, and of one that is asked for twice. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class ClientGoneTest {
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nx-request-id: r-9\r\n\r\n";
  private static final Duration LONG = Duration.ofMinutes(10);

  private static String chunk(String delta, String finish) {
    return "data: {\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","
        + "\"choices\":[{\"index\":0,\"delta\":"
        + delta
        + ",\"finish_reason\":"
        + finish
        + "}]}\n\n";
  }

  private static final String FIRST =
      chunk("{\"role\":\"assistant\",\"content\":\"One word \"}", "null");
  private static final String REST =
      chunk("{\"content\":\"and another.\"}", "null")
          + chunk("{}", "\"stop\"")
          + "data: {\"id\":\"c-1\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","
          + "\"choices\":[],\"usage\":{\"prompt_tokens\":11,\"completion_tokens\":5,"
          + "\"total_tokens\":16}}\n\n"
          + "data: [DONE]\n\n";

  private static void write(Socket connection, String text) throws IOException {
    connection.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    connection.getOutputStream().flush();
  }

  private static String chat(String... headers) {
    return RawClient.request(
        "POST", "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT), headers);
  }

  /** A gateway whose upstream sends its first word, and the rest once it may. */
  private static final class Stage implements AutoCloseable {
    final Semaphore go = new Semaphore(0);
    final AtomicInteger asked = new AtomicInteger();
    final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();
    final Semaphore logged = new Semaphore(0);
    final ScriptedUpstream upstream;
    final Gateway gateway;

    Stage(UnaryOperator<GatewayConfig> change) throws IOException {
      this(change, HEAD + FIRST, REST);
    }

    Stage(UnaryOperator<GatewayConfig> change, String first, String rest) throws IOException {
      Leaks.watch();
      upstream =
          new ScriptedUpstream((request, connection) -> {
            asked.incrementAndGet();
            write(connection, first);
            go.acquire();
            write(connection, rest);
            connection.shutdownOutput();
          });
      // No clock of the machine ends anything: what ends is ended by the client's leaving.
      var patient =
          StreamPolicy.DEFAULT.withTimeouts(new Timeouts(LONG, LONG, LONG, LONG, Duration.ZERO));
      gateway =
          Gateway.builder(
                  change.apply(
                      RelayTest.config(upstream, "openai-chat", "/v1")
                          .withSignsOfLife(LONG, LONG)
                          .withPolicy(patient)))
              .accessLog(line -> {
                log.add(line);
                logged.release();
              })
              .start();
    }

    String awaitLine() throws InterruptedException {
      assertThat(logged.tryAcquire(60, TimeUnit.SECONDS)).as("a line of the log").isTrue();
      return log.remove();
    }

    /** A client that has read the first word and leaves. */
    void leave() throws IOException {
      try (var client = new RawClient(gateway.port())) {
        client.send(chat());
        assertThat(client.head().status()).isEqualTo(200);
        readUntil(client, "One word");
      }
    }

    /** As {@link #leave}, until the stream runs on without the client. */
    void leaveAlone() throws IOException {
      leave();
      while (gateway.unattended() == 0) {
        Thread.onSpinWait();
      }
    }

    @Override
    public void close() {
      go.release(100);
      gateway.close();
      upstream.close();
    }
  }

  private static String readUntil(RawClient client, String words) throws IOException {
    var seen = new StringBuilder();
    while (seen.indexOf(words) < 0) {
      int b = client.stream().read();
      assertThat(b).as(seen.toString()).isNotNegative();
      seen.append((char) b);
    }
    return seen.toString();
  }

  private static UnaryOperator<GatewayConfig> gone(ClientGone gone) {
    return config ->
        config.withStreams(streams -> streams.withDelivery(d -> d.withClientGone(gone)));
  }

  private static UnaryOperator<GatewayConfig> identical(Identical identical) {
    return config ->
        config.withStreams(streams -> streams.withDelivery(d -> d.withIdentical(identical, LONG)));
  }

  // ---------------------------------------------------------------- cancel

  enum Phase {
    BEFORE_THE_HEAD,
    AFTER_THE_HEAD,
    SILENT,
    IN_BACKOFF,
    IN_A_CONTINUATION
  }

  /**
   * Every clock is ten minutes long: only the client's leaving can end the upstream's connection.
   */
  @ParameterizedTest
  @EnumSource(Phase.class)
  void cancelEndsTheUpstreamInEveryPhase(Phase phase) throws Exception {
    var number = new AtomicInteger();
    var reached = new CountDownLatch(1);
    var ended = new CountDownLatch(1);
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              int attempt = number.incrementAndGet();
              switch (phase) {
                case BEFORE_THE_HEAD -> {}
                case AFTER_THE_HEAD -> write(connection, HEAD);
                case SILENT -> write(connection, HEAD + FIRST);
                case IN_BACKOFF ->
                    write(
                        connection,
                        "HTTP/1.1 503 Busy\r\nRetry-After: 20\r\nContent-Length: 0\r\n\r\n");
                case IN_A_CONTINUATION -> {
                  if (attempt == 1) {
                    write(connection, HEAD + FIRST);
                    connection.shutdownOutput();
                    return;
                  }
                }
              }
              reached.countDown();
              while (connection.getInputStream().read() >= 0) {
                // Until the gateway closes it.
              }
              ended.countDown();
            });
        var gateway =
            Gateway.start(
                RelayTest.config(upstream, "openai-chat", "/v1")
                    .withSignsOfLife(phase == Phase.IN_BACKOFF ? LONG : Duration.ZERO, LONG)
                    .withPolicy(
                        StreamPolicy.DEFAULT.withTimeouts(
                            new Timeouts(LONG, LONG, LONG, LONG, Duration.ZERO))))) {
      try (var client = new RawClient(gateway.port())) {
        client.send(chat());
        assertThat(reached.await(60, TimeUnit.SECONDS)).isTrue();
        assertThat(gateway.open()).isEqualTo(1);
      }
      assertThat(ended.await(60, TimeUnit.SECONDS)).isTrue();
      while (gateway.open() > 0) {
        Thread.onSpinWait();
      }
      assertThat(number).hasValue(phase == Phase.IN_A_CONTINUATION ? 2 : 1);
    }
  }

  // ---------------------------------------------------------------- drain

  @Test
  void drainReadsToTheEndSoThatTheTokensAreKnown() throws Exception {
    try (var stage = new Stage(gone(new ClientGone.Drain(LONG)))) {
      stage.leaveAlone();
      stage.go.release();
      assertThat(stage.awaitLine())
          .contains("\"outcome\":\"client_gone\"", "\"verdict\":\"COMPLETE\"")
          .contains("\"input_tokens\":11", "\"output_tokens\":5");
      assertThat(stage.asked).hasValue(1);
    }
  }

  @Test
  void drainEndsAfterItsTime() throws Exception {
    try (var stage = new Stage(gone(new ClientGone.Drain(Duration.ofMillis(50))))) {
      stage.leave(); // The upstream is silent.
      assertThat(stage.awaitLine())
          .contains("\"outcome\":\"client_gone\"")
          .doesNotContain("\"verdict\":\"COMPLETE\"");
      assertThat(stage.gateway.unattended()).isZero();
    }
  }

  @Test
  void drainMakesNoFurtherAttempt() throws Exception {
    try (var stage = new Stage(gone(new ClientGone.Drain(LONG)), HEAD + FIRST, "")) {
      stage.leaveAlone();
      stage.go.release(); // The upstream ends without a proof.
      assertThat(stage.awaitLine())
          .contains("\"outcome\":\"client_gone\"")
          .doesNotContain("\"verdict\":\"COMPLETE\"");
      assertThat(stage.asked).hasValue(1);
    }
  }

  // ---------------------------------------------------------------- detach

  @Test
  void detachRunsOnAndAnIdenticalRequestReceivesTheSameAnswerFromItsStart() throws Exception {
    try (var stage = new Stage(gone(new ClientGone.Detach(LONG)))) {
      stage.leaveAlone();
      try (var again = new RawClient(stage.gateway.port())) {
        again.send(chat());
        var head = again.head();
        assertThat(head.status()).isEqualTo(200);
        assertThat(head.header("x-holdfast-attached")).isEqualTo("1");
        assertThat(head.header("x-request-id")).isEqualTo("r-9");
        readUntil(again, "One word");
        stage.go.release();
        readUntil(again, "[DONE]");
      }
      assertThat(stage.asked).hasValue(1);
      String lines = stage.awaitLine() + stage.awaitLine();
      assertThat(lines).contains("\"outcome\":\"client_gone\"", "\"attached\":true");
    }
  }

  @Test
  void aWholeAnswerIsKeptForAWhile() throws Exception {
    try (var stage = new Stage(gone(new ClientGone.Detach(LONG)))) {
      stage.leaveAlone();
      stage.go.release();
      assertThat(stage.awaitLine()).contains("client_gone");
      var again =
          RawClient.post(
              stage.gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT));
      assertThat(again.whole()).isTrue();
      assertThat(again.text()).isEqualTo(FIRST + REST);
      assertThat(stage.asked).hasValue(1);
      // Another key is another tenant.
      stage.go.release();
      var other =
          RawClient.post(
              stage.gateway.port(),
              "/v1/chat/completions",
              Rig.body(Protocol.OPENAI_CHAT),
              "Authorization: Bearer another");
      assertThat(other.header("x-holdfast-attached")).isEmpty();
      assertThat(stage.asked).hasValue(2);
    }
  }

  @Test
  void nothingOfAnAnswerIsKeptForLongerThanItMay() throws Exception {
    try (var stage = new Stage(gone(new ClientGone.Detach(Duration.ofMillis(1))))) {
      stage.leaveAlone();
      stage.go.release();
      assertThat(stage.awaitLine()).contains("client_gone");
      while (stage.gateway.keptAnswerBytes() > 0) {
        Thread.onSpinWait();
      }
      stage.go.release();
      assertThat(
              RawClient.post(
                      stage.gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT))
                  .header("x-holdfast-attached"))
          .isEmpty();
      assertThat(stage.asked).hasValue(2);
    }
  }

  @Test
  void aDetachedStreamEndsWithTheGateway() throws Exception {
    var stage = new Stage(gone(new ClientGone.Detach(LONG)));
    stage.leaveAlone();
    stage.gateway.close();
    assertThat(stage.awaitLine()).contains("\"outcome\":\"client_gone\"");
    assertThat(stage.gateway.unattended()).isZero();
    stage.close();
  }

  // ---------------------------------------------------------------- identical requests

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void anIdenticalRequestAttaches(boolean late) throws Exception {
    try (var stage = new Stage(identical(Identical.ATTACH))) {
      try (var one = new RawClient(stage.gateway.port());
          var two = new RawClient(stage.gateway.port())) {
        one.send(chat("Connection: close"));
        if (late) {
          assertThat(one.head().status()).isEqualTo(200);
          readUntil(one, "One word");
        } else {
          assertThat(stage.upstream.awaitAsked()).isTrue();
        }
        two.send(chat());
        assertThat(two.head().header("x-holdfast-attached")).isEqualTo("1");
        String start = readUntil(two, "One word");
        stage.go.release();
        assertThat(start + readUntil(two, "[DONE]")).contains("One word", "and another.");
        assertThat(new String(one.rest(), StandardCharsets.UTF_8)).contains("[DONE]");
      }
      assertThat(stage.asked).hasValue(1);
      // Its tokens were paid once, and are counted once.
      String lines = stage.awaitLine() + stage.awaitLine();
      assertThat(lines.split("\"output_tokens\":5", -1)).hasSize(2);
      assertThat(lines.split("\"outcome\":\"complete\"", -1)).hasSize(3);
    }
  }

  @Test
  void aStreamIsCancelledOnceTheLastOfItsClientsHasLeft() throws Exception {
    try (var stage = new Stage(identical(Identical.ATTACH));
        var two = new RawClient(stage.gateway.port())) {
      try (var one = new RawClient(stage.gateway.port())) {
        one.send(chat());
        assertThat(one.head().status()).isEqualTo(200);
        readUntil(one, "One word");
        two.send(chat());
        readUntil(two, "One word");
      }
      stage.go.release();
      readUntil(two, "[DONE]");
      assertThat(stage.asked).hasValue(1);
    }
    try (var stage = new Stage(identical(Identical.ATTACH))) {
      try (var one = new RawClient(stage.gateway.port());
          var two = new RawClient(stage.gateway.port())) {
        one.send(chat());
        readUntil(one, "One word");
        two.send(chat());
        readUntil(two, "One word");
      }
      stage.awaitLine();
      stage.awaitLine();
      assertThat(stage.gateway.open()).isZero();
    }
  }

  @Test
  void anIdenticalRequestReplaces() throws Exception {
    try (var stage = new Stage(identical(Identical.REPLACE));
        var one = new RawClient(stage.gateway.port());
        var two = new RawClient(stage.gateway.port())) {
      one.send(chat("Connection: close"));
      assertThat(one.head().status()).isEqualTo(200);
      readUntil(one, "One word");
      two.send(chat());
      assertThat(new String(one.rest(), StandardCharsets.UTF_8))
          .contains("\"error\"", "replaced")
          .doesNotContain("[DONE]");
      stage.go.release(2);
      readUntil(two, "[DONE]");
      assertThat(stage.asked).hasValue(2);
    }
  }

  @Test
  void byDefaultTwoIdenticalRequestsAreTwo() throws Exception {
    try (var stage = new Stage(config -> config);
        var one = new RawClient(stage.gateway.port());
        var two = new RawClient(stage.gateway.port())) {
      one.send(chat());
      readUntil(one, "One word");
      two.send(chat());
      readUntil(two, "One word");
      assertThat(stage.asked).hasValue(2);
    }
  }

  @Test
  void anotherIdempotencyKeyIsAnotherRequest() throws Exception {
    try (var stage = new Stage(identical(Identical.ATTACH));
        var one = new RawClient(stage.gateway.port());
        var two = new RawClient(stage.gateway.port());
        var three = new RawClient(stage.gateway.port())) {
      one.send(chat("Idempotency-Key: a"));
      readUntil(one, "One word");
      two.send(chat("Idempotency-Key: b"));
      readUntil(two, "One word");
      assertThat(stage.asked).hasValue(2);
      three.send(chat("Idempotency-Key: a"));
      assertThat(readUntil(three, "One word")).containsIgnoringCase("x-holdfast-attached: 1");
      assertThat(stage.asked).hasValue(2);
    }
  }

  @Test
  void nothingAttachesToAnAnswerThatIsTooLong() throws Exception {
    var small =
        identical(Identical.ATTACH)
            .apply(GatewayConfig.DEFAULT)
            .limits()
            .withMemory(new MemoryLimits(1 << 20, 1 << 20, 100));
    try (var stage =
            new Stage(config -> identical(Identical.ATTACH).apply(config).withLimits(small));
        var one = new RawClient(stage.gateway.port());
        var two = new RawClient(stage.gateway.port())) {
      one.send(chat());
      readUntil(one, "One word");
      assertThat(stage.gateway.keptAnswerBytes()).isZero();
      two.send(chat());
      assertThat(readUntil(two, "One word")).doesNotContainIgnoringCase("x-holdfast-attached");
      assertThat(stage.asked).hasValue(2);
    }
  }

  @Test
  void nothingIsKeptOnceEveryStreamIsOver() throws Exception {
    try (var stage = new Stage(identical(Identical.ATTACH))) {
      stage.leave();
      stage.awaitLine();
      stage.go.release(5);
      assertThat(
              RawClient.post(
                      stage.gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT))
                  .text())
          .contains("[DONE]");
      stage.awaitLine();
      assertThat(stage.gateway.keptAnswerBytes()).isZero();
    }
    assertThat(Leaks.found()).isEmpty();
  }
}
