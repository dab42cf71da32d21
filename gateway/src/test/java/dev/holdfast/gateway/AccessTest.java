package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.KeyConfig.KeyLimits;
import dev.holdfast.gateway.config.ModelPattern;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Keys of the gateway's own: who is let in, how often, and with how many tokens. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class AccessTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final String KEY = GatewayKey.create(new SecureRandom());
  private static final String OTHER = GatewayKey.create(new SecureRandom());
  private static final String CHAT = "/v1/chat/completions";
  private static final String PLAIN = "{\"model\":\"m\",\"max_tokens\":100}";

  private static KeyConfig key(String name, String key, KeyLimits limits) {
    return new KeyConfig(name, GatewayKey.hash(key), List.of(), List.of(), limits);
  }

  private static Gateway gateway(List<UpstreamConfig> upstreams, KeyConfig... keys) {
    Leaks.watch();
    return Gateway.start(
        GatewayConfig.DEFAULT
            .withUpstreams(upstreams)
            .withKeys(List.of(keys))
            .withDrain(Duration.ZERO));
  }

  private static Gateway gateway(ScriptedUpstream upstream, KeyConfig... keys) {
    return gateway(
        List.of(RoutingTest.upstream("one", "openai-chat", "http://127.0.0.1:" + upstream.port())),
        keys);
  }

  private static RawClient.Response ask(Gateway gateway, String body, String key)
      throws IOException {
    return RawClient.post(gateway.port(), CHAT, body, "Authorization: Bearer " + key);
  }

  private static String metric(Gateway gateway, String name) throws IOException {
    return RawClient.get(gateway.management().getPort(), "/metrics")
        .text()
        .lines()
        .filter(line -> line.startsWith(name))
        .findFirst()
        .orElse("");
  }

  // ---------------------------------------------------------------- who is let in

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "POST | /v1/chat/completions | \"code\":\"no-key\"",
        "POST | /v1/responses | \"code\":\"no-key\"",
        "POST | /v1/messages?beta=true | \"type\":\"authentication_error\"",
        "POST | /v1/messages/count_tokens | \"type\":\"authentication_error\"",
        "POST | /v1beta/models/m:streamGenerateContent?alt=sse | \"status\":\"UNAUTHENTICATED\"",
        "GET | /v1beta/models | \"status\":\"UNAUTHENTICATED\"",
        "POST | /api/chat | {\"error\":\"holdfast: key: must be one of this gateway, was missing\"}",
        "DELETE | /v1/files/1 | \"code\":\"no-key\"",
        "GET | /v1/models | \"code\":\"no-key\"",
        "GET | /anything/else | \"code\":\"no-key\"",
        "GET | /metrics | \"code\":\"no-key\"",
      })
  void s4NoPathIsServedWithoutAKey(String method, String path, String envelope) throws IOException {
    try (var one = ScriptedUpstream.answering(OK);
        var gateway = gateway(one, key("team", KEY, KeyLimits.NONE));
        var client = new RawClient(gateway.port())) {
      client.send(RawClient.request(method, path, method.equals("POST") ? "{}" : ""));
      var response = client.read(method);
      assertThat(response.status()).isEqualTo(401);
      assertThat(response.header("www-authenticate")).isEqualTo("Bearer");
      assertThat(response.text()).contains(envelope);
      assertThat(one.requests()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Authorization: Bearer KEY",
        "authorization: bearer KEY",
        "Authorization: KEY",
        "x-api-key: KEY",
        "X-Goog-Api-Key: KEY",
        "api-key: KEY",
        "x-holdfast-key: KEY",
        "Authorization: Bearer KEY\r\nx-api-key: KEY",
        "X-Any: prefix KEY suffix\r\nAuthorization: Bearer KEY",
        "x-holdfast-key: KEY\r\nAuthorization: Bearer sk-of-the-client",
      })
  void aKeyLetsInFromEveryHeaderAndNeverGoesUpstream(String header) throws IOException {
    for (var credential :
        List.of(Credential.NONE, Credential.PASSED, new Credential.Own("", "upstream-secret"))) {
      try (var one = ScriptedUpstream.answering(OK);
          var gateway =
              gateway(
                  List.of(
                      RoutingTest.upstream("one", "openai-chat", "http://127.0.0.1:" + one.port())
                          .withCredential(credential)),
                  key("team", KEY, KeyLimits.NONE))) {
        for (String path : List.of("/v1/models?key=" + KEY + "&a=b", "/v1/models?a=b")) {
          var response = RawClient.get(gateway.port(), path, header.replace("KEY", KEY));
          assertThat(response.status()).isEqualTo(200);
          String sent = one.requests().getLast();
          assertThat(sent).doesNotContain(KEY).doesNotContain("x-holdfast-key").contains("?a=b ");
          boolean own = credential instanceof Credential.Own;
          assertThat(sent.contains("Bearer upstream-secret")).isEqualTo(own);
          boolean passed = header.contains("sk-of") && credential.equals(Credential.PASSED);
          assertThat(sent.contains("sk-of-the-client")).isEqualTo(passed);
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1beta/models?key=KEY", "/v1beta/models?alt=x&key=KEY"})
  void aGoogleClientMaySendItsKeyInTheQuery(String path) throws IOException {
    try (var one = ScriptedUpstream.answering(OK);
        var gateway =
            gateway(
                List.of(
                    RoutingTest.upstream("one", "gemini-sse", "http://127.0.0.1:" + one.port())
                        .withCredential(Credential.PASSED)),
                key("team", KEY, KeyLimits.NONE))) {
      assertThat(RawClient.get(gateway.port(), path.replace("KEY", KEY)).status()).isEqualTo(200);
      assertThat(one.requests().getFirst()).doesNotContain(KEY);
      assertThat(RawClient.get(gateway.port(), path).status()).isEqualTo(401);
    }
  }

  @Test
  void anotherKeyAWeakKeyAndTwoTenantsAtOnceAreRefused() throws IOException {
    var weak = key("weak", "password", KeyLimits.NONE);
    try (var one = ScriptedUpstream.answering(OK);
        var gateway =
            gateway(
                one, key("team", KEY, KeyLimits.NONE), key("other", OTHER, KeyLimits.NONE), weak)) {
      assertThat(ask(gateway, PLAIN, KEY).status()).isEqualTo(200);
      for (String wrong :
          List.of(
              KEY.substring(0, KEY.length() - 1),
              KEY + "x",
              KEY.toUpperCase(java.util.Locale.ROOT),
              GatewayKey.hash(KEY),
              "password",
              "null",
              "*")) {
        assertThat(ask(gateway, PLAIN, wrong).status()).as(wrong).isEqualTo(401);
      }
      var both =
          RawClient.get(
              gateway.port(), "/v1/models", "Authorization: Bearer " + KEY, "x-api-key: " + OTHER);
      assertThat(both.status()).isEqualTo(401);
      assertThat(one.requests()).hasSize(1);
    }
  }

  @Test
  void s2NoAuthorizationHeaderBreaksIn() throws IOException {
    var random = new SplittableRandom(7);
    try (var one = ScriptedUpstream.answering(OK);
        var gateway = gateway(one, key("team", KEY, KeyLimits.NONE))) {
      for (int i = 0; i < 300; i++) {
        byte[] noise = new byte[random.nextInt(60)];
        random.nextBytes(noise);
        String header =
            switch (i % 4) {
              case 0 -> Base64.getEncoder().encodeToString(noise);
              case 1 -> "Bearer " + Base64.getUrlEncoder().encodeToString(noise);
              case 2 -> KEY.substring(random.nextInt(1, KEY.length()));
              default -> new String(noise, StandardCharsets.ISO_8859_1).replaceAll("\\p{C}", "");
            };
        var response = RawClient.get(gateway.port(), "/v1/models", "Authorization: " + header);
        assertThat(response.status()).as(header).isIn(400, 401);
      }
      assertThat(one.requests()).isEmpty();
    }
  }

  @Test
  void s1WithKeysOtherAddressesMayBeListenedOn() throws Exception {
    try (var one = ScriptedUpstream.answering(OK);
        var gateway =
            Gateway.start(
                RelayTest.config(one, "openai-chat", "/v1")
                    .withKeys(List.of(key("team", KEY, KeyLimits.NONE)))
                    .withListen(
                        GatewayConfig.DEFAULT
                            .listen()
                            .at(InetAddress.getByName("0.0.0.0"), 0, 0)
                            .withNames(java.util.Set.of("gateway.internal"))))) {
      for (String host : List.of("localhost", "gateway.internal", "127.0.0.1:" + gateway.port())) {
        try (var client = new RawClient(gateway.port())) {
          client.send(
              "GET /v1/models HTTP/1.1\r\nHost: " + host + "\r\nx-api-key: " + KEY + "\r\n\r\n");
          assertThat(client.read("GET").status()).as(host).isEqualTo(200);
        }
      }
      try (var client = new RawClient(gateway.port())) {
        client.send(
            "GET /v1/models HTTP/1.1\r\nHost: evil.example\r\nx-api-key: " + KEY + "\r\n\r\n");
        assertThat(client.read("GET").status()).isEqualTo(421);
      }
    }
  }

  // ---------------------------------------------------------------- what a key may ask

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/chat/completions | {'model':'ok-1'} | 200",
        "/v1/chat/completions | {'model':'no-1'} | 403",
        "/v1/chat/completions | {'model':'ok-1','model':'no-1'} | 400",
        "/v1/chat/completions | {'MODEL':'ok-1'} | 403",
        "/v1/chat/completions | {'model':7} | 403",
        "/v1/chat/completions | {} | 403",
        "/v1/chat/completions | not json | 403",
        "/v1/embeddings | {'model':'no-1'} | 403",
        "/v1/embeddings | {'model':'ok-1'} | 200",
        "/v1/batches | {'input_file_id':'f'} | 403",
        "/v1/audio/speech | {'model':'no'} | 403",
      })
  void aKeyAsksItsOwnModelsAlone(String path, String body, int status) throws IOException {
    var bound =
        new KeyConfig(
            "team",
            GatewayKey.hash(KEY),
            List.of(new ModelPattern("ok-*")),
            List.of(),
            KeyLimits.NONE);
    try (var one = ScriptedUpstream.answering(OK);
        var gateway = gateway(one, bound)) {
      var response =
          RawClient.post(gateway.port(), path, body.replace('\'', '"'), "x-holdfast-key: " + KEY);
      assertThat(response.status()).as(response.text()).isEqualTo(status);
      assertThat(one.requests()).hasSize(status == 200 ? 1 : 0);
      assertThat(RawClient.get(gateway.port(), "/v1/models", "x-holdfast-key: " + KEY).status())
          .isEqualTo(200);
    }
  }

  @Test
  void aBodyOfAnotherTypeCannotHideAModel() throws IOException {
    var bound =
        new KeyConfig(
            "team",
            GatewayKey.hash(KEY),
            List.of(new ModelPattern("ok-*")),
            List.of(),
            KeyLimits.NONE);
    try (var one = ScriptedUpstream.answering(OK);
        var gateway = gateway(one, bound);
        var client = new RawClient(gateway.port())) {
      client.send(
          "POST /v1/embeddings HTTP/1.1\r\nHost: localhost\r\nx-api-key: "
              + KEY
              + "\r\nContent-Type: text/plain\r\nContent-Length: 14\r\n\r\n{\"model\":\"no\"}");
      assertThat(client.read("POST").status()).isEqualTo(403);
      assertThat(one.requests()).isEmpty();
    }
  }

  @Test
  void aKeyAsksItsOwnUpstreamsAlone() throws IOException {
    var bound =
        new KeyConfig("team", GatewayKey.hash(KEY), List.of(), List.of("two"), KeyLimits.NONE);
    try (var one = ScriptedUpstream.answering(OK);
        var two = ScriptedUpstream.answering(OK);
        var gateway =
            gateway(
                List.of(
                    RoutingTest.upstream("one", "openai-chat", "http://127.0.0.1:" + one.port()),
                    RoutingTest.upstream("two", "openai-chat", "http://127.0.0.1:" + two.port()),
                    RoutingTest.upstream("third", "ollama-chat", "http://127.0.0.1:1")),
                bound)) {
      assertThat(ask(gateway, PLAIN, KEY).status()).isEqualTo(200);
      assertThat(one.requests()).isEmpty();
      assertThat(two.requests()).hasSize(1);
      var other = RawClient.post(gateway.port(), "/api/chat", PLAIN, "x-api-key: " + KEY);
      assertThat(other.status()).isEqualTo(403);
      assertThat(other.header("x-holdfast-refusal")).isEqualTo("upstream-not-allowed");
    }
  }

  // ---------------------------------------------------------------- how much

  @Test
  void requestsPerMinuteAreLimitedInTheEnvelopeOfTheFront() throws IOException {
    try (var one = ScriptedUpstream.answering(OK);
        var gateway = gateway(one, key("team", KEY, new KeyLimits(2, 0, 0, 0)))) {
      assertThat(ask(gateway, PLAIN, KEY).status()).isEqualTo(200);
      assertThat(ask(gateway, PLAIN, KEY).status()).isEqualTo(200);
      var limited = ask(gateway, PLAIN, KEY);
      assertThat(limited.status()).isEqualTo(429);
      assertThat(Integer.parseInt(limited.header("retry-after"))).isBetween(1, 30);
      assertThat(limited.text())
          .contains(
              "\"type\":\"rate_limit_error\"",
              "requestsPerMinute: must be at most 2 for the key, was more");
      assertThat(one.requests()).hasSize(2);
    }
  }

  @Test
  void openRequestsAreLimitedAndCountedDownWhenTheyEnd() throws Exception {
    var release = new CountDownLatch(1);
    try (var one =
            new ScriptedUpstream((request, connection) -> {
              release.await(60, TimeUnit.SECONDS);
              connection.getOutputStream().write(OK.getBytes(StandardCharsets.UTF_8));
              connection.shutdownOutput(); // It serves one request.
            });
        var gateway = gateway(one, key("team", KEY, new KeyLimits(0, 1, 0, 0)));
        var first = new RawClient(gateway.port())) {
      first.send(RawClient.request("POST", CHAT, PLAIN, "x-api-key: " + KEY));
      assertThat(one.awaitAsked()).isTrue();
      assertThat(metric(gateway, "holdfast_gateway_key_open{key=\"team\"}")).endsWith(" 1");
      var second = ask(gateway, PLAIN, KEY);
      assertThat(second.status()).isEqualTo(429);
      assertThat(second.text()).contains("concurrentStreams");
      release.countDown();
      assertThat(first.read("POST").status()).isEqualTo(200);
      assertThat(ask(gateway, PLAIN, KEY).status()).isEqualTo(200);
      assertThat(metric(gateway, "holdfast_gateway_key_open{key=\"team\"}")).endsWith(" 0");
    }
  }

  @Test
  void aStreamIsSettledAtTheTokensThatItReports() throws IOException {
    try (var server =
            FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).script(Script.healthy()).start();
        var gateway =
            gateway(
                List.of(RoutingTest.upstream("one", Protocol.ANTHROPIC_MESSAGES, server.port())),
                key("team", KEY, new KeyLimits(0, 0, 0, 1_000_000)))) {
      var response =
          RawClient.post(
              gateway.port(),
              "/v1/messages",
              Rig.body(Protocol.ANTHROPIC_MESSAGES),
              "x-api-key: " + KEY);
      var reading = Reading.of("anthropic-messages", response.body());
      long tokens = 0;
      for (var event : reading.events()) {
        if (event instanceof dev.holdfast.core.stream.StreamEvent.Usage(var usage)) {
          tokens = usage.input().orElse(0) + usage.output().orElse(0);
        }
      }
      assertThat(tokens).isPositive();
      assertThat(metric(gateway, "holdfast_gateway_key_tokens_of_day{key=\"team\"}"))
          .endsWith(" " + tokens);
    }
  }

  /** 400 tokens a day, of which a request with 100 for its answer reserves 107. */
  @Test
  void tokensAreReservedBeforeTheyAreUsedAndGivenBackWhereNoneWere() throws IOException {
    String refusal = "HTTP/1.1 400 No\r\nContent-Length: 2\r\n\r\nno";
    try (var one = ScriptedUpstream.answering(refusal);
        var gateway = gateway(one, key("team", KEY, new KeyLimits(0, 0, 0, 120)))) {
      for (int i = 0; i < 4; i++) {
        assertThat(ask(gateway, PLAIN, KEY).status()).as("refused, so free").isEqualTo(400);
      }
    }
    try (var one = ScriptedUpstream.answering(OK);
        var gateway = gateway(one, key("team", KEY, new KeyLimits(0, 0, 0, 120)))) {
      assertThat(ask(gateway, PLAIN, KEY).status()).isEqualTo(200);
      var second = ask(gateway, PLAIN, KEY);
      assertThat(second.status()).as("nothing reported, so the estimate counts").isEqualTo(429);
      assertThat(second.text()).contains("tokensPerDay");
      assertThat(Integer.parseInt(second.header("retry-after"))).isBetween(1, 86_400);
      var free =
          RawClient.post(gateway.port(), "/v1/messages/count_tokens", PLAIN, "x-api-key: " + KEY);
      assertThat(free.status()).as("counting is no use of tokens").isNotEqualTo(429);
    }
  }

  @Test
  void leavingEarlyIsNotFree() throws Exception {
    try (var one = ScriptedUpstream.silentAfter("");
        var gateway = gateway(one, key("team", KEY, new KeyLimits(0, 0, 0, 120)))) {
      try (var client = new RawClient(gateway.port())) {
        client.send(
            RawClient.request(
                "POST", CHAT, PLAIN.replace("}", ",\"stream\":true}"), "x-api-key: " + KEY));
        assertThat(one.awaitAsked()).isTrue();
      }
      assertThat(one.awaitGone(30_000)).isTrue();
      assertThat(ask(gateway, PLAIN, KEY).status()).isEqualTo(429);
    }
  }

  /** S25: ten times its quota by one tenant changes nothing for another. */
  @Test
  void s25ATenantAtTenTimesItsQuotaLeavesOthersAlone() throws Exception {
    var log = new ConcurrentLinkedQueue<String>();
    try (var server =
        FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).script(Script.healthy()).start()) {
      var config =
          GatewayConfig.DEFAULT
              .withUpstreams(
                  List.of(RoutingTest.upstream("one", Protocol.OPENAI_CHAT, server.port())))
              .withKeys(
                  List.of(
                      key("greedy", KEY, new KeyLimits(20, 4, 0, 0)),
                      key("calm", OTHER, new KeyLimits(20, 4, 0, 0))))
              .withDrain(Duration.ZERO);
      int served = 0;
      int limited = 0;
      try (var gateway = Gateway.builder(config).accessLog(log::add).start()) {
        var threads = new ArrayList<Thread>();
        var statuses = new ConcurrentLinkedQueue<Integer>();
        for (int i = 0; i < 10; i++) {
          threads.add(
              Thread.ofVirtual()
                  .start(() -> {
                    for (int j = 0; j < 20; j++) {
                      try {
                        statuses.add(ask(gateway, Rig.body(Protocol.OPENAI_CHAT), KEY).status());
                      } catch (IOException e) {
                        statuses.add(0);
                      }
                    }
                  }));
        }
        for (int i = 0; i < 10; i++) {
          var response = ask(gateway, Rig.body(Protocol.OPENAI_CHAT), OTHER);
          assertThat(response.status()).isEqualTo(200);
          assertThat(Reading.of("openai-chat", response.body()).text()).isEqualTo(Rig.TEXT);
        }
        for (var thread : threads) {
          thread.join();
        }
        for (int status : statuses) {
          served += status == 200 ? 1 : 0;
          limited += status == 429 ? 1 : 0;
        }
        assertThat(served + limited).isEqualTo(200);
        // The quota, and what a minute gives back while the test runs.
        assertThat(limited).isGreaterThan(100);
      }
      assertThat(server.received().size()).isEqualTo(10 + served);
      assertThat(log).anyMatch(line -> line.contains("\"key\":\"calm\""));
      assertThat(log).noneMatch(line -> line.contains(KEY) || line.contains(OTHER));
    }
  }
}
