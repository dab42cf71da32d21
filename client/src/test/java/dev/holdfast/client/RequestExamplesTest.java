package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.request.Part;
import dev.holdfast.core.request.ResponseFormat;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.AnswerPart;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.databind.json.JsonMapper;

/** The examples of docs/requests.md, word for word between the tags, compiled and run. */
final class RequestExamplesTest {
  private static final String SCHEMA =
      """
      {"type":"object","properties":{"city":{"type":"string"},"celsius":{"type":"integer"}},
       "required":["city","celsius"],"additionalProperties":false}
      """;
  private static final Answer CALL =
      new Answer(
          List.of(new AnswerPart.Tool("call_1", "weather", List.of("{\"city\":", "\"Oslo\"}"))));

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);

  /** The answer of a form, as a class of the application. */
  record Weather(String city, int celsius) {}

  /** Sends the request with the result of the tool to another server, whose model answers it. */
  private record Turns(Transport to, FaultServer second, Queue<String> bodies)
      implements Transport {
    @Override
    public Exchange open(Request request, Receiver receiver) {
      bodies.add(request.body());
      if (!request.body().contains("7 degrees")) {
        return to.open(request, receiver);
      }
      var uri = request.uri().toString();
      int port = second.baseUrl().getPort();
      var there = URI.create(uri.replaceFirst(":\\d+/", ":" + port + "/"));
      return to.open(
          new Request(
              request.method(), there, request.headers(), request.body(), request.connectTimeout()),
          receiver);
    }

    @Override
    public void close() {
      to.close();
    }
  }

  private static String weatherOf(ToolCall call) {
    return call.arguments().contains("Oslo") ? "7 degrees" : "unknown";
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai-chat",
        "openai-responses",
        "anthropic-messages",
        "gemini-sse",
        "ollama-chat"
      })
  void toolsAreCalledUntilTheAnswerIsThere(String dialect) throws Exception {
    // The call is cut on its way, too.
    try (var server =
            FaultServer.builder().answer(CALL).script(Script.of("cut-rst@token=1")).start();
        var second = FaultServer.builder().answer(Answer.ofText("It is 7 degrees.")).start();
        var transport = new Turns(new JdkTransport(), second, new ConcurrentLinkedQueue<>())) {
      var upstream = Upstream.of(dialect, server.baseUrl(Protocol.of(dialect)).toString(), "key");
      try (var holdfast = Holdfast.builder().upstream(upstream).transport(transport).build()) {
        // tag::tools[]
        var request =
            ChatRequest.to("gpt-4.1")
                .user("How warm is it in Oslo?")
                .tool("weather", "The temperature in a city", SCHEMA)
                .build();
        for (boolean answered = false; !answered; ) {
          try (var stream = holdfast.stream(request)) {
            var outcome = stream.outcome().requireComplete();
            var next = request.toBuilder().assistant(outcome.text(), outcome.toolCalls());
            outcome.toolCalls().forEach(call -> next.toolResult(call, weatherOf(call)));
            request = next.build();
            answered = outcome.toolCalls().isEmpty();
            out.print(outcome.text());
          }
        }
        // end::tools[]
      }
      assertThat(transport.bodies()).hasSize(3);
      if (dialect.equals("gemini-sse")) {
        assertThat(transport.bodies())
            .anyMatch(body -> body.contains("\"thoughtSignature\":\"c2lnbmF0dXJl\""));
      }
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("It is 7 degrees.");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "openai-chat",
        "openai-responses",
        "anthropic-messages",
        "gemini-sse",
        "ollama-chat"
      })
  void anAnswerHasTheFormThatWasAskedFor(String dialect) throws Exception {
    try (var server =
        FaultServer.builder().answer(Answer.ofText("{\"city\":\"Oslo\",\"celsius\":7}")).start()) {
      var upstream = Upstream.of(dialect, server.baseUrl(Protocol.of(dialect)).toString(), "key");
      try (var holdfast = Holdfast.builder().upstream(upstream).build()) {
        // tag::structured[]
        var request =
            ChatRequest.to("gpt-4.1")
                .user("How warm is it in Oslo?")
                .responseFormat(ResponseFormat.schema("weather", SCHEMA))
                .build();
        try (var stream = holdfast.stream(request)) {
          Weather weather = new JsonMapper().readValue(stream.text(), Weather.class);
          out.print(weather.celsius());
        }
        // end::structured[]
      }
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("7");
  }

  @ParameterizedTest
  @ValueSource(strings = {"openai-chat", "anthropic-messages", "ollama-chat"})
  void anImageGoesAlong(String dialect) throws Exception {
    byte[] png = {(byte) 0x89, 'P', 'N', 'G'};
    try (var server = FaultServer.builder().answer(Answer.ofText("A cat.")).start()) {
      var upstream =
          Upstream.of(dialect, server.baseUrl(Protocol.of(dialect)).toString(), "key")
              .withHeader("x-request-id", "of every request");
      try (var holdfast = Holdfast.builder().upstream(upstream).build()) {
        // tag::parts[]
        var request =
            ChatRequest.to("gpt-4.1")
                .user(Part.text("What is this?"), Part.image("image/png", png))
                .header("X-Request-Id", "42")
                .build();
        // end::parts[]
        try (var stream = holdfast.stream(request)) {
          out.print(stream.text());
        }
      }
      assertThat(server.awaitEnded(1, Duration.ofSeconds(20))).isTrue();
      assertThat(server.received().getFirst().headers().toString())
          .contains("x-request-id=[42]")
          .doesNotContain("of every request");
    }
    assertThat(printed.toString(StandardCharsets.UTF_8)).isEqualTo("A cat.");
  }
}
