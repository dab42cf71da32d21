package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Waste;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Several upstreams over real sockets: who is asked, who is left alone, who wins. */
final class FailoverSocketsTest {
  private static final String STORY =
      """
      The ferryman knew both banks by heart. When the rope broke he did not shout; he let the \
      current carry the boat to where the river bends, tied it to a willow, and walked back for \
      the goats. By evening all of them stood on the other side.\
      """;
  private static final ChatRequest REQUEST = ChatRequest.to("gpt-4.1").user("Go").build();

  /** Stays open for the length of any test. */
  private static final BreakerPolicy LONG =
      new BreakerPolicy(
          0.5, 10, Duration.ofMinutes(5), Duration.ofMinutes(10), Duration.ofMinutes(10));

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable resource : open.reversed()) {
      resource.close();
    }
  }

  private FaultServer server(Script script) {
    var server = FaultServer.builder().answer(Answer.ofText(STORY)).script(script).start();
    open.add(server);
    return server;
  }

  private static Script always(String fault) {
    return (stream, attempt) -> Fault.parseAll(fault);
  }

  private static Upstream upstream(String name, String dialect, FaultServer server) {
    var plain = Upstream.of(dialect, server.baseUrl().toString(), "key");
    return plain.withName(name);
  }

  private Holdfast client(Holdfast.Builder builder) {
    var client = builder.build();
    open.add(client);
    return client;
  }

  private static List<String> asked(Outcome outcome) {
    return outcome.attempts().stream().map(AttemptReport::upstream).toList();
  }

  @Test
  void theNextUpstreamIsAskedInItsOwnProtocolAndForItsOwnModel() {
    var dead = server(always("status@code=503"));
    var healthy = server(Script.healthy());
    var client =
        client(
            Holdfast.builder()
                .upstream(upstream("a", "openai-chat", dead))
                .failover(upstream("b", "anthropic-messages", healthy), "claude-haiku-4-5"));

    var outcome = client.stream(REQUEST).outcome();

    assertThat(outcome.text()).isEqualTo(STORY);
    assertThat(outcome.exactness()).isEqualTo(Exactness.UNBROKEN);
    assertThat(asked(outcome)).containsExactly("a", "b");
    var received = healthy.received().getFirst();
    assertThat(received.path()).isEqualTo("/v1/messages");
    assertThat(received.body()).contains("\"claude-haiku-4-5\"");
    assertThat(received.header("x-stainless-retry-count")).isEqualTo("1");
    assertThat(dead.received().getFirst().body()).contains("\"gpt-4.1\"");
  }

  @Test
  void aBodyOfTheCallersOwnStaysInItsProtocol() {
    var dead = server(always("status@code=503"));
    var other = server(Script.healthy());
    var same = server(Script.healthy());
    var client =
        client(
            Holdfast.builder()
                .upstream(upstream("a", "openai-chat", dead))
                .failover(upstream("b", "anthropic-messages", other))
                .failover(upstream("c", "openai-chat", same), "another"));

    var outcome =
        client.stream("{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"x\"}]}")
            .outcome();

    assertThat(asked(outcome)).containsExactly("a", "c");
    assertThat(other.received()).isEmpty();
    assertThat(same.received().getFirst().body()).contains("\"model\":\"another\"");
  }

  @Test
  void aDeadUpstreamIsSkippedByAllStreams() {
    var dead = server(always("cut-rst@head"));
    var healthy = server(Script.healthy());
    var client =
        client(
            Holdfast.builder()
                .upstream(upstream("a", "openai-chat", dead))
                .failover(upstream("b", "openai-chat", healthy))
                .breaker(LONG));

    for (int i = 0; i < 10; i++) {
      assertThat(asked(client.stream(REQUEST).outcome())).containsExactly("a", "b");
    }

    assertThat(asked(client.stream(REQUEST).outcome())).containsExactly("b");
    assertThat(dead.received()).hasSize(10);
  }

  @Test
  void whenNoUpstreamIsLeftAStreamFailsFastAndReportsWhichIsAskedAgainAndWhen() {
    var dead = server(always("status@code=500"));
    var client =
        client(
            Holdfast.builder()
                .upstream(upstream("a", "openai-chat", dead))
                .policy(StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE))
                .breaker(LONG));
    for (int i = 0; i < 10; i++) {
      assertThat(client.stream(REQUEST).outcome().cause()).contains(Cause.PROVIDER_ERROR);
    }

    var outcome = client.stream(REQUEST).outcome();

    assertThat(outcome.cause()).contains(Cause.BUDGET_EXHAUSTED);
    assertThat(outcome.attempts()).isEmpty();
    assertThat(outcome.failure().map(Failure::detail).orElseThrow())
        .matches("too many attempts failed lately; asked again: a in \\d+ ms");
    assertThat(dead.received()).hasSize(10);
  }

  @Test
  void eachUpstreamHasABudgetOfItsOwnAndAllStreamsShareIt() {
    var dead = server(always("status@code=503"));
    var healthy = server(Script.healthy());
    var tireless =
        StreamPolicy.DEFAULT.withRetry(
            new RetryPolicy(
                200, 8, Duration.ofNanos(1), Duration.ofNanos(1), Duration.ofSeconds(1)));
    var alone =
        client(
            Holdfast.builder()
                .upstream(upstream("a", "openai-chat", dead))
                .policy(tireless)
                .breaker(BreakerPolicy.OFF));
    assertThat(alone.stream(REQUEST).outcome().stoppedBy()).contains(Cause.BUDGET_EXHAUSTED);
    assertThat(alone.stream(REQUEST).outcome().attempts()).hasSize(1);

    var both =
        client(
            Holdfast.builder()
                .upstream(upstream("a", "openai-chat", dead))
                .failover(upstream("b", "openai-chat", healthy))
                .policy(tireless)
                .breaker(BreakerPolicy.OFF));
    for (int i = 0; i < 60; i++) {
      assertThat(both.stream(REQUEST).outcome().isComplete()).as("stream %d", i).isTrue();
    }
  }

  @Test
  void anotherUpstreamContinuesWhereTheOperatorAllowsIt() {
    var dying =
        server((stream, attempt) ->
            Fault.parseAll(attempt == 1 ? "cut-fin@token=24" : "status@code=503"));
    var healthy = server(Script.healthy());
    var client =
        client(
            Holdfast.builder()
                .upstream(upstream("a", "openai-chat", dying))
                .failover(upstream("b", "openai-chat", healthy))
                .policy(
                    StreamPolicy.DEFAULT.withFailover(
                        FailoverPolicy.DEFAULT.withContinueElsewhere(true))));

    var outcome = client.stream(REQUEST).outcome();

    assertThat(asked(outcome)).containsExactly("a", "a", "b");
    assertThat(outcome.text()).isEqualTo(STORY);
    assertThat(outcome.exactness()).isEqualTo(Exactness.CONTINUED);
    assertThat(outcome.seams()).singleElement().matches(seam -> seam.rung() == Rung.ANCHOR);
    assertThat(outcome.waste().characters()).isEqualTo(outcome.seams().getFirst().overlap());
    assertThat(outcome.waste().tokens()).isPositive();
  }

  @Test
  void aSlowFirstTokenIsHedgedAndTheLoserLetGo() throws Exception {
    var slow = server(always("stall@token=0,for=120s"));
    var healthy = server(Script.healthy());
    var client =
        client(
            Holdfast.builder()
                .upstream(upstream("a", "openai-chat", slow))
                .failover(upstream("b", "openai-chat", healthy))
                .policy(
                    StreamPolicy.DEFAULT.withFailover(
                        FailoverPolicy.DEFAULT.withHedgeAfter(Duration.ofMillis(100)))));

    var outcome = client.stream(REQUEST).outcome();

    assertThat(outcome.text()).isEqualTo(STORY);
    assertThat(outcome.exactness()).isEqualTo(Exactness.UNBROKEN);
    assertThat(asked(outcome)).containsExactly("a", "b");
    assertThat(outcome.attempts()).allMatch(attempt -> attempt.failure().isEmpty());
    // The loser wrote nothing; its provider read the prompt all the same.
    long prompt = outcome.usage().orElseThrow().input().orElseThrow();
    assertThat(outcome.waste()).isEqualTo(new Waste(0, 0, prompt));
    assertThat(slow.awaitEnded(1, Duration.ofMinutes(2))).isTrue();
    assertThat(slow.received().getFirst().ending()).isEqualTo(ReceivedRequest.Ending.CLIENT_CLOSED);
  }
}
