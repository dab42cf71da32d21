package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.Limits;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.fault.Protocol;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The lines of the security checklist that concern a gateway without keys, by number. */
@Timeout(60)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class SecurityTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static ScriptedUpstream upstream;
  private static Gateway gateway;

  @BeforeAll
  static void start() throws IOException {
    upstream = ScriptedUpstream.answering(OK);
    gateway = RelayTest.before(upstream, "openai-chat", "/base/v1");
  }

  @AfterAll
  static void stop() {
    gateway.close();
    upstream.close();
    assertThat(Leaks.found()).isEmpty();
  }

  private static String ask(String bytes) throws IOException {
    return ask(gateway, bytes);
  }

  private static String ask(Gateway gateway, String bytes) throws IOException {
    try (var client = new RawClient(gateway.port())) {
      client
          .socket()
          .getOutputStream()
          .write(bytes.replace("~", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      return new String(client.rest(), StandardCharsets.UTF_8);
    }
  }

  // ---------------------------------------------------------------- S1

  @Test
  void s1AnAddressThatOtherMachinesReachIsRefusedWithoutKeys() throws IOException {
    var all = InetAddress.getByName("0.0.0.0");
    assertThatThrownBy(() -> GatewayConfig.DEFAULT.listeningAt(all, 0, 0))
        .hasMessageStartingWith("host: must be a loopback address");
  }

  // ---------------------------------------------------------------- S3, S8

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/v1/../admin",
        "/v1/./models",
        "/v1//models",
        "//evil.example/v1/models",
        "/v1/%2e%2e/admin",
        "/v1/%2E./admin",
        "/v1/..%2fadmin",
        "/v1/..;/admin",
        "/v1/a%5c..%5cadmin",
        "/v1/a\\..\\admin",
        "/v1/%252e%252e/admin",
        "/v1/models%00",
        "/v1/models%0d%0aX-Evil:1",
        "/v1/models#/chat/completions",
        "/v1/mod els",
        "/v1/models?a=b#c",
        "/v1/%zz",
        "v1/models",
        "http://localhost/../v1/models"
      })
  void s3APathThatTwoServersReadDifferentlyIsRefused(String path) throws IOException {
    int before = upstream.requests().size();
    assertThat(ask("GET " + path + " HTTP/1.1~Host: localhost~Connection: close~~"))
        .startsWith("HTTP/1.1 400 ");
    assertThat(upstream.requests()).hasSize(before);
  }

  @ParameterizedTest
  @CsvSource({
    "'X-Forwarded-Host: evil.example', /base/v1/models",
    "'X-Forwarded-Prefix: /admin', /base/v1/models",
    "'Forwarded: host=evil.example', /base/v1/models",
    "'X-Original-URL: /admin', /base/v1/models",
    "'X-HTTP-Method-Override: DELETE', /base/v1/models",
    "'api_base: http://evil.example', /base/v1/models",
  })
  void s8NoHeaderChangesWhereARequestGoes(String header, String target) throws IOException {
    assertThat(ask("GET /v1/models HTTP/1.1~Host: localhost~" + header + "~Connection: close~~"))
        .startsWith("HTTP/1.1 200 ");
    assertThat(upstream.requests().getLast())
        .startsWith("GET " + target + " HTTP/1.1\r\n")
        .containsIgnoringCase("host: 127.0.0.1:" + upstream.port() + "\r\n");
  }

  @Test
  void s8NoMemberOfABodyChangesWhereARequestGoes() throws IOException {
    String body =
        "{\"model\":\"m\",\"stream\":false,\"base_url\":\"http://evil.example\",\"api_base\":"
            + "\"http://evil.example\",\"metadata\":{\"user_config\":{\"host\":\"evil\"}}}";
    assertThat(RawClient.post(gateway.port(), "/v1/chat/completions", body).status())
        .isEqualTo(200);
    assertThat(upstream.requests().getLast()).startsWith("POST /base/v1/chat/completions ");
  }

  // ---------------------------------------------------------------- S10

  @ParameterizedTest
  @ValueSource(strings = {"/v1/models", "/v1/chat/completions"})
  void s10ARedirectIsNeverFollowed(String path) throws IOException {
    try (var other = ScriptedUpstream.answering(OK);
        var redirecting =
            ScriptedUpstream.answering(
                "HTTP/1.1 307 Elsewhere\r\nLocation: http://127.0.0.1:"
                    + other.port()
                    + "/v1/models\r\nContent-Length: 0\r\n\r\n");
        var gateway = RelayTest.before(redirecting, "openai-chat", "/v1")) {
      var response =
          RawClient.post(
              gateway.port(), path, Rig.body(Protocol.OPENAI_CHAT), "Authorization: Bearer k");
      assertThat(response.status()).isEqualTo(307);
      assertThat(other.requests()).isEmpty();
    }
  }

  // ---------------------------------------------------------------- S11

  static Stream<Arguments> smuggling() {
    String post = "POST /v1/files HTTP/1.1~Host: localhost~";
    String rest = "~GET /v1/smuggled HTTP/1.1~Host: localhost~~";
    return Stream.of(
            new String[] {"CL and TE", post + "Content-Length: 4~Transfer-Encoding: chunked~~0~"},
            new String[] {"TE and CL", post + "Transfer-Encoding: chunked~Content-Length: 4~~0~"},
            new String[] {"two CL", post + "Content-Length: 1~Content-Length: 1~~a"},
            new String[] {"two other CL", post + "Content-Length: 1~Content-Length: 4~~a"},
            new String[] {"CL list", post + "Content-Length: 1, 1~~a"},
            new String[] {"CL plus", post + "Content-Length: +1~~a"},
            new String[] {"CL minus", post + "Content-Length: -1~~a"},
            new String[] {"CL hex", post + "Content-Length: 0x1~~a"},
            new String[] {"CL huge", post + "Content-Length: 99999999999999999999~~a"},
            new String[] {"TE identity", post + "Transfer-Encoding: identity~~a"},
            new String[] {"TE two codings", post + "Transfer-Encoding: gzip, chunked~~0~"},
            new String[] {"TE not last", post + "Transfer-Encoding: chunked, gzip~~0~"},
            new String[] {
              "TE twice", post + "Transfer-Encoding: chunked~Transfer-Encoding: chunked~~0~"
            },
            new String[] {"TE xchunked", post + "Transfer-Encoding: xchunked~~0~"},
            new String[] {"TE space before colon", post + "Transfer-Encoding : chunked~~0~"},
            new String[] {
              "TE in 1.0", "POST /v1/files HTTP/1.0~Host: localhost~Transfer-Encoding: chunked~~0~"
            },
            new String[] {"obs-fold", post + "X: a~ b~Content-Length: 0~~"},
            new String[] {
              "bare LF", "POST /v1/files HTTP/1.1\nHost: localhost\nContent-Length: 0\n\n"
            },
            new String[] {"bare LF in head", post + "X: a\nContent-Length: 1~~a"},
            new String[] {"bare CR in head", post + "X: a\rContent-Length: 1~~a"},
            new String[] {"NUL in head", post + "X: a\0b~Content-Length: 0~~"},
            new String[] {"no colon", post + "X~Content-Length: 0~~"},
            new String[] {"empty name", post + ": x~Content-Length: 0~~"},
            new String[] {"chunk size sign", post + "Transfer-Encoding: chunked~~+1~a~0~"},
            new String[] {"chunk size 0x", post + "Transfer-Encoding: chunked~~0x1~a~0~"},
            new String[] {
              "chunk size overflow", post + "Transfer-Encoding: chunked~~100000000000000001~a~0~"
            },
            new String[] {"chunk size negative", post + "Transfer-Encoding: chunked~~-1~a~0~"},
            new String[] {"chunk size empty", post + "Transfer-Encoding: chunked~~~a~0~"},
            new String[] {"chunk bare LF", post + "Transfer-Encoding: chunked~~1\na~0~"},
            new String[] {"chunk without end", post + "Transfer-Encoding: chunked~~1~ab0~"},
            new String[] {
              "chunk extension with LF", post + "Transfer-Encoding: chunked~~1;a\nb~a~0~"
            },
            new String[] {
              "HTTP/1.2", "POST /v1/files HTTP/1.2x~Host: localhost~Content-Length: 0~~"
            },
            new String[] {
              "three spaces", "POST  /v1/files   HTTP/1.1~Host: localhost~Content-Length: 0~~"
            })
        .map(each -> Arguments.of(each[0], each[1] + rest));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("smuggling")
  void s11AFramingThatTwoServersReadDifferentlyIsRefused(String name, String bytes)
      throws IOException {
    String answer = ask(bytes);
    assertThat(answer).startsWith("HTTP/1.1 400 ");
    assertThat(answer.split("HTTP/1\\.1 ", -1)).as("one response, then the end").hasSize(2);
    assertThat(upstream.requests().stream().anyMatch(request -> request.contains("smuggled")))
        .isFalse();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "GET /v1/a HTTP/1.1~Host: localhost~ folded~~ | head: must not have folded lines",
        "GET  /v1/a HTTP/1.1~Host: localhost~~ | request line: must have two spaces",
        "POST /v1/a HTTP/1.1~Host: localhost~Content-Length: 1~Transfer-Encoding: chunked~~0~~"
            + " | content-length: must not come with transfer-encoding, was given with it",
        "GET /v1/a HTTP/1.1~Host: localhost~: secret~~ | request: must be one of RFC 9112",
      })
  void s11TheRefusalNamesTheRuleAndRepeatsNothing(String bytes, String sentence)
      throws IOException {
    assertThat(ask(bytes)).contains("\"holdfast: " + sentence + "\"").doesNotContain("secret");
  }

  @Test
  void s11ChunkExtensionsAndTrailersWithinTheLimitsAreNoDoubt() throws IOException {
    assertThat(
            ask(
                "POST /v1/files HTTP/1.1~Host: localhost~Transfer-Encoding: chunked~"
                    + "Connection: close~~1;a=b~x~0~X-Trailer: 1~~"))
        .startsWith("HTTP/1.1 200 ");
  }

  // ---------------------------------------------------------------- S13

  @Test
  void s13AHeadPastItsLimitIsRefused() throws IOException {
    String head = "GET /v1/models HTTP/1.1~Host: localhost~Connection: close~";
    assertThat(ask(head + "X: " + "a".repeat(30 << 10) + "~~")).startsWith("HTTP/1.1 200 ");
    assertThat(ask(head + "X: " + "a".repeat(33 << 10) + "~~")).startsWith("HTTP/1.1 431 ");
    assertThat(ask("GET /v1/" + "a".repeat(33 << 10) + " HTTP/1.1~Host: localhost~~"))
        .startsWith("HTTP/1.1 414 ");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /v1/models HTTP/1.1~Host: local",
        "POST /v1/files HTTP/1.1~Host: localhost~Content-Length: 100~~slow",
        "POST /v1/chat/completions HTTP/1.1~Host: localhost~Content-Length: 100~~{\"slow\"",
      })
  void s13AClientThatTakesItsTimeIsRefused(String begun) throws IOException {
    var limits =
        Limits.DEFAULT.withTimes(
            Duration.ofMillis(300), Duration.ofMillis(300), Duration.ofMillis(300));
    try (var silent = ScriptedUpstream.silentAfter("");
        var gateway =
            Gateway.start(RelayTest.config(silent, "openai-chat", "/v1").withLimits(limits))) {
      assertThat(ask(gateway, begun)).startsWith("HTTP/1.1 408 ");
    }
  }

  @Test
  void s13AConnectionWithoutARequestIsClosed() throws IOException {
    var limits =
        Limits.DEFAULT.withTimes(
            Duration.ofMillis(300), Duration.ofMillis(300), Duration.ofMillis(300));
    try (var silent = ScriptedUpstream.silentAfter("");
        var gateway =
            Gateway.start(RelayTest.config(silent, "openai-chat", "/v1").withLimits(limits))) {
      assertThat(ask(gateway, "")).isEmpty();
    }
  }

  @Test
  void s13MoreConnectionsThanTheLimitAreClosedAndOthersServed() throws IOException {
    try (var gateway =
            Gateway.start(
                RelayTest.config(upstream, "openai-chat", "/v1")
                    .withLimits(Limits.DEFAULT.withConnections(1)));
        var first = new RawClient(gateway.port())) {
      first.send(RawClient.request("GET", "/v1/models", ""));
      assertThat(first.read("GET").status()).isEqualTo(200);
      assertThat(ask(gateway, "GET /v1/models HTTP/1.1~Host: localhost~~")).isEmpty();
      first.send(RawClient.request("GET", "/v1/models", ""));
      assertThat(first.read("GET").status()).isEqualTo(200);
    }
  }

  // ---------------------------------------------------------------- S17

  @ParameterizedTest
  @CsvSource({
    "Host: evil.example, 421",
    "Host: evil.example~X-Forwarded-Host: localhost, 421",
    "Host: localhost~Host: localhost, 400",
    "X-Forwarded-Host: localhost, 400",
    "Host: localhost~Origin: http://evil.example, 403",
    "Host: localhost~Sec-Fetch-Site: cross-site, 403",
  })
  void s17AForeignPageIsRefused(String lines, int status) throws IOException {
    assertThat(ask("GET /v1/models HTTP/1.1~" + lines + "~Connection: close~~"))
        .startsWith("HTTP/1.1 " + status + " ")
        .doesNotContainIgnoringCase("access-control");
  }

  // ---------------------------------------------------------------- S20, S23

  @Test
  void s20NoKeyReachesLogsMetricsOrErrors() throws IOException {
    String key = "sk-canary-2342-aBcDeFgHiJkLmNoPqRsTuVw";
    String error = "HTTP/1.1 200 OK\r\n\r\ndata: {\"error\":{\"message\":\"bad " + key + "\"}}\n\n";
    try (var echoing = ScriptedUpstream.answering(error)) {
      var log = new AtomicReference<>("");
      var logged = new CountDownLatch(1);
      try (var gateway =
          Gateway.builder(RelayTest.config(echoing, "openai-chat", "/v1"))
              .accessLog(line -> {
                log.set(log.get() + line);
                logged.countDown();
              })
              .start()) {
        var response =
            RawClient.post(
                gateway.port(),
                "/v1/chat/completions?key=" + key,
                Rig.body(Protocol.OPENAI_CHAT),
                "Authorization: Bearer " + key,
                "X-Claude-Code-Session-Id: a\tb");
        assertThat(response.status()).isGreaterThanOrEqualTo(500);
        assertThat(response.text()).doesNotContain(key);
        assertThat(logged.await(30, TimeUnit.SECONDS)).isTrue();
        var metrics = RawClient.get(gateway.management().getPort(), "/metrics");
        assertThat(metrics.text()).doesNotContain(key);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      assertThat(log.get()).contains("/v1/chat/completions").doesNotContain("canary", "\t");
    }
  }

  // ---------------------------------------------------------------- S26

  static Stream<Arguments> hostile() {
    String head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    return Stream.of(
        Arguments.of("endless head", "HTTP/1.1 200 OK\r\nX: " + "a".repeat(1 << 20)),
        Arguments.of("no HTTP", "SSH-2.0-OpenSSH_9.9\r\n"),
        Arguments.of("empty events", head + "data:\n\n".repeat(100_000)),
        Arguments.of("deep JSON", head + "data: " + "[".repeat(100_000) + "\n\n"),
        Arguments.of("not JSON", head + "data: {\"choices\":[NaN]}\n\n"),
        Arguments.of(
            "huge index",
            head
                + "data: {\"id\":\"a\",\"choices\":[{\"index\":2147483647,\"delta\":{\"content\":\"x\"}}]}\n\n"),
        Arguments.of("negative length", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc"),
        Arguments.of(
            "two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 3\r\n\r\nabc"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("hostile")
  void s26AHostileUpstreamEndsInATypedFailure(String name, String bytes) throws IOException {
    try (var hostile = ScriptedUpstream.answering(bytes);
        var gateway = RelayTest.before(hostile, "openai-chat", "/v1")) {
      var response =
          RawClient.post(gateway.port(), "/v1/chat/completions", Rig.body(Protocol.OPENAI_CHAT));
      if (response.status() == 200) {
        var reading = Reading.of("openai-chat", response.body());
        assertThat(reading.verdict()).isNotEqualTo("COMPLETE");
      } else {
        assertThat(response.status()).isBetween(502, 504);
        assertThat(response.text()).contains("\"error\"");
      }
    }
  }

  @Test
  void s30NoUpstreamBesidesTheConfiguredOnes() {
    assertThat(UpstreamConfig.defaults())
        .extracting(UpstreamConfig::host)
        .containsExactly(
            "api.openai.com",
            "api.anthropic.com",
            "generativelanguage.googleapis.com",
            "127.0.0.1");
    assertThatThrownBy(() ->
            GatewayConfig.DEFAULT.withUpstreams(
                List.of(
                    UpstreamConfig.parse("openai-chat=http://a/v1"),
                    UpstreamConfig.parse("openai-chat=http://b/v1"))))
        .hasMessageStartingWith("credential: must be set where several upstreams share requests");
  }
}
