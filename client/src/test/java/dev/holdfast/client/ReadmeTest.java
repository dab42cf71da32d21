package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** The examples of the README, word for word between the tags, compiled and run. */
final class ReadmeTest {
  private static final String STORY = "Once upon a time a stream was cut, and nobody noticed.";

  private final ByteArrayOutputStream printed = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(printed, true, StandardCharsets.UTF_8);

  @Test
  void aStreamSurvivesACut() throws Exception {
    String apiKey = "test-key";
    try (var server =
        FaultServer.builder()
            .answer(Answer.ofText(STORY))
            .script(Script.of("cut-rst@token=6"))
            .start()) {
      String baseUrl = server.baseUrl().toString();
      // tag::stream[]
      try (var holdfast = Holdfast.builder().upstream(Upstream.openAi(apiKey).at(baseUrl)).build();
          var stream = holdfast.stream(ChatRequest.to("gpt-4.1").user("Tell a story").build())) {
        stream.textDeltas().forEach(out::print); // Cut, continued, and every word once.
        out.println(stream.outcome().requireComplete()); // Complete by proof, or an exception.
      }
      // end::stream[]
      assertThat(printed.toString(StandardCharsets.UTF_8))
          .startsWith(STORY + "Outcome[COMPLETE, CONTINUED, attempts=2");
    }
  }

  @Test
  void theNextUpstreamAnswers() {
    try (var server = FaultServer.builder().answer(Answer.ofText(STORY)).start()) {
      var first = Upstream.of("openai-chat", "http://127.0.0.1:1", null);
      var second = Upstream.of("anthropic-messages", server.baseUrl().toString(), null);
      // tag::failover[]
      var upstreams = Holdfast.builder().upstream(first).failover(second, "claude-haiku-4-5");
      try (var holdfast = upstreams.build()) {
        out.println(holdfast.stream(ChatRequest.to("gpt-4.1").user("Hi").build()).text());
      }
      // end::failover[]
      assertThat(printed.toString(StandardCharsets.UTF_8)).startsWith(STORY);
    }
  }

  @Test
  void anyBodyCanBeChecked() throws Exception {
    try (var server =
        FaultServer.builder()
            .answer(Answer.ofText(STORY))
            .script(Script.of("end-early@token=6"))
            .start()) {
      assertThatThrownBy(() -> printChecked(request(server)))
          .isInstanceOf(IncompleteStreamException.class)
          .hasMessageStartingWith("truncated: ");
      assertThat(printed.toString(StandardCharsets.UTF_8)).startsWith("data: ");
      printed.reset();
      printChecked(request(server));
      assertThat(printed.toString(StandardCharsets.UTF_8)).contains("[DONE]");
    }
  }

  private void printChecked(HttpRequest request) throws Exception {
    try (var http = HttpClient.newHttpClient()) {
      // tag::check[]
      var response = http.send(request, HttpResponse.BodyHandlers.ofInputStream());
      try (InputStream body = Holdfast.check(response.body(), "openai-chat")) {
        body.transferTo(out); // The same bytes, but an end without proof throws.
      }
      // end::check[]
    }
  }

  private static HttpRequest request(FaultServer server) {
    String body =
        """
        {"model":"gpt-4.1","stream":true,"messages":[{"role":"user","content":"Tell me."}]}
        """;
    return HttpRequest.newBuilder(URI.create(server.baseUrl() + "/chat/completions"))
        .version(HttpClient.Version.HTTP_1_1)
        .header("Content-Type", "application/json")
        .POST(HttpRequest.BodyPublishers.ofString(body))
        .build();
  }
}
