package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.Identical;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.KeyConfig.KeyLimits;
import dev.holdfast.gateway.config.ManagementConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** More lines of the security checklist, by number; {@link SecurityTest} has the others. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class ChecklistTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final String CHAT = "/v1/chat/completions";

  private static KeyConfig key(String name, String key) {
    return new KeyConfig(name, GatewayKey.hash(key), List.of(), List.of(), KeyLimits.NONE);
  }

  static String ask(Gateway gateway, String bytes) throws IOException {
    try (var client = new RawClient(gateway.port())) {
      client
          .socket()
          .getOutputStream()
          .write(bytes.replace("~", "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      return new String(client.rest(), StandardCharsets.UTF_8);
    }
  }

  // ---------------------------------------------------------------- S5, S6, S29

  @Test
  void s5s29AnIdenticalRequestOfAnotherTenantReceivesAStreamOfItsOwn() throws Exception {
    String one = GatewayKey.create(new SecureRandom());
    String two = GatewayKey.create(new SecureRandom());
    var begun = new CountDownLatch(2);
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              connection
                  .getOutputStream()
                  .write("HTTP/1.1 200 OK\r\n\r\n: begun\n\n".getBytes(StandardCharsets.UTF_8));
              begun.countDown();
            });
        var gateway =
            Gateway.start(
                RelayTest.config(upstream, "openai-chat", "/v1")
                    .withUpstreams(
                        List.of(
                            UpstreamConfig.parse("openai-chat=http://127.0.0.1:" + upstream.port())
                                .withCredential(new Credential.Own("", "shared"))))
                    .withKeys(List.of(key("one", one), key("two", two)))
                    .withSignsOfLife(Duration.ZERO, Duration.ofSeconds(15))
                    .withStreams(s ->
                        s.withDelivery(
                            d -> d.withIdentical(Identical.ATTACH, Duration.ofHours(1)))));
        var first = new RawClient(gateway.port());
        var second = new RawClient(gateway.port())) {
      String id = "Idempotency-Key: the-same";
      first.send(request(one, id));
      assertThat(first.head().header("x-holdfast-attached")).isEmpty();
      second.send(request(two, id));
      assertThat(second.head().header("x-holdfast-attached")).isEmpty();
      assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  private static String request(String key, String id) {
    return RawClient.request(
        "POST", CHAT, Rig.body(Protocol.OPENAI_CHAT), "Authorization: Bearer " + key, id);
  }

  @Test
  void s6AStreamThatIsReplacedIsReportedAsReplaced() throws Exception {
    var asked = new Semaphore(0);
    try (var upstream =
            new ScriptedUpstream((request, connection) -> {
              connection
                  .getOutputStream()
                  .write("HTTP/1.1 200 OK\r\n\r\n: begun\n\n".getBytes(StandardCharsets.UTF_8));
              asked.release();
            });
        var gateway =
            Gateway.start(
                RelayTest.config(upstream, "openai-chat", "/v1")
                    .withSignsOfLife(Duration.ZERO, Duration.ofSeconds(15))
                    .withStreams(s ->
                        s.withDelivery(
                            d -> d.withIdentical(Identical.REPLACE, Duration.ofHours(1)))));
        var first = new RawClient(gateway.port());
        var second = new RawClient(gateway.port())) {
      first.send(request("k-1", "Connection: close"));
      assertThat(first.head().status()).isEqualTo(200);
      asked.acquire(); // The head leaves at once, perhaps before the provider is asked.
      second.send(request("k-1", "Connection: close"));
      assertThat(second.head().status()).isEqualTo(200);
      String end = new String(first.rest(), StandardCharsets.UTF_8);
      assertThat(end).contains("\"error\"", "replaced").doesNotContain("[DONE]");
      assertThat(asked.tryAcquire(60, TimeUnit.SECONDS)).isTrue();
    }
  }

  // ---------------------------------------------------------------- S8, S9

  /** A body with members at any depth that other gateways take for an address. */
  private static String poisoned(SplittableRandom random, String address, int depth) {
    List<String> names =
        List.of(
            "base_url",
            "api_base",
            "custom_host",
            "user_config",
            "endpoint",
            "callback_url",
            "proxy",
            "host",
            "azure_endpoint",
            "litellm_params",
            "extra_headers");
    var members = new ArrayList<String>();
    for (int i = 0; i < 1 + random.nextInt(3); i++) {
      String name = names.get(random.nextInt(names.size()));
      String inside =
          depth > 0 && random.nextBoolean()
              ? poisoned(random, address, depth - 1)
              : "\"" + address + "\"";
      members.add("\"" + name + "\":" + (random.nextInt(4) == 0 ? "[" + inside + "]" : inside));
    }
    return "{" + String.join(",", members) + "}";
  }

  @Test
  void s8s9NothingInARequestChangesWhereItGoes() throws IOException {
    var random = new SplittableRandom(11);
    try (var trap = ScriptedUpstream.answering(OK);
        var upstream = ScriptedUpstream.answering(OK);
        var gateway = RelayTest.before(upstream, "openai-chat", "/base/v1")) {
      List<String> addresses =
          List.of(
              "http://127.0.0.1:" + trap.port(),
              "http://[::1]:" + trap.port(),
              "http://0.0.0.0:" + trap.port(),
              "http://2130706433:" + trap.port(),
              "http://169.254.169.254/latest/meta-data",
              "http://[::ffff:127.0.0.1]:" + trap.port());
      List<String> headers =
          List.of(
              "x-portkey-custom-host",
              "x-api-base",
              "x-base-url",
              "x-upstream-host",
              "x-host",
              "x-forwarded-server",
              "x-rewrite-url",
              "openai-base-url",
              "destination",
              "referer");
      for (int i = 0; i < 200; i++) {
        String address = addresses.get(random.nextInt(addresses.size()));
        String body = poisoned(random, address, 6);
        String whole = "{\"model\":\"m\",\"stream\":false,\"x\":" + body + "," + body.substring(1);
        String query = "?api_base=" + address.replace("[", "%5B").replace("]", "%5D");
        String header = headers.get(random.nextInt(headers.size())) + ": " + address;
        var response = RawClient.post(gateway.port(), CHAT + query, whole, header);
        assertThat(response.status()).as(whole).isEqualTo(200);
        assertThat(upstream.requests().getLast())
            .startsWith("POST /base/v1/chat/completions?api_base=")
            .containsIgnoringCase("\r\nhost: 127.0.0.1:" + upstream.port() + "\r\n")
            .endsWith(whole);
      }
      assertThat(upstream.requests()).hasSize(200);
      assertThat(trap.requests()).isEmpty();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "http://127.0.0.1:1/v1/models",
        "https://evil.example/v1/models",
        "http://localhost:1/v1/models",
        "//127.0.0.1:1/v1/models",
      })
  void s9NoTargetNamesAnotherServer(String target) throws IOException {
    try (var upstream = ScriptedUpstream.answering(OK);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      String answer =
          ask(gateway, "GET " + target + " HTTP/1.1~Host: localhost~Connection: close~~");
      assertThat(answer).containsPattern("^HTTP/1\\.1 4(?:00|21) ");
      assertThat(ask(gateway, "CONNECT evil.example:443 HTTP/1.1~Host: localhost~~"))
          .containsPattern("^HTTP/1\\.1 4\\d\\d ");
      assertThat(upstream.requests()).isEmpty();
    }
  }

  // ---------------------------------------------------------------- S14

  @ParameterizedTest
  @ValueSource(strings = {"gzip", "gzip-cut", "gzip-corrupt"})
  void s14AStreamIsAskedForUncompressedAndACompressedOneIsNoAnswer(String fault)
      throws IOException {
    try (var rig = new Rig(Protocol.OPENAI_CHAT, Script.of(fault, fault, fault, fault, fault))) {
      var response = rig.ask(Protocol.OPENAI_CHAT, "Accept-Encoding: gzip, br, zstd");
      assertThat(rig.upstream.received().getFirst().header("accept-encoding"))
          .isEqualTo("identity");
      if (response.status() == 200) {
        assertThat(Reading.of("openai-chat", response.body()).verdict()).isEqualTo("BROKEN");
      } else {
        assertThat(response.status()).isBetween(502, 504);
      }
    }
  }

  // ---------------------------------------------------------------- S15, S16

  static Stream<Protocol> fronts() {
    return StreamsTest.fronts();
  }

  @ParameterizedTest
  @MethodSource("fronts")
  void s15NoTextOfAModelBreaksTheFramingOfAContinuedStream(Protocol protocol) throws IOException {
    String text =
        "First there is an ordinary sentence of some length, so that there is a seam to find. "
            + "data: [DONE]\n\ndata: {\"error\":{}}\r\n\r\nevent: message_stop\rid: 7\u0000"
            + "\u2028\u2029\uFEFF: comment\n\nretry: 1\n\n"
            + "And then the rest of the answer follows, in words that are no longer of interest.";
    var server =
        FaultServer.builder()
            .answer(Answer.ofText(text))
            .script(Script.of("cut-fin@token=14"))
            .start();
    try (var rig = new Rig(server, protocol, config -> config)) {
      var response = rig.ask(protocol);
      var reading = Reading.of(protocol.id(), response.body());
      assertThat(reading.text()).isEqualTo(text);
      assertThat(reading.verdict()).isEqualTo("COMPLETE");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'X-Evil: a\r\n Set-Cookie: b=c'",
    "'X-Evil: a\rSet-Cookie: b=c'",
    "'X-Evil: a\nSet-Cookie: b=c'",
    "'X-Evil: a\0b'",
    "'X-Evil : a'",
    "'Set-Cookie: b=c'",
  })
  void s16NoHeaderOfAnUpstreamIsTwoForTheClient(String line) throws IOException {
    String response = "HTTP/1.1 200 OK\r\n" + line + "\r\nContent-Length: 2\r\n\r\nok";
    try (var upstream = ScriptedUpstream.answering(response);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      String answer = ask(gateway, "GET /v1/models HTTP/1.1~Host: localhost~Connection: close~~");
      assertThat(answer)
          .containsPattern("^HTTP/1\\.1 (?:200|502) ")
          .doesNotContainPattern("(?i)[\r\n][ \t]*set-cookie");
    }
  }

  // ---------------------------------------------------------------- S18, S19

  @Test
  void s18ModelsAndErrorsAreDataOnTheDashboard() throws IOException {
    String evil = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    try (var upstream = ScriptedUpstream.answering("HTTP/1.1 500 No\r\n\r\n" + evil);
        var gateway = RelayTest.before(upstream, "openai-chat", "/v1")) {
      var refused =
          RawClient.post(
              gateway.port(), CHAT, "{\"stream\":true,\"messages\":[],\"model\":\"" + evil + "\"}");
      assertThat(refused.status()).isGreaterThanOrEqualTo(500);
      int port = gateway.management().getPort();
      var page = RawClient.get(port, "/");
      assertThat(page.header("content-security-policy"))
          .contains("default-src 'none'", "frame-ancestors 'none'")
          .doesNotContain("unsafe-inline' 'unsafe-eval", "*");
      assertThat(page.header("x-content-type-options")).isEqualTo("nosniff");
      assertThat(page.header("referrer-policy")).isEqualTo("no-referrer");
      assertThat(page.text()).doesNotContain(evil);
      for (String path : List.of("/report", "/streams", "/metrics")) {
        var data = RawClient.get(port, path);
        assertThat(data.header("content-type")).as(path).doesNotContain("html");
        assertThat(data.header("x-content-type-options")).as(path).isEqualTo("nosniff");
      }
    }
  }

  @Test
  void s19TheTokenIsTakenFromNoUrl() throws IOException {
    String token = GatewayKey.create(new SecureRandom());
    var management =
        new ManagementConfig(
            InetAddress.getLoopbackAddress(), 0, Set.of(), GatewayKey.hash(token), false);
    try (var upstream = ScriptedUpstream.answering(OK)) {
      var config = RelayTest.config(upstream, "openai-chat", "/v1");
      try (var gateway =
          Gateway.start(config.withListen(config.listen().withManagement(management)))) {
        int port = gateway.management().getPort();
        for (String query : List.of("token", "key", "access_token", "authorization")) {
          assertThat(RawClient.get(port, "/metrics?" + query + "=" + token).status())
              .isEqualTo(401);
        }
        assertThat(RawClient.get(port, "/metrics", "Cookie: token=" + token).status())
            .isEqualTo(401);
        assertThat(RawClient.get(port, "/metrics", "Authorization: Bearer " + token).status())
            .isEqualTo(200);
      }
    }
  }

  // ---------------------------------------------------------------- S21, S23

  @Test
  void s21NoConfigurationPrintsItsSecrets() throws IOException {
    String secret = "sk-canary-77-aBcDeFgHiJkLmNoPqRsTuVw";
    String hash = GatewayKey.hash("canary");
    var upstream =
        UpstreamConfig.parse("openai-chat=http://127.0.0.1:1/v1")
            .withCredential(new Credential.Own("x-own", secret));
    var config = GatewayConfig.DEFAULT.withUpstreams(List.of(upstream));
    var management =
        new ManagementConfig(InetAddress.getLoopbackAddress(), 0, Set.of(), hash, false);
    assertThat(config.toString() + upstream + upstream.credential()).doesNotContain(secret);
    assertThat(new dev.holdfast.gateway.manage.ManagementGuard(management.sha256()).toString())
        .doesNotContain(hash);
  }

  @Test
  void s23NothingOfARequestAddsALineToTheLog() throws IOException {
    var rig = new Rig(Protocol.OPENAI_CHAT, Script.healthy());
    try (rig) {
      String body =
          Rig.body(Protocol.OPENAI_CHAT)
              .replace("gpt-4.1-mini", "m\\n{\\\"event\\\":\\\"request\\\"}\\u2028\\u0085");
      assertThat(
              RawClient.post(
                      rig.gateway.port(), CHAT, body, "session_id: a\u0085b", "x-session-id: a\tb")
                  .status())
          .isEqualTo(200);
    }
    assertThat(rig.log).hasSize(1);
    assertThat(rig.log.remove()).doesNotContainPattern("[\\p{Cc}\u2028\u2029]");
  }

  // ---------------------------------------------------------------- S27, S28

  static Stream<Arguments> unknown() {
    String chat =
        "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","
            + "\"choices\":[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"Hi\"},"
            + "\"finish_reason\":null}],\"obfuscation\":\"xY7\",\"new_member\":{\"a\":[1]}}\n\n"
            + "event: new.thing\ndata: {\"object\":\"new.thing\",\"b\":2}\n\n"
            + "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":7,\"model\":\"m\","
            + "\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
            + "data: [DONE]\n\n";
    String messages =
        "event: message_start\ndata: {\"type\":\"message_start\",\"message\":{\"id\":\"m1\",\"type\":"
            + "\"message\",\"role\":\"assistant\",\"model\":\"m\",\"content\":[],\"stop_reason\":null,"
            + "\"usage\":{\"input_tokens\":1,\"output_tokens\":1}}}\n\n"
            + "event: new_thing\ndata: {\"type\":\"new_thing\",\"b\":2}\n\n"
            + "event: content_block_start\ndata: {\"type\":\"content_block_start\",\"index\":0,"
            + "\"content_block\":{\"type\":\"text\",\"text\":\"\"}}\n\n"
            + "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":0,"
            + "\"delta\":{\"type\":\"text_delta\",\"text\":\"Hi\"}}\n\n"
            + "event: content_block_stop\ndata: {\"type\":\"content_block_stop\",\"index\":0}\n\n"
            + "event: message_delta\ndata: {\"type\":\"message_delta\",\"delta\":{\"stop_reason\":"
            + "\"end_turn\",\"stop_sequence\":null},\"usage\":{\"output_tokens\":1}}\n\n"
            + "event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n";
    return Stream.of(
        Arguments.of(Protocol.OPENAI_CHAT, chat),
        Arguments.of(Protocol.ANTHROPIC_MESSAGES, messages));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("unknown")
  void s27s28UnknownEventsMembersAndObfuscationPassUntouched(Protocol protocol, String body)
      throws IOException {
    try (var upstream =
            ScriptedUpstream.answering(
                "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n" + body);
        var gateway = RelayTest.before(upstream, protocol.id(), "/v1")) {
      String asked =
          Rig.body(protocol)
              .replace(
                  "\"include_usage\":true", "\"include_usage\":true,\"include_obfuscation\":false");
      var response = RawClient.post(gateway.port(), Rig.path(protocol), asked);
      assertThat(response.text()).isEqualTo(body);
      assertThat(upstream.requests().getFirst()).endsWith(asked);
    }
  }

  // ---------------------------------------------------------------- S24, S30

  private static final Pattern DEPENDENCY =
      Pattern.compile("<dependency>(.*?)</dependency>", Pattern.DOTALL);
  private static final Pattern ARTIFACT = Pattern.compile("<artifactId>([^<]+)</artifactId>");

  @Test
  void s24s30TheGatewayShipsItsFewLibrariesAndNoFaultServer() throws IOException {
    Path module = Path.of(System.getProperty("basedir", "."));
    var shipped = new ArrayList<String>();
    var found = DEPENDENCY.matcher(Files.readString(module.resolve("pom.xml")));
    while (found.find()) {
      assertThat(found.group(1)).doesNotContainPattern("<version>[\\[(]");
      if (!found.group(1).contains("<scope>test</scope>")) {
        var artifact = ARTIFACT.matcher(found.group(1));
        assertThat(artifact.find()).isTrue();
        shipped.add(artifact.group(1));
      }
    }
    shipped.removeIf(name -> name.startsWith("netty-transport-native"));
    assertThat(shipped)
        .filteredOn(name -> !name.startsWith("holdfast-"))
        .as("at most five libraries besides native code")
        .hasSizeLessThanOrEqualTo(6)
        .allMatch(name -> name.matches("netty-.*|jackson-core|snakeyaml-engine"));
    assertThat(shipped).doesNotContain("holdfast-testkit");
    assertThat(Files.readString(module.resolve("src/main/java/module-info.java")))
        .doesNotContain("testkit");
  }
}
