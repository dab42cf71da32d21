package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.ToolCall;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** The assembled client over a network and a clock in the test's hands. */
final class HoldfastTest {
  private static final String BODY =
      """
      {"model":"claude-sonnet-4-5","max_tokens":100,"messages":[{"role":"user","content":"Go"}]}\
      """;

  private static final String START =
      """
      event: message_start
      data: {"type":"message_start","message":{"id":"m1","role":"assistant","model":"c","content":[],"usage":{"input_tokens":3,"output_tokens":1}}}

      event: content_block_start
      data: {"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}

      """;

  private static final String STOP =
      """
      event: content_block_stop
      data: {"type":"content_block_stop","index":0}

      event: message_delta
      data: {"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":9}}

      event: message_stop
      data: {"type":"message_stop"}

      """;

  private static final String CHAT_DONE =
      """
      data: {"id":"c","choices":[{"index":0,"delta":{"content":"Done."}}]}

      data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

      data: [DONE]

      """;

  private final VirtualTime time = new VirtualTime();
  private final Queue<Consumer<FakeTransport.FakeExchange>> replies = new ArrayDeque<>();
  private final FakeTransport network =
      new FakeTransport(exchange -> replies.remove().accept(exchange));

  private static String delta(String text) {
    return """
    event: content_block_delta
    data: {"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"%s"}}

    """
        .formatted(text);
  }

  private Holdfast client(Upstream upstream, StreamPolicy policy) {
    return builder(policy).upstream(upstream).build();
  }

  private Holdfast.Builder builder(StreamPolicy policy) {
    return Holdfast.builder()
        .policy(policy)
        .transport(network)
        .time(time)
        .random(() -> new SplittableRandom(1));
  }

  private void cutAfter(String body) {
    replies.add(exchange -> {
      exchange.head(200).say(body);
      exchange.receiver.onFailure(Failure.retryable(Cause.CONNECTION_LOST, "reset"));
    });
  }

  private void whole(String body) {
    replies.add(exchange -> exchange.head(200).say(body).end());
  }

  @Test
  void aHeaderOfOneRequestIsRemovedFromWhatTheProviderRepeats() {
    replies.add(exchange -> {
      exchange.receiver.onHead(
          new ResponseHead(401, Map.of("content-type", List.of("application/json"))));
      exchange
          .say("{\"error\":{\"type\":\"auth\",\"message\":\"wrong token one-request-4711\"}}")
          .end();
    });
    var request = ChatRequest.to("m").user("Hi").header("X-Auth-Token", "one-request-4711").build();
    var client = client(Upstream.openAi("k"), StreamPolicy.DEFAULT);
    var failure = client.stream(request).outcome().failure().orElseThrow();
    assertThat(failure.provider().orElseThrow().message())
        .contains("wrong token")
        .doesNotContain("4711");
  }

  private void refused(int status) {
    replies.add(exchange -> {
      exchange.receiver.onHead(
          new ResponseHead(status, Map.of("content-type", List.of("application/json"))));
      exchange.say("{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\"}}").end();
    });
  }

  @Test
  void aRawBodyGoesOutAsItIsWithStreamingOn() {
    whole(START + delta("Done.") + STOP);
    var client = client(Upstream.anthropic("k"), StreamPolicy.DEFAULT);
    assertThat(client.stream(BODY).text()).isEqualTo("Done.");
    assertThat(network.opened.getFirst().request.body())
        .startsWith(BODY.substring(0, BODY.length() - 1))
        .contains("\"stream\":true");
    assertThatThrownBy(() -> client.stream("no JSON")).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aRungThatWasRefusedIsNotTriedByLaterStreams() {
    var client = client(Upstream.anthropic("k"), StreamPolicy.DEFAULT);
    for (int stream = 1; stream <= 2; stream++) {
      cutAfter(START + delta("All the ships have come home before the "));
      if (stream == 1) {
        refused(400);
      }
      refused(500);
      refused(500);
      refused(500);
      var outcome = client.stream(BODY).outcome();
      List<Rung> tried =
          outcome.attempts().stream()
              .map(AttemptReport::rung)
              .flatMap(Optional::stream)
              .distinct()
              .toList();
      assertThat(tried.contains(Rung.PREFILL)).as("stream %d", stream).isEqualTo(stream == 1);
      replies.clear();
    }
  }

  @Test
  void anEmptyBudgetStopsTheRetriesOfAllStreamsOfTheUpstream() {
    var client =
        builder(
                StreamPolicy.DEFAULT.withRetry(
                    new RetryPolicy(
                        1000,
                        8,
                        Duration.ofMillis(1),
                        Duration.ofMillis(1),
                        Duration.ofSeconds(1))))
            .openAi("k")
            .breaker(BreakerPolicy.OFF)
            .build();
    for (int i = 0; i < 60; i++) {
      refused(503);
    }
    var request = ChatRequest.to("gpt-4.1").user("Go").build();
    var outcome = client.stream(request).outcome();
    assertThat(outcome.stoppedBy()).contains(Cause.BUDGET_EXHAUSTED);
    assertThat(outcome.attempts().size()).isBetween(49, 51);
    assertThat(client.stream(request).outcome().attempts()).hasSize(1);
  }

  @Test
  void aSlowReaderIsNeverBlamedOnTheProvider() {
    replies.add(exchange -> exchange.head(200).say(START).say(delta("Done")));
    var second = Duration.ofSeconds(1);
    var strict =
        StreamPolicy.DEFAULT
            .withTimeouts(
                Timeouts.DEFAULT.withFirstToken(second).withIdle(second).withProgress(second))
            .withRetry(RetryPolicy.NONE);
    var stream = client(Upstream.anthropic("k"), strict).stream(BODY);
    time.advance(Duration.ofHours(1).toNanos());
    assertThat(stream.textDeltas().iterator().next()).isEqualTo("Done");
    time.advance(Duration.ofHours(1).toNanos());
    network.opened.getFirst().say(delta(".")).say(STOP).end();
    assertThat(stream.text()).isEqualTo("Done.");
  }

  @Test
  void aSilentProviderIsATimeoutToTheNanosecond() {
    replies.add(exchange -> exchange.head(200).say(START).say(delta("Done")));
    var strict =
        StreamPolicy.DEFAULT
            .withTimeouts(Timeouts.DEFAULT.withIdle(Duration.ofSeconds(1)))
            .withRetry(RetryPolicy.NONE);
    var stream = client(Upstream.anthropic("k"), strict).stream(BODY);
    assertThatThrownBy(stream::text)
        .isInstanceOfSatisfying(
            StreamTimeoutException.class,
            thrown -> assertThat(thrown.partialText()).isEqualTo("Done"));
    assertThat(time.nanoTime()).isEqualTo(Duration.ofSeconds(1).toNanos());
  }

  @Test
  void toolCallsAreDeliveredWhole() {
    whole(
        """
        data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"t1","function":{"name":"look","arguments":"{\\"at\\":"}}]}}]}

        data: {"id":"c","choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"function":{"arguments":"1}"}}]}}]}

        data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"tool_calls"}]}

        data: [DONE]

        """);
    var client = client(Upstream.openAi("k"), StreamPolicy.DEFAULT);
    var outcome = client.stream(ChatRequest.to("gpt-4.1").user("Go").build()).outcome();
    assertThat(outcome.toolCalls()).containsExactly(new ToolCall(0, "t1", "look", "{\"at\":1}"));
    assertThat(outcome.finish().orElseThrow().raw()).isEqualTo("tool_calls");
  }

  @Test
  void aConnectionIsKeptForTheNextStream() throws Exception {
    var connections = new AtomicInteger();
    String reply = RawServer.CHUNKED + RawServer.chunk(CHAT_DONE) + "0\r\n\r\n";
    try (var server =
            new RawServer(socket -> {
              int unused = connections.incrementAndGet();
              RawServer.send(socket, reply);
              while (RawServer.readRequest(socket).startsWith("POST")) {
                RawServer.send(socket, reply);
              }
            });
        var client =
            Holdfast.builder()
                .upstream(Upstream.openAi("k").at("http://localhost:" + server.uri().getPort()))
                .build()) {
      // The end of a body is read just after its proof, so a next stream may come too soon.
      for (int i = 0; i < 20; i++) {
        try (var stream = client.stream(ChatRequest.to("gpt-4.1").user("Go").build())) {
          assertThat(stream.text()).isEqualTo("Done.");
        }
      }
      assertThat(connections.get()).isLessThan(20);
    }
  }

  @Test
  void anUnknownDialectIsNamed() {
    var nothing = new ByteArrayInputStream("".getBytes(StandardCharsets.UTF_8));
    assertThatThrownBy(() -> Holdfast.check(nothing, "smoke-signals"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("smoke-signals");
  }
}
