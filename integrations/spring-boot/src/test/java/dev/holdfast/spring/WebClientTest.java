package dev.holdfast.spring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.WebApplicationType;
import org.springframework.http.MediaType;
import org.springframework.web.reactive.function.client.WebClient;
import org.springframework.web.reactive.function.client.WebClientResponseException;

/** A web client of the application's own. */
class WebClientTest {
  private static final String STORY = "Once upon a time a stream was cut, and then it was whole.";
  private static final Pattern CONTENT = Pattern.compile("\"content\":\"([^\"]+)\"");

  private static List<String> ask(FaultServer server, boolean stream) {
    var properties =
        List.of(
            "spring.ai.model.chat=none",
            "holdfast.timeouts.first-token=700ms",
            "holdfast.retry.first-delay=1ms",
            "holdfast.retry.max-delay=2ms");
    try (var context = Application.builder(WebApplicationType.NONE, properties).run()) {
      return context
          .getBean(WebClient.Builder.class)
          .baseUrl(server.baseUrl().toString())
          .build()
          .post()
          .uri("/chat/completions")
          .contentType(MediaType.APPLICATION_JSON)
          .bodyValue(
              Map.of(
                  "model",
                  "gpt-4.1",
                  "stream",
                  stream,
                  "temperature",
                  0,
                  "messages",
                  List.of(Map.of("role", "user", "content", "Tell me a story."))))
          .retrieve()
          .bodyToFlux(String.class)
          .collectList()
          .blockOptional()
          .orElseThrow();
    }
  }

  private static FaultServer server(String... attempts) {
    return FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(attempts)).start();
  }

  @ParameterizedTest
  @CsvSource({"cut-rst@token=6", "cut-fin@head", "stall@head", "status@code=503"})
  void aStreamIsWhole(String fault) {
    try (var server = server(fault)) {
      var text = new StringBuilder();
      var events = ask(server, true);
      for (String event : events) {
        var matcher = CONTENT.matcher(event);
        while (matcher.find()) {
          text.append(matcher.group(1));
        }
      }
      assertThat(text).hasToString(STORY);
      assertThat(events.getLast()).isEqualTo("[DONE]");
      assertThat(server.received()).hasSize(2);
    }
  }

  @Test
  void aRefusalThatStaysComesAsItIs() {
    try (var server = server("status@code=400")) {
      var failure = catchThrowable(() -> ask(server, true));
      assertThat(failure).isInstanceOf(WebClientResponseException.BadRequest.class);
      assertThat(((WebClientResponseException) failure).getResponseBodyAsString())
          .contains("\"error\"");
      assertThat(server.received()).hasSize(1);
    }
  }

  @Test
  void whatIsNoStreamPassesUntouched() {
    try (var server = server("slow@delay=1ms")) {
      assertThat(String.join("", ask(server, false))).contains(STORY);
      assertThat(server.received()).hasSize(1);
    }
  }
}
