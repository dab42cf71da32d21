package dev.holdfast.blackbox.watching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.observe.StreamMetrics;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.metrics.MicrometerObserver;
import dev.holdfast.observe.metrics.OpenTelemetryObserver;
import dev.holdfast.observe.server.MonitorRoutes;
import dev.holdfast.observe.server.Request;
import dev.holdfast.observe.server.Response;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.data.SpanData;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two upstreams, two protocols, two models: whoever watches sees which one was asked when. */
@Timeout(60)
class FailoverWatchedTest {
  private static final String STORY =
      "The ferryman knew both banks by heart, and when the rope broke he did not shout at all.";
  private static final ChatRequest REQUEST = ChatRequest.to("gpt-4.1").user("Go").build();

  private final StreamMonitor monitor = new StreamMonitor();
  private final SimpleMeterRegistry registry = new SimpleMeterRegistry();
  private final InMemorySpanExporter spans = InMemorySpanExporter.create();
  private final SdkTracerProvider tracing =
      SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();

  private final FaultServer healthy = server(Script.healthy());
  private FaultServer first = healthy;

  private static FaultServer server(Script script) {
    return FaultServer.builder().answer(Answer.ofText(STORY)).script(script).start();
  }

  private static Script always(String fault) {
    return (stream, attempt) -> Fault.parseAll(fault);
  }

  @AfterEach
  void close() {
    first.close();
    healthy.close();
    tracing.close();
    registry.close();
  }

  private static Upstream upstream(String name, String dialect, FaultServer server) {
    var plain = Upstream.of(dialect, server.baseUrl().toString(), "key");
    return plain.withName(name);
  }

  private Holdfast.Builder watched() {
    return Holdfast.builder()
        .upstream(upstream("east", "openai-chat", first))
        .failover(upstream("west", "anthropic-messages", healthy), "claude-haiku-4-5")
        .observer(monitor)
        .observer(new MicrometerObserver(registry))
        .observer(
            new OpenTelemetryObserver(
                OpenTelemetrySdk.builder().setTracerProvider(tracing).build()));
  }

  private StreamMetrics only() {
    return monitor.finishedAfter(0).streams().getFirst();
  }

  /** {@return the timeline, as the dashboard gets it} */
  private List<String> timeline() {
    return only().timeline().stream()
        .map(entry -> entry.kind() + " " + entry.attempt() + " " + entry.detail())
        .filter(line -> line.startsWith("ATTEMPT_OPENED"))
        .toList();
  }

  private String json(String path) {
    Response answer = new MonitorRoutes(monitor).answer(new Request("GET", path, "", Map.of()));
    assertThat(answer).isInstanceOf(Response.Whole.class);
    return answer instanceof Response.Whole whole
        ? new String(whole.body(), StandardCharsets.UTF_8)
        : "";
  }

  private double count(String meter, String... tags) {
    return registry.get(meter).tags(Tags.of(tags)).counter().count();
  }

  private List<SpanData> attempts() {
    return spans.getFinishedSpanItems().stream()
        .filter(span -> span.getName().equals("holdfast.attempt"))
        .toList();
  }

  private SpanData stream() {
    return spans.getFinishedSpanItems().stream()
        .filter(span -> span.getName().equals("chat gpt-4.1"))
        .findFirst()
        .orElseThrow();
  }

  private static String text(SpanData span, String key) {
    return String.valueOf(span.getAttributes().get(AttributeKey.stringKey(key)));
  }

  private static long port(SpanData span) {
    return Objects.requireNonNull(span.getAttributes().get(AttributeKey.longKey("server.port")));
  }

  @Test
  void anUpstreamThatTurnsAwayIsNamedForItsAttemptAndTheNextOneForTheRest() {
    first = server(always("status@code=503"));
    try (var client = watched().build();
        var stream = client.stream(REQUEST)) {
      assertThat(stream.text()).isEqualTo(STORY);
    }

    var told = only();
    assertThat(told.upstream()).isEqualTo("west");
    assertThat(told.dialect()).isEqualTo("anthropic-messages");
    assertThat(told.model()).isEqualTo("claude-haiku-4-5");
    assertThat(timeline()).containsExactly("ATTEMPT_OPENED 1 east", "ATTEMPT_OPENED 2 west");
    assertThat(json("/streams/" + told.id()))
        .contains("\"upstream\":\"west\"", "\"dialect\":\"anthropic-messages\"")
        .contains("\"model\":\"claude-haiku-4-5\"")
        .containsSubsequence(
            "\"kind\":\"attempt-opened\"",
            "\"detail\":\"east\"",
            "\"kind\":\"attempt-failed\"",
            "\"kind\":\"attempt-opened\"",
            "\"detail\":\"west\"");
    assertThat(json("/report"))
        .contains("\"errors_by_upstream\":[{\"name\":\"east\",\"count\":1}]");

    assertThat(count("holdfast.attempts", "upstream", "east", "cause", "overloaded")).isOne();
    assertThat(count("holdfast.attempts", "upstream", "west", "cause", "none")).isOne();
    assertThat(count("holdfast.stream.events", "upstream", "east", "model", "gpt-4.1")).isZero();
    assertThat(count("holdfast.stream.events", "upstream", "west", "model", "claude-haiku-4-5"))
        .isPositive();
    assertThat(
            registry
                .get("holdfast.stream.duration")
                .tags("upstream", "west", "dialect", "anthropic-messages", "verdict", "complete")
                .timer()
                .count())
        .isOne();

    assertThat(attempts())
        .extracting(
            span -> text(span, "holdfast.upstream"),
            span -> text(span, "gen_ai.request.model"),
            FailoverWatchedTest::port,
            span -> text(span, "error.type"))
        .containsExactly(
            tuple("east", "gpt-4.1", (long) first.baseUrl().getPort(), "overloaded"),
            tuple("west", "claude-haiku-4-5", (long) healthy.baseUrl().getPort(), "null"));
    assertThat(attempts()).allMatch(span -> span.getParentSpanId().equals(stream().getSpanId()));
    assertThat(text(stream(), "gen_ai.request.model")).isEqualTo("claude-haiku-4-5");
    assertThat(port(stream())).isEqualTo(healthy.baseUrl().getPort());
  }

  @Test
  void anUpstreamWhoseCircuitIsOpenIsNotNamedAtAll() {
    first = server(always("cut-rst@head"));
    // Neither the window nor the circuit's rest is over before the test, however slow it is.
    var breaker =
        new BreakerPolicy(
            BreakerPolicy.DEFAULT.failureShare(),
            BreakerPolicy.DEFAULT.minAttempts(),
            Duration.ofHours(1),
            Duration.ofHours(1),
            Duration.ofHours(1));
    try (var client = watched().breaker(breaker).build()) {
      for (int i = 0; i < 10; i++) {
        assertThat(client.stream(REQUEST).outcome().isComplete()).isTrue();
      }
      int before = monitor.finishedAfter(0).streams().size();
      assertThat(client.stream(REQUEST).outcome().attempts()).hasSize(1);
      var last = monitor.finishedAfter(before).streams().getLast();
      assertThat(last.upstream()).isEqualTo("west");
      assertThat(last.timeline())
          .noneMatch(entry -> entry.detail().contains("east"))
          .anyMatch(entry -> entry.detail().equals("west"));
    }
  }

  @Test
  void aHedgeThatWinsIsTheAuthorAndBothAttemptsHaveASpan() throws Exception {
    first = server(always("stall@head"));
    var policy =
        StreamPolicy.DEFAULT.withFailover(
            FailoverPolicy.DEFAULT.withHedgeAfter(Duration.ofMillis(50)));
    try (var client = watched().policy(policy).build();
        var stream = client.stream(REQUEST)) {
      var text = CompletableFuture.supplyAsync(stream::text);
      assertThat(text.get(1, TimeUnit.MINUTES)).isEqualTo(STORY);
    }
    assertThat(only().upstream()).isEqualTo("west");
    assertThat(timeline()).containsExactly("ATTEMPT_OPENED 1 east", "ATTEMPT_OPENED 2 west");
    assertThat(attempts())
        .extracting(span -> text(span, "holdfast.upstream"))
        .containsExactlyInAnyOrder("east", "west");
    assertThat(count("holdfast.attempts", "upstream", "east", "cause", "none")).isOne();
    assertThat(count("holdfast.attempts", "upstream", "west", "cause", "none")).isOne();
  }
}
