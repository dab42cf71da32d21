package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What operators see, and how a gateway ends. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class OperationTest {
  private static final String BEGUN =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
          + "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","
          + "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"word \"},"
          + "\"finish_reason\":null}]}\n\n"
          + "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","
          + "\"choices\":[{\"index\":0,\"delta\":{\"content\":\"and\"},"
          + "\"finish_reason\":null}]}\n\n";

  @Test
  void theManagementPortReportsHealthReadinessMetricsAndStreams() throws Exception {
    try (var rig = new Rig(Protocol.OPENAI_CHAT, Script.of("cut-fin@token=9"))) {
      assertThat(rig.ask(Protocol.OPENAI_CHAT).status()).isEqualTo(200);
      int port = rig.gateway.management().getPort();
      assertThat(RawClient.get(port, "/healthz").text()).isEqualTo("ok\n");
      assertThat(RawClient.get(port, "/readyz").status()).isEqualTo(200);
      assertThat(RawClient.get(port, "/").text()).contains("<html");
      assertThat(RawClient.get(port, "/report").text()).contains("\"successful\":1");
      var metrics = RawClient.get(port, "/metrics");
      assertThat(metrics.header("content-type")).startsWith("text/plain; version=0.0.4");
      assertThat(metrics.text())
          .contains(
              "holdfast_gateway_requests_total{front=\"chat\",outcome=\"recovered\"} 1\n",
              "holdfast_gateway_attempts_total 2\n",
              "holdfast_gateway_seams_total 1\n",
              "holdfast_gateway_open 0\n",
              // The streams' own: by what became of them, and by upstream.
              "verdict=\"complete\",cause=\"none\",le=\"+Inf\"} 1\n",
              "holdfast_streams_active 0\n",
              "holdfast_recoveries_total{upstream=",
              "holdfast_gateway_first_content_seconds_count 1\n",
              "holdfast_gateway_circuit_open{upstream=\"127.0.0.1:"
                  + rig.upstream.port()
                  + "\"} 0");
    }
  }

  @Test
  void theAccessLogHasTheOutcomeApartFromTheStatus() throws Exception {
    var rig = new Rig(Protocol.OPENAI_CHAT, Script.of("cut-fin@token=9"));
    try (rig) {
      assertThat(rig.ask(Protocol.OPENAI_CHAT, "session_id: s-1").status()).isEqualTo(200);
      assertThat(RawClient.get(rig.gateway.port(), "/v1/./models").status()).isEqualTo(400);
    }
    // Closing writes what is queued. A record follows its answer's end, when the client may have
    // asked again on another connection: so the order of the lines is open.
    assertThat(rig.log)
        .satisfiesExactlyInAnyOrder(
            answered ->
                assertThat(answered)
                    .contains(
                        "\"method\":\"POST\"",
                        "\"path\":\"/v1/chat/completions\"",
                        "\"status\":200",
                        "\"outcome\":\"recovered\"",
                        "\"http\":\"http/1.1\"",
                        "\"upstream_http\":\"http/1.1\"",
                        "\"upstream\":\"127.0.0.1:" + rig.upstream.port() + "\"",
                        "\"model\":\"gpt-4.1-mini\"",
                        "\"first_content_ms\":",
                        "\"attempts\":2",
                        "\"seams\":1",
                        "\"output_tokens\":",
                        "\"session\":\"s-1\"")
                    .doesNotContain("What did he write", "lighthouse"),
            refused ->
                assertThat(refused)
                    .contains(
                        "\"status\":400",
                        "\"outcome\":\"rejected\"",
                        "\"cause\":\"bad-path\"",
                        "\"http\":\"http/1.1\"")
                    .doesNotContain("upstream"));
  }

  /** Line ends are bars here. */
  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "POST /v1/models?key=canary HTTP/1.1|Host: evil.example||; POST; /v1/models; foreign-request",
        "GET /v1/models HTTP/1.1||; GET; /v1/models; bad-host",
        "GET /v1/models HTTP/1.1|Host: localhost|Origin: https://evil.example||;"
            + " GET; /v1/models; foreign-request",
        "GET http://u:canary@evil.example/v1/a?b#c HTTP/1.1|Host: localhost||;"
            + " GET; /v1/a; foreign-request",
        "DELETE /v1/./files%3Fkey=canary HTTP/1.1|Host: localhost||; DELETE; /v1/./files; bad-path",
        "PUT //v1#canary HTTP/1.1|Host: localhost||; PUT; //v1; bad-path",
        "CONNECT canary:443 HTTP/1.1|Host: localhost||; CONNECT; ''; foreign-request",
        "OPTIONS * HTTP/1.1|Host: localhost||; OPTIONS; *; foreign-request",
        "POST /v1/a?canary HTTP/1.1|Host: localhost|Content-Length: 1|Content-Length: 2||;"
            + " POST; /v1/a; bad-request",
        "POST /v1/a HTTP/1.0|Host: localhost|Transfer-Encoding: chunked||;"
            + " POST; /v1/a; bad-request",
        "POST /v1/a HTTP/1.1|Host: localhost| folded: canary||; POST; /v1/a; bad-request",
        "PATCH /v1/a HTTP/1.1|Host: localhost|no field||; PATCH; /v1/a; bad-request",
        "POST /v1/a HTTP/3.1|Host: localhost||; POST; /v1/a; bad-version",
        "GET  /v1/canary HTTP/1.1|Host: localhost||; ''; ''; bad-request",
      })
  void theAccessLogNamesWhatARefusedRequestAsked(
      String request, String method, String path, String cause) throws Exception {
    var rig = new Rig(Protocol.OPENAI_CHAT, Script.healthy());
    try (rig;
        var client = new RawClient(rig.gateway.port())) {
      client.send(request.replace("|", "\r\n"));
      assertThat(client.head().status()).isBetween(400, 505);
    }
    assertThat(rig.log)
        .singleElement()
        .asString()
        .contains(
            "\"method\":\"%s\",\"path\":\"%s\",".formatted(method, path),
            "\"cause\":\"" + cause + "\"")
        .doesNotContain("canary");
  }

  /** The head arrives in two parts: the first was read when the second breaks a rule. */
  @Test
  void theAccessLogNamesARequestWhoseRestIsBroken() throws Exception {
    var rig = new Rig(Protocol.OPENAI_CHAT, Script.healthy());
    try (rig;
        var client = new RawClient(rig.gateway.port())) {
      client.send("POST /v1/a?canary HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n");
      client.send("X: a\u0000b\r\n\r\n");
      assertThat(client.head().status()).isEqualTo(400);
    }
    assertThat(rig.log)
        .singleElement()
        .asString()
        .contains("\"method\":\"POST\",\"path\":\"/v1/a\",")
        .doesNotContain("canary");
  }

  @Test
  void aClientThatLeavesWithinItsHeadIsNotCalledRefused() throws Exception {
    var rig = new Rig(Protocol.OPENAI_CHAT, Script.healthy());
    try (rig;
        var client = new RawClient(rig.gateway.port())) {
      client.send("GET /v1/models HTTP/1.1\r\nHost: loc");
      client.socket().shutdownOutput();
      assertThat(client.rest()).isEmpty();
    }
    assertThat(rig.log).singleElement().asString().contains("\"outcome\":\"client_gone\"");
  }

  /** A client of HTTP/1.0 waits for the end of the connection where it is not named. */
  @Test
  void theGatewaysOwnAnswersStateWhetherTheConnectionStays() throws Exception {
    try (var rig = new Rig(Protocol.OPENAI_CHAT, Script.healthy())) {
      for (String kept : List.of("keep-alive", "close")) {
        try (var client = new RawClient(rig.gateway.port())) {
          client.send(
              "HEAD /api/hello HTTP/1.0\r\nHost: localhost\r\nConnection: " + kept + "\r\n\r\n");
          assertThat(client.read("HEAD").header("connection")).isEqualTo(kept);
        }
      }
    }
  }

  @Test
  void theAccessLogNamesAnOldVersionOfHttpToo() throws Exception {
    var rig = new Rig(Protocol.OPENAI_CHAT, Script.healthy());
    try (rig;
        var client = new RawClient(rig.gateway.port())) {
      String request = RawClient.request("POST", "/v1/chat/completions", "");
      String body = Rig.body(Protocol.OPENAI_CHAT);
      client.send(
          request.replace("HTTP/1.1\r\n", "HTTP/1.0\r\nContent-Length: " + body.length() + "\r\n")
              + body);
      assertThat(new String(client.rest(), StandardCharsets.UTF_8)).contains("[DONE]");
    }
    assertThat(rig.log).singleElement().asString().contains("\"http\":\"http/1.0\"");
  }

  @ParameterizedTest
  @CsvSource({"/holdfast.mjs, text/javascript", "/holdfast.d.ts, text/plain"})
  void theHeadOfTheModuleForPagesHasNoBody(String path, String type) throws Exception {
    try (var rig = new Rig(Protocol.OPENAI_CHAT, Script.healthy());
        var client = new RawClient(rig.gateway.port())) {
      var whole = RawClient.get(rig.gateway.port(), path);
      assertThat(whole.status()).isEqualTo(200);
      client.send(RawClient.request("HEAD", path, ""));
      var head = client.read("HEAD");
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.headers()).isEqualTo(whole.headers());
      assertThat(head.header("content-type")).startsWith(type);
      client.send(RawClient.request("GET", path, "")); // Read as a body, it would be no response.
      assertThat(client.read("GET").body()).isEqualTo(whole.body());
      assertThat(rig.upstream.received()).isEmpty();
    }
  }

  @ParameterizedTest
  @CsvSource({"'', 503", BEGUN_OR_NOT + ", 200"})
  void whatIsOpenAtTheEndIsAskedToComeAgain(String begun, int status) throws Exception {
    var asked = new CountDownLatch(1);
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              String bytes = begun.isEmpty() ? "" : BEGUN;
              connection.getOutputStream().write(bytes.getBytes(StandardCharsets.UTF_8));
              asked.countDown();
            });
        var gateway = Gateway.start(RelayTest.config(upstream, "openai-chat", "/v1"));
        var client = new RawClient(gateway.port())) {
      client.send(
          RawClient.request("POST", "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT)));
      assertThat(asked.await(60, TimeUnit.SECONDS)).isTrue();
      RawClient.Response head = begun.isEmpty() ? null : client.head();
      gateway.drain();
      if (head == null) {
        var response = client.read("POST");
        assertThat(response.status()).isEqualTo(status);
        assertThat(response.header("retry-after")).isEqualTo("1");
        assertThat(response.text()).contains("server_error", "shutting-down");
      } else {
        assertThat(head.status()).isEqualTo(status);
        String rest = new String(client.rest(), StandardCharsets.UTF_8);
        assertThat(rest).contains("server_error", "shuts down").doesNotContain("[DONE]");
      }
      assertThat(upstream.awaitGone(30_000)).isTrue();
    }
  }

  private static final String BEGUN_OR_NOT = "begun";
}
