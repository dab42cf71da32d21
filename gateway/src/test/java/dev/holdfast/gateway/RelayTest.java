package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.Limits;
import dev.holdfast.gateway.config.RelayClocks;
import dev.holdfast.gateway.config.UpstreamConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What is no stream passes untouched, in both directions. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class RelayTest {
  static Gateway before(ScriptedUpstream upstream, String protocol, String path) {
    Leaks.watch();
    return Gateway.start(config(upstream, protocol, path));
  }

  static GatewayConfig config(ScriptedUpstream upstream, String protocol, String path) {
    return config(upstream.port(), protocol, path);
  }

  private static GatewayConfig config(int port, String protocol, String path) {
    return GatewayConfig.DEFAULT
        .withUpstreams(List.of(UpstreamConfig.parse(protocol + "=http://127.0.0.1:" + port + path)))
        .withDrain(Duration.ZERO);
  }

  @Test
  void methodPathQueryHeadersAndBodyPassBothWays() throws IOException {
    String body = "{\"model\":\"m\",\"input\":\"é\",\"new_member\":{\"deep\":[1e400]}}";
    try (var upstream =
            ScriptedUpstream.answering(
                "HTTP/1.1 201 Made\r\nContent-Type: x/y\r\nX-New: 1\r\nX-New: 2\r\n"
                    + "Keep-Alive: timeout=5\r\nSet-Cookie: a=b\r\nContent-Length: 5\r\n\r\nhello");
        var gateway = before(upstream, "openai-chat", "/base/v1")) {
      var response =
          RawClient.post(
              gateway.port(),
              "/v1/embeddings?a=%2F&b",
              body,
              "Authorization: Bearer sk-client",
              "X-Codex-New: yes",
              "Cookie: foreign=1",
              "Connection: X-Hop, keep-alive",
              "X-Hop: 1",
              "Accept-Encoding: gzip");
      assertThat(response.status()).isEqualTo(201);
      assertThat(response.text()).isEqualTo("hello");
      assertThat(response.headers().get("x-new")).containsExactly("1", "2");
      assertThat(response.headers()).doesNotContainKeys("keep-alive", "set-cookie");
      assertThat(response.header("content-length")).isEqualTo("5");
      String request = upstream.requests().getFirst();
      assertThat(request)
          .startsWith("POST /base/v1/embeddings?a=%2F&b HTTP/1.1\r\n")
          .contains("Authorization: Bearer sk-client\r\n", "X-Codex-New: yes\r\n")
          .containsIgnoringCase("host: 127.0.0.1:" + upstream.port() + "\r\n")
          .containsIgnoringCase("accept-encoding: gzip\r\n")
          .doesNotContain("X-Hop", "Cookie")
          .endsWith("\r\n\r\n" + body);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "/v1,      /v1/models,              /v1/models",
    "/v1,      /models,                 /v1/models",
    "'',       /v1/models,              /v1/models",
    "/a/v4,    /v1/models,              /a/v4/models",
    "/v1,      /v1/responses/compact,   /v1/responses/compact",
    "/v1,      /v1/files/f-1/content?x, /v1/files/f-1/content?x",
  })
  void theVersionIsNeitherLostNorDoubled(String base, String asked, String sent)
      throws IOException {
    try (var upstream = ScriptedUpstream.answering("HTTP/1.1 204 None\r\n\r\n");
        var gateway = before(upstream, "openai-chat", base)) {
      assertThat(RawClient.get(gateway.port(), asked).status()).isEqualTo(204);
      assertThat(upstream.requests().getFirst()).startsWith("GET " + sent + " HTTP/1.1\r\n");
    }
  }

  @Test
  void aChunkedBodyPassesBothWays() throws IOException {
    try (var upstream =
            ScriptedUpstream.answering(
                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n");
        var gateway = before(upstream, "openai-chat", "/v1");
        var client = new RawClient(gateway.port())) {
      client.send(
          "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
              + "6\r\nupload\r\n0\r\n\r\n");
      var response = client.read("POST");
      assertThat(response.text()).isEqualTo("abcdefg");
      assertThat(response.whole()).isTrue();
      assertThat(upstream.requests().getFirst())
          .containsIgnoringCase("transfer-encoding: chunked")
          .contains("6\r\nupload\r\n0\r\n");
    }
  }

  @Test
  void aBodyThatOnlyTheConnectionEndsReachesTheClientWhole() throws IOException {
    try (var upstream = ScriptedUpstream.answering("HTTP/1.1 200 OK\r\n\r\nuntil the end");
        var gateway = before(upstream, "openai-chat", "/v1")) {
      var response = RawClient.get(gateway.port(), "/v1/models");
      assertThat(response.text()).isEqualTo("until the end");
      assertThat(response.whole()).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf'",
    "'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n'",
    "'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\nzz\r\n'",
  })
  void aBrokenResponseIsBrokenForTheClientToo(String response) throws IOException {
    try (var upstream = ScriptedUpstream.answering(response);
        var gateway = before(upstream, "openai-chat", "/v1")) {
      var read = RawClient.get(gateway.port(), "/v1/models");
      assertThat(read.status()).isEqualTo(200);
      assertThat(read.text()).isEqualTo("half");
      assertThat(read.whole()).isFalse();
    }
  }

  @Test
  void headAndEmptyResponsesKeepTheConnection() throws IOException {
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              String status = request.contains("/304") ? "304 Same" : "200 OK";
              String length = request.contains("/304") ? "" : "Content-Length: 77\r\n";
              connection
                  .getOutputStream()
                  .write(
                      ("HTTP/1.1 " + status + "\r\n" + length + "\r\n")
                          .getBytes(StandardCharsets.UTF_8));
              connection.shutdownOutput();
            });
        var gateway = before(upstream, "openai-chat", "/v1");
        var client = new RawClient(gateway.port())) {
      client.send(RawClient.request("HEAD", "/v1/models", ""));
      var head = client.read("HEAD");
      assertThat(head.status()).isEqualTo(200);
      assertThat(head.header("content-length")).isEqualTo("77");
      client.send(RawClient.request("GET", "/v1/304", ""));
      assertThat(client.read("GET").status()).isEqualTo(304);
      client.send(RawClient.request("HEAD", "/v1/models", ""));
      assertThat(client.read("HEAD").status()).isEqualTo(200);
    }
  }

  @Test
  void requestsThatAreSentAheadAreAnsweredInOrder() throws IOException {
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              String name =
                  request.substring(request.indexOf("/v1/") + 4, request.indexOf(" HTTP"));
              connection
                  .getOutputStream()
                  .write(
                      ("HTTP/1.1 200 OK\r\nContent-Length: " + name.length() + "\r\n\r\n" + name)
                          .getBytes(StandardCharsets.UTF_8));
              connection.shutdownOutput();
            });
        var gateway = before(upstream, "openai-chat", "/v1");
        var client = new RawClient(gateway.port())) {
      var all = new StringBuilder();
      for (int i = 0; i < 100; i++) {
        all.append(RawClient.request("GET", "/v1/r" + i, ""));
      }
      client.send(all.toString());
      for (int i = 0; i < 100; i++) {
        assertThat(client.read("GET").text()).isEqualTo("r" + i);
      }
    }
  }

  @Test
  void aClientThatWaitsForContinueIsAsked() throws IOException {
    try (var upstream =
            ScriptedUpstream.answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
        var gateway = before(upstream, "openai-chat", "/v1");
        var client = new RawClient(gateway.port())) {
      client.send(
          "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
              + "Content-Length: 4\r\n\r\n");
      assertThat(client.read("POST").status()).isEqualTo(100);
      client.send("body");
      assertThat(client.read("POST").text()).isEqualTo("ok");
      assertThat(upstream.requests().getFirst())
          .endsWith("\r\n\r\nbody")
          .doesNotContainIgnoringCase("expect:");
    }
  }

  @Test
  void theBodyLimitNamesTheGatewayTheLimitAndTheSize() throws IOException {
    Leaks.watch();
    try (var upstream = ScriptedUpstream.answering("HTTP/1.1 200 OK\r\n\r\n");
        var gateway =
            Gateway.start(
                config(upstream, "anthropic-messages", "/v1")
                    .withLimits(Limits.DEFAULT.withBodyBytes(1000)))) {
      for (String path : List.of("/v1/messages?beta=true", "/v1/files")) {
        var response =
            RawClient.post(gateway.port(), path, "x".repeat(1001), "anthropic-version: 2023-06-01");
        assertThat(response.status()).isEqualTo(413);
        assertThat(response.text())
            .contains("\"type\":\"error\"", "request_too_large", "holdfast", "1000", "1001");
      }
      assertThat(upstream.requests()).isEmpty();
      // Exactly the limit passes.
      assertThat(RawClient.post(gateway.port(), "/v1/files", "x".repeat(1000)).status())
          .isEqualTo(200);
    }
  }

  @Test
  void anUpstreamThatIsNotThereIsNamedInTheEnvelopeOfTheFront() throws IOException {
    int port;
    try (var gone = ScriptedUpstream.answering("")) {
      port = gone.port();
    }
    Leaks.watch();
    try (var gateway = Gateway.start(config(port, "anthropic-messages", "/v1"))) {
      var response = RawClient.post(gateway.port(), "/v1/messages/count_tokens?beta=true", "{}");
      assertThat(response.status()).isEqualTo(502);
      assertThat(response.header("content-type")).isEqualTo("application/json");
      assertThat(response.text())
          .contains("\"type\":\"error\"", "api_error", "connection-failed", ":" + port);
    }
  }

  // ---------------------------------------------------------------- clocks

  private static GatewayConfig with(ScriptedUpstream upstream, RelayClocks clocks) {
    return config(upstream, "openai-chat", "/v1")
        .withStreams(streams -> streams.withRelayed(clocks));
  }

  @Test
  void aCallWhoseAnswerDoesNotBeginIsRefusedOnceItsClockIsUp() throws Exception {
    try (var upstream = ScriptedUpstream.silentAfter("");
        var gateway =
            Gateway.start(
                with(upstream, new RelayClocks(Duration.ofMillis(80), Duration.ofMinutes(10))))) {
      var response = RawClient.get(gateway.port(), "/v1/models");
      assertThat(response.status()).isEqualTo(504);
      assertThat(response.text()).contains("first byte: must come within 80 ms, did not");
      assertThat(upstream.awaitGone(60_000)).isTrue();
    }
  }

  @Test
  void aBodyThatStopsIsBrokenOnceItsClockIsUp() throws Exception {
    try (var upstream =
            ScriptedUpstream.silentAfter("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
        var gateway =
            Gateway.start(
                with(upstream, new RelayClocks(Duration.ofMinutes(10), Duration.ofMillis(80))))) {
      var response = RawClient.get(gateway.port(), "/v1/models");
      assertThat(response.text()).isEqualTo("half");
      assertThat(response.whole()).isFalse();
      assertThat(upstream.awaitGone(60_000)).isTrue();
    }
  }

  @Test
  void byDefaultNoCallOfAnHourIsCut() {
    assertThat(RelayClocks.DEFAULT.firstByte()).isGreaterThanOrEqualTo(Duration.ofMinutes(60));
    assertThat(RelayClocks.DEFAULT.idle()).isGreaterThanOrEqualTo(Duration.ofMinutes(10));
  }

  /** A server that merges them into the head would have another host, or the gateway's key. */
  @Test
  void trailersCarryNeitherFramingNorRoutingNorKeys() throws IOException {
    var answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 7\r\n"
            + "Set-Cookie: a=b\r\nContent-Length: 9\r\n\r\n";
    try (var upstream = ScriptedUpstream.answering(answer);
        var gateway = Gateway.start(config(upstream, "openai-chat", "/v1"));
        var client = new RawClient(gateway.port())) {
      client.send(
          "POST /v1/files HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n"
              + "Connection: close\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 5\r\nHost: evil.example\r\n"
              + "Authorization: Bearer canary\r\nX-Holdfast-Key: canary\r\nCookie: canary\r\n"
              + "Content-Length: 3\r\nTransfer-Encoding: gzip\r\n\r\n");
      String answered = new String(client.rest(), StandardCharsets.UTF_8);
      String sent = upstream.requests().getFirst();
      assertThat(sent.substring(sent.indexOf("\r\n\r\n")).toLowerCase(Locale.ROOT))
          .contains("hello", "x-sum: 5")
          .doesNotContain("evil", "canary", "content-length", "gzip");
      assertThat(answered.toLowerCase(Locale.ROOT).substring(answered.indexOf("\r\n\r\n")))
          .contains("x-sum: 7")
          .doesNotContain("cookie", "content-length");
    }
  }
}
