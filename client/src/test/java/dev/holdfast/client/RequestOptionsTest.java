package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Reasoning;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** One request differs from its client; one upstream differs from the next. */
final class RequestOptionsTest {
  private static final ChatRequest HELLO = ChatRequest.to("m").user("Hi").build();
  private static final String RAW =
      "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

  /** Keeps what is sent. */
  private record Recording(Transport to, Queue<Request> sent) implements Transport {
    Recording() {
      this(new JdkTransport(), new ConcurrentLinkedQueue<>());
    }

    @Override
    public Exchange open(Request request, Receiver receiver) {
      sent.add(request);
      return to.open(request, receiver);
    }

    @Override
    public void close() {
      to.close();
    }

    List<String> header(String name) {
      return sent.stream()
          .map(request -> String.join(",", request.headers().getOrDefault(name, List.of())))
          .toList();
    }
  }

  @Test
  void anOptionOfOneRequestIsGoneWithTheNext() {
    try (var server = answering("Hello.").start();
        var transport = new Recording();
        var holdfast =
            Holdfast.builder()
                .upstream(upstream(server).withHeader("X-Team", "all"))
                .transport(transport)
                .build()) {
      var options = RequestOptions.DEFAULT.withHeader("x-team", "blue");
      assertThat(holdfast.stream(HELLO, options).text()).isEqualTo("Hello.");
      assertThat(holdfast.stream(RAW, options).text()).isEqualTo("Hello.");
      assertThat(holdfast.stream(HELLO).text()).isEqualTo("Hello.");
      var own = HELLO.toBuilder().header("X-TEAM", "red").build();
      assertThat(holdfast.stream(own, options).text()).isEqualTo("Hello.");

      assertThat(transport.header("X-Team")).containsExactly("blue", "blue", "all", "blue");
    }
  }

  @Test
  void onePolicyOfOneRequest() {
    try (var server = answering("Hello.").script(Script.of("status@code=503")).start();
        var holdfast = Holdfast.builder().upstream(upstream(server)).build()) {
      var once = StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE);
      var outcome = holdfast.stream(HELLO, RequestOptions.DEFAULT.withPolicy(once)).outcome();
      assertThat(outcome.isComplete()).isFalse();
      assertThat(outcome.attempts()).hasSize(1);
      assertThat(holdfast.stream(HELLO).text()).isEqualTo("Hello.");
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void oneClockOfOneRequest(boolean raw) {
    try (var server = answering("Hello.").script(Script.of("stall@head,for=1h")).start();
        var holdfast =
            Holdfast.builder()
                .upstream(upstream(server))
                .policy(StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE))
                .build()) {
      var options = RequestOptions.DEFAULT.withFirstToken(Duration.ofMillis(50));
      try (var stream = raw ? holdfast.stream(RAW, options) : holdfast.stream(HELLO, options)) {
        assertThat(stream.outcome().cause()).contains(Cause.FIRST_TOKEN_TIMEOUT);
      }
    }
  }

  @Test
  void clocksChangeWhicheverPolicyRules() {
    var second = Duration.ofSeconds(1);
    var minute = Duration.ofMinutes(1);
    var once = StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE);

    var total = RequestOptions.DEFAULT.withTotal(minute).withFirstToken(second);
    assertThat(total.over(StreamPolicy.DEFAULT).timeouts())
        .isEqualTo(Timeouts.DEFAULT.withTotal(minute).withFirstToken(second));
    assertThat(total.withPolicy(once).over(StreamPolicy.DEFAULT))
        .isEqualTo(once.withTimeouts(Timeouts.DEFAULT.withTotal(minute).withFirstToken(second)));
    assertThat(total.withTimeouts(Timeouts.DEFAULT).over(once)).isEqualTo(once);
  }

  @Test
  void aWrongOptionIsNamedWhereItIsSet() {
    assertThatThrownBy(() -> RequestOptions.DEFAULT.withTotal(Duration.ofSeconds(-1)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("total: must not be negative, was PT-1S");
    assertThatThrownBy(() -> RequestOptions.DEFAULT.withHeader("Host", "other"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("headers: must not name what the transport sets");
    assertThat(RequestOptions.DEFAULT.withHeader("X-Key", "hidden-one").toString())
        .isEqualTo("RequestOptions[policy=the client's, headers=[X-Key]]");
  }

  @Test
  void aMemberGoesToItsUpstreamOnly() {
    try (var second = answering("Hello.").start();
        var transport = new Recording();
        var holdfast =
            Holdfast.builder()
                .upstream(
                    Upstream.of("openai-chat", "http://127.0.0.1:1", null)
                        .with("provider", "{\"sort\":\"latency\"}"))
                .failover(
                    Upstream.of("anthropic-messages", second.origin().toString(), null)
                        .with("inference_geo", "\"eu\"")
                        .with("max_tokens", "5000"))
                .transport(transport)
                .build()) {
      var request = HELLO.toBuilder().with("seen_by_both", "1").build();
      assertThat(holdfast.stream(request).text()).isEqualTo("Hello.");
      var bodies = transport.sent().stream().map(Transport.Request::body).toList();
      assertThat(bodies.getFirst())
          .contains("\"provider\":{\"sort\":\"latency\"}", "\"seen_by_both\":1")
          .doesNotContain("inference_geo");
      assertThat(bodies.getLast())
          .contains("\"inference_geo\":\"eu\"", "\"max_tokens\":5000", "\"seen_by_both\":1")
          .doesNotContain("provider");
    }
    assertThatThrownBy(() -> Upstream.openAi("k").with("a", "{"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("json: must be JSON text, was 1 other characters");
  }

  @Test
  void theRequestsOwnMemberReplacesTheUpstreams() {
    try (var server = answering("Hello.").start();
        var transport = new Recording();
        var holdfast =
            Holdfast.builder()
                .upstream(upstream(server).with("a", "1").with("b", "2"))
                .transport(transport)
                .build()) {
      assertThat(holdfast.stream(HELLO.toBuilder().with("a", "3").build()).text())
          .isEqualTo("Hello.");
      assertThat(transport.sent().element().body()).contains("\"a\":3", "\"b\":2");
    }
  }

  /** The first upstream is asked in the caller's word, the next one in the nearest of its own. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "xhigh   | anthropic-messages  | \"effort\":\"xhigh\"",
        "minimal | anthropic-messages  | \"effort\":\"low\"",
        "none    | anthropic-messages  | \"thinking\":{\"type\":\"disabled\"}",
        "xhigh   | gemini-sse          | \"thinkingLevel\":\"high\"",
        "none    | gemini-sse          | \"thinkingLevel\":\"minimal\"",
        "low     | gemini-sse          | \"thinkingLevel\":\"low\"",
        "xhigh   | ollama-chat         | \"think\":\"high\"",
        "none    | ollama-chat         | \"think\":false",
        "max     | openai-responses    | \"reasoning\":{\"effort\":\"xhigh\"}",
        "own     | openai-responses    | \"reasoning\":{\"effort\":\"own\"}",
      })
  void anEffortIsTranslatedForTheNextUpstream(String level, String next, String written) {
    try (var server = answering("Hello.").start();
        var transport = new Recording();
        var holdfast =
            Holdfast.builder()
                .upstream(Upstream.of("openai-chat", "http://127.0.0.1:1", null))
                .failover(Upstream.of(next, server.baseUrl(Protocol.of(next)).toString(), null))
                .transport(transport)
                .build()) {
      var request = HELLO.toBuilder().reasoning(Reasoning.effort(level)).build();
      assertThat(holdfast.stream(request).text()).isEqualTo("Hello.");
      var bodies = transport.sent().stream().map(Transport.Request::body).toList();
      assertThat(bodies.getFirst()).contains("\"reasoning_effort\":\"" + level + "\"");
      assertThat(bodies.getLast()).contains(written);
    }
  }

  private static FaultServer.Builder answering(String text) {
    return FaultServer.builder().answer(Answer.ofText(text));
  }

  private static Upstream upstream(FaultServer server) {
    return Upstream.of("openai-chat", server.baseUrl().toString(), null);
  }
}
