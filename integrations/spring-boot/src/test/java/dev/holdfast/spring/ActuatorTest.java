package dev.holdfast.spring;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.client.Holdfast;
import dev.holdfast.client.Upstream;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.observe.server.MonitorServer;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.HttpURLConnection;
import java.net.URI;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.springframework.boot.WebApplicationType;

/** Health, meters, the endpoint and the dashboard of a web application. */
@Tag("slow")
class ActuatorTest {
  private static String get(String address) throws IOException {
    var connection = (HttpURLConnection) URI.create(address).toURL().openConnection();
    int status = connection.getResponseCode();
    try (var in = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
      return status + " " + (in == null ? "" : new String(in.readAllBytes(), UTF_8));
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"SERVLET", "REACTIVE"})
  void everyStreamIsInHealthMetersAndEndpoint(WebApplicationType type) throws IOException {
    var properties =
        List.of(
            "spring.ai.model.chat=none",
            "server.port=0",
            "server.address=127.0.0.1",
            "management.endpoints.web.exposure.include=health,metrics,holdfast",
            "management.endpoint.health.show-details=always",
            "holdfast.health.min-success-rate=0.5",
            "holdfast.health.min-streams=1",
            "holdfast.retry.max-continuations=0",
            "holdfast.monitor.port=0");
    try (var provider =
            FaultServer.builder()
                .answer(Answer.ofText("One two three four five six seven."))
                .script(Script.of("slow@delay=1ms", "end-early@token=3", "end-early@token=3"))
                .start();
        var context = Application.builder(type, properties).run();
        var holdfast =
            context
                .getBean(Holdfast.Builder.class)
                .upstream(Upstream.of("openai-chat", provider.baseUrl().toString(), "key"))
                .build()) {
      String actuator =
          "http://127.0.0.1:"
              + context.getEnvironment().getProperty("local.server.port")
              + "/actuator/";
      ask(holdfast);
      assertThat(get(actuator + "health/holdfast"))
          .startsWith("200")
          .contains("\"status\":\"UP\"", "\"successful\":1");
      ask(holdfast);
      ask(holdfast);
      assertThat(get(actuator + "health/holdfast"))
          .startsWith("503")
          .contains("\"status\":\"DOWN\"", "\"truncated\":2");
      assertThat(get(actuator + "metrics/holdfast.stream.duration"))
          .startsWith("200")
          .contains("\"value\":3.0");
      assertThat(get(actuator + "holdfast")).startsWith("200").contains("\"truncated\":2");
      assertThat(get(actuator + "holdfast/streams")).startsWith("200").contains("stream-1");
      assertThat(get(actuator + "holdfast/streams/stream-1")).startsWith("200");
      assertThat(get(actuator + "holdfast/streams/other")).startsWith("404");
      String dashboard = context.getBean(MonitorServer.class).uri().toString();
      assertThat(get(actuator + "holdfast/dashboard")).contains(dashboard);
      assertThat(get(dashboard)).startsWith("200").contains("<html");
    }
  }

  private static void ask(Holdfast holdfast) {
    try (var stream = holdfast.stream(ChatRequest.to("gpt-4.1").user("Count.").build())) {
      var unused = stream.outcome();
    }
  }
}
