package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.gateway.config.Clocks;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.ModelPattern;
import dev.holdfast.gateway.config.RouteConfig;
import dev.holdfast.gateway.config.StreamSettings;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The clocks of a route end its own streams, and a slow reader is never the upstream's fault. */
@Timeout(120)
@Tag("slow")
@SuppressWarnings({
  "StringConcatToTextBlock", // Lines of HTTP end with CR and LF.
  "try" // The log is whole once the gateway is closed.
})
class RouteClocksTest {
  private static final String HEAD =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n";
  private static final String CHUNK =
      "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","
          + "\"choices\":[{\"index\":0,\"delta\":%s,\"finish_reason\":%s}]}\n\n";
  private static final String WORD = CHUNK.formatted("{\"content\":\"word \"}", "null");
  private static final String END = CHUNK.formatted("{}", "\"stop\"") + "data: [DONE]\n\n";
  private static final Duration SHORT = Duration.ofMillis(300);
  private static final Duration OFF = Duration.ZERO;

  /** Longer than a busy machine keeps a server of a test from its turn. */
  private static final Duration LONG = Duration.ofSeconds(3);

  private final ConcurrentLinkedQueue<String> log = new ConcurrentLinkedQueue<>();

  private static RouteConfig route(String model, StreamSettings streams) {
    return new RouteConfig(
        List.of(new ModelPattern(model)), List.of(RouteConfig.Target.of("one")), true, streams);
  }

  private static StreamSettings clocks(Clocks clocks) {
    return StreamSettings.DEFAULT
        .withPolicy(StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE))
        .withSignsOfLife(Duration.ZERO, Duration.ofMinutes(10))
        .withClocks(clocks);
  }

  private Gateway gateway(int port, RouteConfig... routes) {
    Leaks.watch();
    var upstream = UpstreamConfig.parse("openai-chat=http://127.0.0.1:" + port + "/v1");
    return Gateway.builder(
            GatewayConfig.DEFAULT
                .withRoutes(List.of(upstream.withName("one")), List.of(routes))
                .withDrain(Duration.ZERO))
        .accessLog(log::add)
        .start();
  }

  private static String chat(String model) {
    String body = Rig.body(Protocol.OPENAI_CHAT).replace("gpt-4.1-mini", model);
    return RawClient.request("POST", "/v1/chat/completions", body, "Connection: close");
  }

  @ParameterizedTest
  @CsvSource({"first-token-timeout", "idle-timeout", "progress-timeout"})
  void aClockOfARouteEndsItsOwnStreamsAlone(String cause) throws Exception {
    var hasty =
        new Clocks(
            null,
            cause.startsWith("first") ? SHORT : OFF,
            cause.startsWith("idle") ? SHORT : OFF,
            cause.startsWith("progress") ? SHORT : OFF);
    var hastyIsOver = new CountDownLatch(1);
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              var out = connection.getOutputStream();
              String begun = cause.startsWith("first") ? "" : WORD;
              out.write((HEAD + begun).getBytes(StandardCharsets.UTF_8));
              out.flush();
              // Signs of life that are no progress, until the stream has ended or may.
              while (cause.startsWith("progress") && hastyIsOver.getCount() > 0) {
                out.write(": alive\n\n".getBytes(StandardCharsets.UTF_8));
                out.flush();
                boolean unused = hastyIsOver.await(20, TimeUnit.MILLISECONDS);
              }
              hastyIsOver.await();
              out.write((WORD + END).getBytes(StandardCharsets.UTF_8));
              connection.shutdownOutput();
            });
        var gateway =
            gateway(
                upstream.port(),
                route("hasty", clocks(hasty)),
                route("patient", clocks(new Clocks(null, OFF, OFF, OFF))));
        var patient = new RawClient(gateway.port());
        var impatient = new RawClient(gateway.port())) {
      patient.send(chat("patient"));
      assertThat(patient.head().status()).isEqualTo(200);
      impatient.send(chat("hasty"));
      String ended = new String(impatient.rest(), StandardCharsets.UTF_8);
      assertThat(ended).contains("\"error\"").doesNotContain("[DONE]");
      hastyIsOver.countDown();
      assertThat(new String(patient.rest(), StandardCharsets.UTF_8)).contains("[DONE]");
      gateway.close();
      assertThat(log)
          .satisfiesExactlyInAnyOrder(
              line -> assertThat(line).contains("\"model\":\"hasty\"", "\"" + cause + "\""),
              line -> assertThat(line).contains("\"model\":\"patient\"", "\"complete\""));
    }
  }

  /** The upstream is silent because nothing of it is read, for longer than its clocks allow. */
  @Test
  void theClocksAreStoppedWhileTheClientDoesNotRead() throws Exception {
    String text = "All work and no play. ".repeat(15_000);
    try (var upstream = FaultServer.builder().answer(Answer.ofText(text)).start();
        var gateway =
            gateway(
                upstream.baseUrl(Protocol.OPENAI_CHAT).getPort(),
                route("*", clocks(new Clocks(null, OFF, LONG, LONG))));
        var client = new RawClient(gateway.port())) {
      client.send(chat("gpt-4.1-mini"));
      assertThat(client.head().status()).isEqualTo(200);
      long sent = -1;
      long stays = 0;
      while (stays * 50 < LONG.toMillis() + 1_000) {
        var received = upstream.received(); // The head may leave before the request does.
        long now = received.isEmpty() ? 0 : received.getFirst().bodyBytes();
        boolean unused = new CountDownLatch(1).await(50, TimeUnit.MILLISECONDS);
        stays = now == sent && now > 0 ? stays + 1 : 0;
        sent = now;
      }
      assertThat(new String(client.rest(), StandardCharsets.UTF_8)).contains("[DONE]");
      gateway.close();
      assertThat(log).singleElement().asString().contains("\"complete\"", "\"attempts\":1");
    }
  }
}
