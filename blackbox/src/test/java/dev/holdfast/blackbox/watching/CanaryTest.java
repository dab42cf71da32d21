package dev.holdfast.blackbox.watching;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.StreamException;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.ProviderError;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.metrics.MicrometerObserver;
import dev.holdfast.observe.metrics.OpenTelemetryObserver;
import dev.holdfast.observe.server.MonitorRoutes;
import dev.holdfast.observe.server.Request;
import dev.holdfast.observe.server.Response;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.opentelemetry.sdk.OpenTelemetrySdk;
import io.opentelemetry.sdk.testing.exporter.InMemorySpanExporter;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Canaries in every place where a server can echo a key, looked for in all that the library hands
 * out besides the answer: events, exceptions, outcomes, the monitor, meters and spans.
 */
@Timeout(120)
class CanaryTest {
  private static final String KEY = "canary/4711+Geheim.Wort~0815";
  private static final List<String> PIECES = List.of("canary/", "1+geheim", "geheim", "wort~0815");
  private static final String DELTA =
      "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"}}]}\n\n";
  private static final String END =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

  /** An answer in which a key stands at ECHO. */
  private record Place(int status, String body) {}

  private static final Map<String, Place> PLACES = new LinkedHashMap<>();

  static {
    PLACES.put("message", new Place(401, "{\"error\":{\"message\":\"wrong: ECHO\"}}"));
    PLACES.put("type", new Place(400, "{\"error\":{\"type\":\"ECHO\",\"message\":\"no\"}}"));
    PLACES.put("code", new Place(429, "{\"error\":{\"code\":\"ECHO\"}}"));
    PLACES.put("param", new Place(400, "{\"error\":{\"message\":\"no\",\"param\":\"ECHO\"}}"));
    PLACES.put("page", new Place(500, "<html>ECHO</html>"));
    PLACES.put(
        "in the stream",
        new Place(200, DELTA + "data: {\"error\":{\"message\":\"ECHO\",\"type\":\"ECHO\"}}\n\n"));
    PLACES.put("comment", new Place(200, ": ECHO\n\n" + DELTA + END));
    PLACES.put("id", new Place(200, "id: ECHO\n" + DELTA + END));
    PLACES.put("event type", new Place(200, "event: ECHO\n" + DELTA + END));
    PLACES.put("finish", new Place(200, DELTA + END.replace("stop", "ECHO")));
    PLACES.put("model", new Place(200, DELTA.replace("\"m\"", "\"ECHO\"") + END));
    PLACES.put("response id", new Place(200, DELTA.replace("\"c\"", "\"ECHO\"") + END));
    PLACES.put("broken JSON", new Place(200, DELTA + "data: {\"ECHO\n\n"));
    PLACES.put("not JSON", new Place(200, "data: ECHO\n\n"));
  }

  static Stream<Arguments> table() {
    return PLACES.keySet().stream()
        .flatMap(
            place -> Stream.of("header", "query", "own header").map(at -> Arguments.of(place, at)));
  }

  private static HttpServer server(Place place) throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext("/", exchange -> answer(exchange, place));
    server.start();
    return server;
  }

  private static void answer(HttpExchange exchange, Place place) throws IOException {
    exchange.getRequestBody().readAllBytes();
    byte[] body = place.body().replace("ECHO", KEY).getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
    exchange.getResponseHeaders().add("X-Echo", KEY);
    exchange.sendResponseHeaders(place.status(), body.length);
    exchange.getResponseBody().write(body);
    exchange.close();
  }

  private static Upstream upstream(String url, String where) {
    return switch (where) {
      case "header" -> Upstream.of("openai-chat", url, KEY);
      case "query" ->
          Upstream.of(
              "openai-chat", url + "?key=" + URLEncoder.encode(KEY, StandardCharsets.UTF_8), null);
      default -> Upstream.of("openai-chat", url, null).withHeader("X-Gateway", KEY);
    };
  }

  @ParameterizedTest(name = "{0}, key in {1}")
  @MethodSource("table")
  void nothingThatIsHandedOutRepeatsTheKey(String place, String where) throws IOException {
    var outputs = new ArrayList<String>();
    var monitor = new StreamMonitor();
    var registry = new SimpleMeterRegistry();
    var spans = InMemorySpanExporter.create();
    var tracing =
        SdkTracerProvider.builder().addSpanProcessor(SimpleSpanProcessor.create(spans)).build();
    HttpServer server = server(Objects.requireNonNull(PLACES.get(place)));
    String url = "http://127.0.0.1:" + server.getAddress().getPort() + "/v1";
    var upstream = upstream(url, where);
    outputs.add(upstream.toString());
    try (tracing;
        var holdfast =
            Holdfast.builder()
                .upstream(upstream)
                .policy(StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE))
                .observer(monitor)
                .observer(new MicrometerObserver(registry))
                .observer(
                    new OpenTelemetryObserver(
                        OpenTelemetrySdk.builder().setTracerProvider(tracing).build()))
                .build();
        var stream = holdfast.stream(ChatRequest.to("m").user("hi").build())) {
      for (StreamEvent event : stream) {
        outputs.addAll(words(event));
      }
      var outcome = stream.outcome();
      outputs.add(outcome + " " + outcome.attempts() + outcome.finishes() + outcome.warnings());
      outcome
          .failure()
          .ifPresent(failure -> outputs.addAll(words(failure.provider().orElse(null))));
      Throwable thrown = catchThrowable(outcome::requireComplete);
      if (thrown instanceof StreamException failed) {
        var trace = new StringWriter();
        failed.printStackTrace(new PrintWriter(trace, true));
        outputs.add(trace + " " + failed.failure());
      }
    } finally {
      server.stop(0);
    }
    for (String path : List.of("/report", "/streams")) {
      if (new MonitorRoutes(monitor).answer(new Request("GET", path, "", Map.of()))
          instanceof Response.Whole whole) {
        outputs.add(new String(whole.body(), StandardCharsets.UTF_8));
      }
    }
    monitor.finishedAfter(0).streams().forEach(stream -> outputs.add(stream.toString()));
    registry.getMeters().forEach(meter -> outputs.add(meter.getId().toString()));
    spans.getFinishedSpanItems().forEach(span -> outputs.add(span.toString()));

    assertThat(outputs).hasSizeGreaterThan(8);
    assertThat(outputs)
        .allSatisfy(text -> assertThat(text.toLowerCase(Locale.ROOT)).doesNotContain(PIECES));
  }

  /** {@return all texts of an event, also those that its own toString leaves out} */
  private static List<String> words(StreamEvent event) {
    var words = new ArrayList<>(List.of(event.toString()));
    switch (event) {
      case StreamEvent.AttemptFailed(int attempt, var failure) ->
          words.addAll(words(failure.provider().orElse(null)));
      case StreamEvent.ErrorReported(var failure) ->
          words.addAll(words(failure.provider().orElse(null)));
      case StreamEvent.FrameRejected(var failure) ->
          words.addAll(words(failure.provider().orElse(null)));
      default -> {} // Their toString leaves nothing out.
    }
    return words;
  }

  private static List<String> words(@Nullable ProviderError error) {
    return error == null
        ? List.of()
        : List.of(error.toString(), error.type(), error.code(), error.message(), error.raw());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"sk-canary-geheim-4711\",\"message\":\"x\"}",
        "{\"message\":\"got Bearer sk-canary-geheim-4711\"}",
        "{\"message\":\"see https://u:geheim-4711@h.example/?key=geheim\"}"
      })
  void aCheckedBodyRepeatsNoKeyThoughNoneIsKnown(String error) {
    var body =
        new ByteArrayInputStream(
            ("data: {\"error\":" + error + "}\n\n").getBytes(StandardCharsets.UTF_8));
    Throwable thrown = catchThrowable(() -> Holdfast.check(body, "openai-chat").readAllBytes());

    assertThat(thrown)
        .isInstanceOfSatisfying(
            StreamException.class,
            failed -> {
              var failure = failed.failure();
              assertThat(failed + " " + failure).doesNotContain("geheim");
              assertThat(words(failure.orElseThrow().provider().orElse(null)))
                  .allSatisfy(text -> assertThat(text.toString()).doesNotContain("geheim"));
            });
  }

  @Test
  void aWrongAddressIsNotRepeatedWithItsSecrets() {
    for (String url :
        List.of(
            "http://h ost/v1?key=" + KEY,
            "http://h.example/v1?key=a b" + KEY,
            "ftp://h.example/v1?key=geheim-4711",
            "http://u:geheim@h.example/v1",
            "http://h.example/v1#geheim",
            KEY,
            "sk-geheim-4711-0815")) {
      Throwable thrown = catchThrowable(() -> Upstream.of("openai-chat", url, null));
      var trace = new StringWriter();
      thrown.printStackTrace(new PrintWriter(trace, true));

      assertThat(thrown).isInstanceOf(IllegalArgumentException.class);
      assertThat(trace.toString().toLowerCase(Locale.ROOT)).as(url).doesNotContain(PIECES);
    }
    assertThat(Upstream.of("openai-chat", "https://h.example/v1?api-version=1&sig=geheim", null))
        .asString()
        .contains("https://h.example/v1?api-version=1&sig=(removed)");
    assertThat(
            catchThrowable(
                () -> Upstream.openAi("k").withHeader("Authorization: Bearer " + KEY, "x")))
        .hasMessageNotContainingAny(PIECES.toArray(String[]::new));
  }
}
