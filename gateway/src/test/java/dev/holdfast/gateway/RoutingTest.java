package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.ModelPattern;
import dev.holdfast.gateway.config.RouteConfig;
import dev.holdfast.gateway.config.StreamSettings;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Which upstream is asked, in which order, and with what. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class RoutingTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
  private static final String BUSY =
      "HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nContent-Length: 14\r\n\r\n"
          + "{\"error\":\"no\"}";

  static Stream<Protocol> fronts() {
    return Stream.of(
        Protocol.OPENAI_CHAT,
        Protocol.OPENAI_RESPONSES,
        Protocol.ANTHROPIC_MESSAGES,
        Protocol.GEMINI_SSE,
        Protocol.OLLAMA_CHAT);
  }

  static UpstreamConfig upstream(String name, String protocol, String base) {
    return UpstreamConfig.parse(protocol + "=" + base)
        .withName(name)
        .withCredential(Credential.NONE);
  }

  static UpstreamConfig upstream(String name, Protocol protocol, int port) {
    String root = protocol.root().isEmpty() ? "" : "/" + protocol.root();
    return upstream(name, protocol.id(), "http://127.0.0.1:" + port + root);
  }

  static RouteConfig route(String models, RouteConfig.Target... targets) {
    var patterns =
        models.isEmpty()
            ? List.<ModelPattern>of()
            : Arrays.stream(models.split(" ", -1)).map(ModelPattern::new).toList();
    return new RouteConfig(patterns, List.of(targets), true, StreamSettings.DEFAULT);
  }

  static RouteConfig.Target to(String upstream) {
    return RouteConfig.Target.of(upstream);
  }

  static Gateway gateway(List<UpstreamConfig> upstreams, RouteConfig... routes) {
    Leaks.watch();
    return Gateway.start(
        GatewayConfig.DEFAULT.withRoutes(upstreams, List.of(routes)).withDrain(Duration.ZERO));
  }

  private static FaultServer whole(Script script) {
    return FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).script(script).start();
  }

  /** A port at which nothing listens, and nothing may begin to. */
  private static Socket deadPort() throws IOException {
    var taken = new Socket();
    taken.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    return taken;
  }

  // ---------------------------------------------------------------- by model

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "openai-chat | /v1/chat/completions | {'model':'big-1'} | {'model':'small-1'}",
        "openai-chat | /v1/embeddings | {'input':'x','model':'big-1'} | {'model':'small'}",
        "openai-responses | /responses | {'model':'big'} | {'model':'small'}",
        "anthropic-messages | /v1/messages?beta=true | {'model':'big'} | {'model':'small-2'}",
        "anthropic-messages | /v1/messages/count_tokens | {'model':'big'} | {'model':'small-2'}",
        "gemini-sse | /v1beta/models/big-9:generateContent | {} | small-9",
        "gemini-sse | /v1beta/models/big:embedContent | {} | small",
        "ollama-chat | /api/chat | {'model':'big','stream':false} | {'model':'small','stream':false}",
        "ollama-chat | /api/generate | {'model':'big'} | {'model':'small'}",
      })
  void theModelDecides(String protocol, String path, String big, String small) throws IOException {
    try (var one = ScriptedUpstream.answering(OK);
        var two = ScriptedUpstream.answering(OK);
        var gateway =
            gateway(
                List.of(
                    upstream("one", protocol, "http://127.0.0.1:" + one.port()),
                    upstream("two", protocol, "http://127.0.0.1:" + two.port())),
                route("big*", to("one")),
                route("other small small-?", to("two")))) {
      boolean inPath = !small.startsWith("{");
      var first = RawClient.post(gateway.port(), path, big.replace('\'', '"'));
      assertThat(first.text()).isEqualTo("ok");
      var second =
          RawClient.post(
              gateway.port(),
              inPath ? path.replaceFirst("big[^:]*", small) : path,
              (inPath ? big : small).replace('\'', '"'));
      assertThat(second.text()).isEqualTo("ok");
      assertThat(one.requests()).hasSize(1);
      assertThat(two.requests()).hasSize(1);
      var none =
          RawClient.post(
              gateway.port(),
              inPath ? path.replaceFirst("big", "huge") : path,
              big.replace("big", "huge").replace('\'', '"'));
      assertThat(none.status()).isEqualTo(404);
      assertThat(none.header("x-holdfast-refusal")).isEqualTo("no-route");
      assertThat(none.text()).contains("model: must be one that a route serves, was 'huge");
    }
  }

  @Test
  void aRequestWithoutAModelGoesToTheFirstUpstreamOfItsPaths() throws IOException {
    try (var one = ScriptedUpstream.answering(OK);
        var two = ScriptedUpstream.answering(OK);
        var gateway =
            gateway(
                List.of(
                    upstream("one", "openai-chat", "http://127.0.0.1:" + one.port()),
                    upstream("two", "openai-chat", "http://127.0.0.1:" + two.port())),
                route("m*", to("two")))) {
      assertThat(RawClient.get(gateway.port(), "/v1/models").text()).isEqualTo("ok");
      assertThat(one.requests()).hasSize(1);
    }
  }

  @Test
  void aBodyThatTwoReadersReadDifferentlyIsRefusedWhereTheModelDecides() throws IOException {
    try (var one = ScriptedUpstream.answering(OK);
        var gateway =
            gateway(
                List.of(
                    upstream("one", "openai-chat", "http://127.0.0.1:" + one.port()),
                    upstream("two", "openai-chat", "http://127.0.0.1:1")),
                route("*", to("one"), to("two")))) {
      for (String body :
          List.of(
              "{\"model\":\"a\",\"model\":\"b\"}",
              "{\"model\":\"a\",\"Model\":\"b\"}",
              "{\"\\u006dodel\":\"a\",\"model\":\"b\"}")) {
        var response = RawClient.post(gateway.port(), "/v1/chat/completions", body);
        assertThat(response.status()).as(body).isEqualTo(400);
        assertThat(response.header("x-holdfast-refusal")).isEqualTo("two-models");
      }
      assertThat(one.requests()).isEmpty();
    }
  }

  // ---------------------------------------------------------------- rename

  @Test
  void aModelIsRenamedInPlaceAndEveryOtherByteStays() throws IOException {
    String body =
        "{ \"x\":[1e400,\"\\u00e9\"] ,\"model\" : \"gpt-4\\u002e1\", \"input\":\"\u00e9 model\",\"deep\":{\"model\":\"m\"}}";
    try (var one = ScriptedUpstream.answering(OK);
        var gateway =
            gateway(
                List.of(upstream("one", "openai-chat", "http://127.0.0.1:" + one.port())),
                route("gpt-*", new RouteConfig.Target("one", 0, "team/deployment")))) {
      assertThat(RawClient.post(gateway.port(), "/v1/embeddings", body).status()).isEqualTo(200);
      assertThat(one.requests().getFirst())
          .endsWith(
              "\r\n\r\n{ \"x\":[1e400,\"\\u00e9\"] ,\"model\" : \"team/deployment\","
                  + " \"input\":\"\u00e9 model\",\"deep\":{\"model\":\"m\"}}");
    }
  }

  @ParameterizedTest
  @MethodSource("fronts")
  void aRenamedModelIsContinuedUnderItsName(Protocol protocol) throws IOException {
    String name = protocol == Protocol.ANTHROPIC_MESSAGES ? "claude-haiku-4-5" : "gpt-4.1-mini";
    try (var server = whole(Script.of("cut-fin@token=9"));
        var gateway =
            gateway(
                List.of(upstream("one", protocol, server.port())),
                route("alias", new RouteConfig.Target("one", 0, name)))) {
      String body = Rig.body(protocol).replaceFirst("\"model\":\"[^\"]*\"", "\"model\":\"alias\"");
      String path = Rig.path(protocol).replace("gemini-2.5-flash", "alias");
      var response = RawClient.post(gateway.port(), path, body);
      var reading = Reading.of(protocol.id(), response.body());
      assertThat(reading.verdict()).as(response.text()).isEqualTo("COMPLETE");
      assertThat(reading.text()).isEqualTo(Rig.TEXT);
      assertThat(server.received().size()).isEqualTo(2);
      for (int i = 0; i < 2; i++) {
        var request = server.received().get(i);
        assertThat(request.path() + request.body()).contains(name).doesNotContain("alias");
      }
    }
  }

  // ---------------------------------------------------------------- failover

  @ParameterizedTest
  @MethodSource("fronts")
  void aRefusalThatMayHealGoesToTheNextUpstream(Protocol protocol) throws IOException {
    try (var busy = ScriptedUpstream.answering(BUSY);
        var server = whole(Script.healthy());
        var gateway =
            gateway(
                List.of(
                    upstream("busy", protocol, busy.port()),
                    upstream("good", protocol, server.port())),
                route("", to("busy"), to("good")))) {
      var response = RawClient.post(gateway.port(), Rig.path(protocol), Rig.body(protocol));
      assertThat(response.status()).isEqualTo(200);
      assertThat(response.header("x-holdfast-upstream")).isEqualTo("good");
      assertThat(Reading.of(protocol.id(), response.body()).text()).isEqualTo(Rig.TEXT);
      assertThat(busy.requests()).hasSize(1);
    }
  }

  @ParameterizedTest
  @MethodSource("fronts")
  void anUpstreamThatIsDownGoesToTheNext(Protocol protocol) throws IOException {
    try (var dead = deadPort();
        var server = whole(Script.healthy());
        var gateway =
            gateway(
                List.of(
                    upstream("dead", protocol, dead.getLocalPort()),
                    upstream("good", protocol, server.port())))) {
      var response = RawClient.post(gateway.port(), Rig.path(protocol), Rig.body(protocol));
      assertThat(response.header("x-holdfast-upstream")).isEqualTo("good");
      assertThat(Reading.of(protocol.id(), response.body()).verdict()).isEqualTo("COMPLETE");
    }
  }

  @Test
  void aRequestThatIsWrongIsWrongEverywhere() throws IOException {
    String wrong = BUSY.replace("503 Busy", "400 Bad Request");
    try (var first = ScriptedUpstream.answering(wrong);
        var second = ScriptedUpstream.answering(OK);
        var gateway =
            gateway(
                List.of(
                    upstream("first", Protocol.OPENAI_CHAT, first.port()),
                    upstream("second", Protocol.OPENAI_CHAT, second.port())))) {
      var response =
          RawClient.post(
              gateway.port(), Rig.path(Protocol.OPENAI_CHAT), Rig.body(Protocol.OPENAI_CHAT));
      assertThat(response.status()).isEqualTo(400);
      assertThat(response.text()).isEqualTo("{\"error\":\"no\"}");
      assertThat(second.requests()).isEmpty();
    }
  }

  /** The first upstream writes a beginning and is gone; another may continue, or may not. */
  @ParameterizedTest
  @CsvSource({"true, COMPLETE", "false, BROKEN"})
  void anotherUpstreamContinuesWhereTheRouteAllowsIt(boolean elsewhere, String verdict)
      throws IOException {
    var settings =
        StreamSettings.DEFAULT.withFailover(new FailoverPolicy(elsewhere, Duration.ZERO));
    try (var first =
            whole(
                Script.of(
                    "cut-fin@token=9", "status@code=401", "status@code=401", "status@code=401"));
        var second = whole(Script.healthy());
        var gateway =
            gateway(
                List.of(
                    upstream("first", Protocol.OPENAI_CHAT, first.port()),
                    upstream("second", Protocol.OPENAI_CHAT, second.port())),
                new RouteConfig(List.of(), List.of(to("first"), to("second")), true, settings))) {
      var response =
          RawClient.post(
              gateway.port(), Rig.path(Protocol.OPENAI_CHAT), Rig.body(Protocol.OPENAI_CHAT));
      var reading = Reading.of("openai-chat", response.body());
      assertThat(reading.verdict()).as(response.text()).isEqualTo(verdict);
      assertThat(second.received().size()).isEqualTo(elsewhere ? 1 : 0);
      if (elsewhere) {
        assertThat(reading.text()).isEqualTo(Rig.TEXT);
      }
    }
  }

  @Test
  void aHedgeAsksASecondUpstreamWhereTheFirstIsSilent() throws IOException {
    var settings =
        StreamSettings.DEFAULT.withFailover(new FailoverPolicy(false, Duration.ofMillis(50)));
    try (var silent = ScriptedUpstream.silentAfter("");
        var good = whole(Script.healthy());
        var gateway =
            gateway(
                List.of(
                    upstream("silent", Protocol.OPENAI_CHAT, silent.port()),
                    upstream("good", Protocol.OPENAI_CHAT, good.port())),
                new RouteConfig(List.of(), List.of(to("silent"), to("good")), true, settings))) {
      var response =
          RawClient.post(
              gateway.port(), Rig.path(Protocol.OPENAI_CHAT), Rig.body(Protocol.OPENAI_CHAT));
      assertThat(Reading.of("openai-chat", response.body()).verdict()).isEqualTo("COMPLETE");
      assertThat(response.header("x-holdfast-upstream")).isEqualTo("good");
      assertThat(silent.requests()).hasSize(1);
    }
  }

  /** The first answers after the second was asked: it is named, in the head and in the log. */
  @Test
  void aHedgeThatLosesIsNotNamed() throws Exception {
    var settings =
        StreamSettings.DEFAULT.withFailover(new FailoverPolicy(false, Duration.ofMillis(50)));
    var hedged = new CountDownLatch(1);
    byte[] body;
    try (var server = whole(Script.healthy())) {
      body =
          RawClient.post(
                  server.port(), Rig.path(Protocol.OPENAI_CHAT), Rig.body(Protocol.OPENAI_CHAT))
              .body();
    }
    var log = new ConcurrentLinkedQueue<String>();
    try (var first =
            new ScriptedUpstream((request, connection) -> {
              hedged.await(60, TimeUnit.SECONDS);
              var out = connection.getOutputStream();
              out.write(
                  "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"
                      .getBytes(StandardCharsets.US_ASCII));
              out.write(body);
              connection.shutdownOutput();
            });
        var silent = new ScriptedUpstream((request, connection) -> hedged.countDown())) {
      var config =
          GatewayConfig.DEFAULT
              .withRoutes(
                  List.of(
                      upstream("first", Protocol.OPENAI_CHAT, first.port()),
                      upstream("silent", Protocol.OPENAI_CHAT, silent.port())),
                  List.of(
                      new RouteConfig(
                          List.of(), List.of(to("first"), to("silent")), true, settings)))
              .withDrain(Duration.ZERO);
      try (var gateway = Gateway.builder(config).accessLog(log::add).start()) {
        var response =
            RawClient.post(
                gateway.port(), Rig.path(Protocol.OPENAI_CHAT), Rig.body(Protocol.OPENAI_CHAT));
        assertThat(response.body()).isEqualTo(body);
        assertThat(response.header("x-holdfast-upstream")).isEqualTo("first");
        assertThat(response.header("x-holdfast-attempt")).isEqualTo("1");
      }
      assertThat(log).singleElement().asString().contains("\"upstream\":\"first\"");
    }
  }

  // ---------------------------------------------------------------- sessions and state

  private static String weighted(Gateway gateway, String body, String... headers)
      throws IOException {
    return RawClient.post(gateway.port(), "/v1/chat/completions", body, headers).text();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "x-claude-code-session-id: N | {'model':'m','messages':[{'role':'user','content':'R'}]}",
        "session_id: N | {'model':'m','messages':[{'role':'user','content':'R'}]}",
        "X-Other: 1 | {'model':'m','prompt_cache_key':'N','user':'R','messages':[]}",
        "X-Other: 1 | {'model':'m','user':'N','messages':[{'role':'user','content':'R'}]}",
        "X-Other: 1 | {'model':'m','metadata':{'user_id':'N'},'messages':[{'content':'R'}]}",
        "X-Other: 1 | {'model':'m','messages':[{'role':'user','content':'N'},{'content':'R'}]}",
        "Authorization: Bearer N | {'model':'m','messages':[{'role':'user','content':'x'},{'content':'R'}]}",
      })
  void aSessionStaysWithItsUpstream(String header, String body) throws IOException {
    try (var one = ScriptedUpstream.answering(OK.replace("ok", "11"));
        var two = ScriptedUpstream.answering(OK.replace("ok", "22"));
        var gateway =
            gateway(
                List.of(
                    upstream("one", "openai-chat", "http://127.0.0.1:" + one.port()),
                    upstream("two", "openai-chat", "http://127.0.0.1:" + two.port())),
                route(
                    "",
                    new RouteConfig.Target("one", 1, ""),
                    new RouteConfig.Target("two", 1, "")))) {
      var firsts = new StringBuilder();
      for (int session = 0; session < 16; session++) {
        String head = header.replace("N", "s" + session);
        String sent = body.replace('\'', '"').replace("N", "s" + session);
        String first = weighted(gateway, sent.replace("R", "a"), head);
        firsts.append(first);
        assertThat(weighted(gateway, sent.replace("R", "b"), head)).isEqualTo(first);
        assertThat(weighted(gateway, sent.replace("R", "c"), head)).isEqualTo(first);
      }
      assertThat(firsts.toString()).contains("11", "22");
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "openai-chat | /v1/chat/completions | ~messages~:[{~content~:[{~thought_signature~:~s~}]}]",
        "openai-responses | /v1/responses | ~previous_response_id~:~r1~",
        "openai-responses | /v1/responses | ~input~:[{~type~:~reasoning~,~encrypted_content~:~x~}]",
        "openai-responses | /v1/responses | ~input~:[{~content~:~hi~},{~type~:~item_reference~,~id~:~i~}]",
        "openai-responses | /v1/responses | ~conversation~:{~id~:~c1~}",
        "anthropic-messages | /v1/messages"
            + " | ~messages~:[{~content~:[{~type~:~thinking~,~thinking~:~t~,~signature~:~s~}]}]",
        "anthropic-messages | /v1/messages"
            + " | ~messages~:[{},{~content~:[{~type~:~redacted_thinking~,~data~:~d~}]}]",
        "anthropic-messages | /v1/messages | ~container~:~c1~",
        "gemini-sse | /v1beta/models/m:streamGenerateContent?alt=sse"
            + " | ~contents~:[{~parts~:[{~thoughtSignature~:~s~}]}]",
        "gemini-sse | /v1beta/models/m:streamGenerateContent?alt=sse | ~cachedContent~:~c/1~",
      })
  void stateOfOneProviderGoesToNoOther(String protocol, String path, String member)
      throws IOException {
    try (var busy = ScriptedUpstream.answering(BUSY);
        var other = ScriptedUpstream.answering(BUSY);
        var gateway =
            gateway(
                List.of(
                    upstream("busy", protocol, "http://127.0.0.1:" + busy.port()),
                    upstream("other", protocol, "http://127.0.0.1:" + other.port())),
                new RouteConfig(
                    List.of(),
                    List.of(to("busy"), to("other")),
                    true,
                    StreamSettings.DEFAULT.withSignsOfLife(
                        Duration.ofMillis(300), Duration.ofSeconds(15))))) {
      String plain = "{\"model\":\"m\",\"stream\":true}";
      RawClient.post(gateway.port(), path, plain);
      assertThat(other.requests()).as("without state").isNotEmpty();
      int before = other.requests().size();
      RawClient.post(
          gateway.port(), path, plain.replace("}", "," + member.replace('~', '"') + "}"));
      assertThat(other.requests()).as("with state").hasSize(before);
    }
  }

  /** Names in the caller's own data are no state. */
  @Test
  void aToolThatHasASignatureIsNoState() throws IOException {
    String body =
        "{\"model\":\"m\",\"stream\":true,\"tools\":[{\"input_schema\":{\"properties\":{\"signature\":{\"type\":\"x\","
            + "\"signature\":\"y\"}}}}],\"messages\":[{},{\"content\":[{\"type\":\"tool_use\","
            + "\"input\":{\"signature\":\"z\"}}]}]}";
    try (var busy = ScriptedUpstream.answering(BUSY);
        var good = whole(Script.healthy());
        var gateway =
            gateway(
                List.of(
                    upstream("busy", Protocol.ANTHROPIC_MESSAGES, busy.port()),
                    upstream("good", Protocol.ANTHROPIC_MESSAGES, good.port())))) {
      var response = RawClient.post(gateway.port(), "/v1/messages", body);
      assertThat(response.header("x-holdfast-upstream")).isEqualTo("good");
    }
  }

  /** The answer came by failover from the second; what quotes it goes there, though not first. */
  @Test
  void stateGoesToTheUpstreamThatWroteIt() throws IOException {
    try (var busy = ScriptedUpstream.answering(BUSY);
        var good = whole(Script.healthy());
        var gateway =
            gateway(
                List.of(
                    upstream("busy", Protocol.OPENAI_RESPONSES, busy.port()),
                    upstream("good", Protocol.OPENAI_RESPONSES, good.port())))) {
      String path = "/v1/responses";
      String body = Rig.body(Protocol.OPENAI_RESPONSES);
      var first = RawClient.post(gateway.port(), path, body);
      assertThat(first.header("x-holdfast-upstream")).isEqualTo("good");
      int from = first.text().indexOf("\"id\":\"resp_") + 6;
      String id = first.text().substring(from, first.text().indexOf('"', from));
      String next =
          body.replace("What did he write?", "And then?")
              .replace("{\"model\"", "{\"previous_response_id\":\"" + id + "\",\"model\"");
      var second = RawClient.post(gateway.port(), path, next);
      assertThat(second.header("x-holdfast-upstream")).isEqualTo("good");
      assertThat(busy.requests()).as("asked once, by the first request").hasSize(1);
    }
  }

  // ---------------------------------------------------------------- credentials

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "openai-chat | '' | /v1/models | authorization: Bearer own-secret",
        "openai-chat | Api-Key | /v1/models | api-key: own-secret",
        "anthropic-messages | '' | /v1/messages/count_tokens | x-api-key: own-secret",
        "gemini-sse | '' | /v1beta/models | x-goog-api-key: own-secret",
        "ollama-chat | '' | /api/tags | authorization: Bearer own-secret",
      })
  void anUpstreamsOwnKeyReplacesTheClients(String protocol, String header, String path, String sent)
      throws IOException {
    try (var one = ScriptedUpstream.answering(OK);
        var gateway =
            gateway(
                List.of(
                    upstream("one", protocol, "http://127.0.0.1:" + one.port())
                        .withCredential(new Credential.Own(header, "own-secret"))))) {
      var response =
          RawClient.get(
              gateway.port(),
              path + "?key=client-1&alt=x",
              "Authorization: Bearer client-2",
              "x-api-key: client-3",
              "x-goog-api-key: client-4",
              "api-key: client-5");
      assertThat(response.status()).isEqualTo(200);
      assertThat(one.requests().getFirst())
          .containsIgnoringCase("\r\n" + sent + "\r\n")
          .contains("?alt=x ")
          .doesNotContain("client-");
    }
  }
}
