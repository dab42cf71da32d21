package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What Codex and Claude Code need of a gateway, by name. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class ContractTest {
  @ParameterizedTest
  @ValueSource(strings = {"/v1/responses", "/responses"})
  void codexItsWebSocketProbeIsAnsweredWith426(String path) throws IOException {
    try (var rig = new Rig(Protocol.OPENAI_RESPONSES, Script.healthy());
        var client = new RawClient(rig.gateway.port())) {
      client.send(
          RawClient.request(
              "GET",
              path,
              "",
              "Connection: Upgrade",
              "Upgrade: websocket",
              "Sec-WebSocket-Version: 13",
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
              "OpenAI-Beta: responses_websockets=2026-02-04"));
      var response = client.read("GET");
      assertThat(response.status()).isEqualTo(426);
      assertThat(response.text()).contains("websocket");
      assertThat(rig.upstream.received()).isEmpty();
      // The fallback may use the same connection.
      client.send(
          RawClient.request("POST", path, Rig.body(Protocol.OPENAI_RESPONSES), "originator: x"));
      var answer = client.read("POST");
      assertThat(Reading.of("openai-responses", answer.body()).text()).isEqualTo(Rig.TEXT);
    }
  }

  @Test
  void codexResponsesAreServedWithAndWithoutTheVersion() throws IOException {
    try (var rig = new Rig(Protocol.OPENAI_RESPONSES, Script.of("cut-fin@token=5"))) {
      var response =
          RawClient.post(rig.gateway.port(), "/responses", Rig.body(Protocol.OPENAI_RESPONSES));
      var reading = Reading.of("openai-responses", response.body());
      assertThat(reading.text()).isEqualTo(Rig.TEXT);
      assertThat(reading.verdict()).isEqualTo("COMPLETE");
      assertThat(rig.upstream.received().get(0).path()).isEqualTo("/v1/responses");
    }
  }

  @Test
  void codexItsHeadersPassBothWays() throws IOException {
    String body = "{\"model\":\"m\",\"input\":[],\"stream\":false}";
    try (var upstream =
            ScriptedUpstream.answering(
                "HTTP/1.1 200 OK\r\nx-codex-turn-state: abc\r\nContent-Length: 2\r\n\r\n{}");
        var gateway = RelayTest.before(upstream, "openai-responses", "/v1")) {
      var response =
          RawClient.post(
              gateway.port(),
              "/responses/compact",
              body,
              "session_id: s-1",
              "thread-id: t-1",
              "x-client-request-id: r-1",
              "x-codex-turn-state: before",
              "chatgpt-account-id: acc",
              "originator: codex_cli_rs");
      assertThat(response.header("x-codex-turn-state")).isEqualTo("abc");
      assertThat(upstream.requests().getFirst())
          .startsWith("POST /v1/responses/compact HTTP/1.1")
          .contains(
              "session_id: s-1",
              "thread-id: t-1",
              "x-client-request-id: r-1",
              "x-codex-turn-state: before",
              "chatgpt-account-id: acc",
              "originator: codex_cli_rs")
          .endsWith(body);
    }
  }

  @Test
  void claudeCodeItsFirstRequestIsAnswered() throws IOException {
    try (var rig = new Rig(Protocol.ANTHROPIC_MESSAGES, Script.healthy());
        var client = new RawClient(rig.gateway.port())) {
      client.send(RawClient.request("HEAD", "/api/hello", ""));
      assertThat(client.read("HEAD").status()).isEqualTo(200);
      client.send(RawClient.request("HEAD", "/api/hello", ""));
      assertThat(client.read("HEAD").status()).isEqualTo(200);
    }
  }

  @Test
  void claudeCodeItsStreamIsMatchedByPathAndItsBytesPass() throws IOException {
    String body =
        """
        {"model":"claude-haiku-4-5","max_tokens":9,"stream":true,"context_management":{"edits":[]},\
        "system":[{"type":"text","text":"x-anthropic-billing-header: a"},{"type":"text","text":"b",\
        "cache_control":{"type":"ephemeral"}}],"messages":[{"role":"user","content":"hi"}]}\
        """;
    try (var rig = new Rig(Protocol.ANTHROPIC_MESSAGES, Script.healthy())) {
      var response =
          RawClient.post(
              rig.gateway.port(),
              "/v1/messages?beta=true",
              body,
              "anthropic-version: 2023-06-01",
              "anthropic-beta: claude-code-20250219,never-seen-2027",
              "anthropic-new: 1",
              "Authorization: Bearer t",
              "x-api-key: k",
              "x-claude-code-session-id: s-77",
              "Accept-Encoding: gzip, br, zstd");
      var reading = Reading.of("anthropic-messages", response.body());
      assertThat(reading.verdict()).isEqualTo("COMPLETE");
      var received = rig.upstream.received().get(0);
      assertThat(received.path()).isEqualTo("/v1/messages");
      assertThat(received.body()).isEqualTo(body);
      assertThat(received.header("anthropic-beta"))
          .isEqualTo("claude-code-20250219,never-seen-2027");
      assertThat(received.header("anthropic-new")).isEqualTo("1");
      assertThat(received.header("authorization")).isEqualTo("Bearer t");
      assertThat(received.header("x-api-key")).isEqualTo("k");
      assertThat(received.header("accept-encoding")).isEqualTo("identity");
    }
  }

  @Test
  void claudeCodeItsTokenCountAndModelsAreRelayed() throws IOException {
    try (var upstream =
            ScriptedUpstream.answering(
                "HTTP/1.1 200 OK\r\nContent-Length: 19\r\n\r\n{\"input_tokens\":42}");
        var gateway = RelayTest.before(upstream, "anthropic-messages", "/v1")) {
      String path = "/v1/messages/count_tokens?beta=true";
      assertThat(RawClient.post(gateway.port(), path, "{\"model\":\"c\"}").text())
          .isEqualTo("{\"input_tokens\":42}");
      var models =
          RawClient.get(gateway.port(), "/v1/models?limit=1000", "anthropic-version: 2023-06-01");
      assertThat(models.status()).isEqualTo(200);
      assertThat(upstream.requests().get(0)).startsWith("POST " + path + " ");
      assertThat(upstream.requests().get(1)).startsWith("GET /v1/models?limit=1000 ");
    }
  }

  @Test
  void aRefusalPassesByteForByteWithItsHeaders() throws IOException {
    String body =
        "{\"type\":\"error\",\"error\":{\"type\":\"invalid_request_error\",\"message\":"
            + "\"prompt is too long: 210000 tokens > 200000 maximum\"},  \"request_id\":\"r\"}\n";
    try (var upstream =
            ScriptedUpstream.answering(
                "HTTP/1.1 400 Bad Request\r\nContent-Type: application/json\r\n"
                    + "x-should-retry: false\r\nrequest-id: req_1\r\n"
                    + "anthropic-ratelimit-unified-status: allowed\r\nContent-Length: "
                    + body.length()
                    + "\r\n\r\n"
                    + body);
        var gateway = RelayTest.before(upstream, "anthropic-messages", "/v1")) {
      var response =
          RawClient.post(
              gateway.port(), "/v1/messages?beta=true", Rig.body(Protocol.ANTHROPIC_MESSAGES));
      assertThat(response.status()).isEqualTo(400);
      assertThat(response.text()).isEqualTo(body);
      assertThat(response.header("x-should-retry")).isEqualTo("false");
      assertThat(response.header("request-id")).isEqualTo("req_1");
      assertThat(response.header("anthropic-ratelimit-unified-status")).isEqualTo("allowed");
      assertThat(upstream.requests()).hasSize(1);
    }
  }

  @Test
  void aWaitThatIsLongerThanTheHeadIsHeldIsTheClients() throws IOException {
    String body = "{\"error\":{\"message\":\"slow down\",\"type\":\"tokens\"}}";
    try (var upstream =
            ScriptedUpstream.answering(
                "HTTP/1.1 429 Too Many Requests\r\nretry-after: 33\r\n"
                    + "x-ratelimit-remaining-tokens: 0\r\nContent-Length: "
                    + body.length()
                    + "\r\n\r\n"
                    + body);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      var response =
          RawClient.post(gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT));
      assertThat(response.status()).isEqualTo(429);
      assertThat(response.text()).isEqualTo(body);
      assertThat(response.header("retry-after")).isEqualTo("33");
      assertThat(response.header("x-ratelimit-remaining-tokens")).isEqualTo("0");
      assertThat(upstream.requests()).hasSize(1);
    }
  }

  @Test
  void whatNoUpstreamServesIsRefusedInTheEnvelopeOfItsPath() throws IOException {
    Leaks.watch();
    var config =
        GatewayConfig.DEFAULT
            .withUpstreams(
                List.of(
                    UpstreamConfig.parse("openai-chat=http://127.0.0.1:1/v1"),
                    UpstreamConfig.parse("anthropic-messages=http://127.0.0.1:1/v1")))
            .withDrain(Duration.ZERO);
    try (var gateway = Gateway.start(config)) {
      var response =
          RawClient.post(gateway.port(), "/v1beta/models/g:streamGenerateContent?alt=sse", "{}");
      assertThat(response.status()).isEqualTo(404);
      assertThat(response.text()).contains("\"status\":\"NOT_FOUND\"");
    }
  }
}
