package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.InvalidConfigException;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A configuration is replaced as a whole, or not at all, and no stream is dropped. */
@Timeout(120)
@SuppressWarnings("StringConcatToTextBlock") // Lines of HTTP end with CR and LF.
class ReloadTest {
  private static final String OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

  private static GatewayConfig config(String name, int port) {
    return GatewayConfig.DEFAULT
        .withUpstreams(
            List.of(RoutingTest.upstream(name, "openai-chat", "http://127.0.0.1:" + port)))
        .withDrain(Duration.ZERO);
  }

  private static Gateway start(AtomicReference<Supplier<GatewayConfig>> source) {
    Leaks.watch();
    return Gateway.builder(source.get().get()).reloadFrom(() -> source.get().get()).start();
  }

  private static RawClient.Response reload(Gateway gateway, String... headers) throws IOException {
    try (var client = new RawClient(gateway.management().getPort())) {
      client.send(RawClient.request("POST", "/reload", "", headers));
      return client.read("POST");
    }
  }

  private static String generation(Gateway gateway) throws IOException {
    return RawClient.get(gateway.management().getPort(), "/metrics")
        .text()
        .lines()
        .filter(line -> line.startsWith("holdfast_gateway_config_generation "))
        .findFirst()
        .orElse("");
  }

  @Test
  void aNewConfigurationIsInForceForTheNextRequest() throws IOException {
    try (var one = ScriptedUpstream.answering(OK);
        var two = ScriptedUpstream.answering(OK)) {
      var source = new AtomicReference<Supplier<GatewayConfig>>(() -> config("one", one.port()));
      try (var gateway = start(source);
          var client = new RawClient(gateway.port())) {
        client.send(RawClient.request("GET", "/v1/models", ""));
        assertThat(client.read("GET").status()).isEqualTo(200);
        assertThat(generation(gateway)).endsWith(" 1");
        source.set(() -> config("two", two.port()));
        var answer = reload(gateway);
        assertThat(answer.status()).isEqualTo(200);
        assertThat(answer.text())
            .contains("\"reloaded\":true", "\"generation\":2", "\"errors\":[]");
        assertThat(generation(gateway)).endsWith(" 2");
        client.send(RawClient.request("GET", "/v1/models", ""));
        assertThat(client.read("GET").status()).as("the same connection").isEqualTo(200);
        assertThat(one.requests()).hasSize(1);
        assertThat(two.requests()).hasSize(1);
      }
    }
  }

  @Test
  void anInvalidOneChangesNothingAndIsReported() throws IOException {
    try (var one = ScriptedUpstream.answering(OK)) {
      var source = new AtomicReference<Supplier<GatewayConfig>>(() -> config("one", one.port()));
      try (var gateway = start(source)) {
        source.set(() -> {
          throw new InvalidConfigException(List.of("g.yaml:1: a: must be b", "g.yaml:2: c: d"));
        });
        var answer = reload(gateway);
        assertThat(answer.status()).isEqualTo(422);
        assertThat(answer.text())
            .contains(
                "\"reloaded\":false",
                "\"generation\":1",
                "\"errors\":[\"g.yaml:1: a: must be b\",\"g.yaml:2: c: d\"]");
        source.set(() ->
            config("one", one.port())
                .listeningAt(GatewayConfig.DEFAULT.listen().address(), 4999, 0));
        assertThat(reload(gateway).text())
            .contains("\"generation\":1", "listen: must stay as it was");
        assertThat(generation(gateway)).endsWith(" 1");
        assertThat(RawClient.get(gateway.management().getPort(), "/metrics").text())
            .contains("holdfast_gateway_reloads_failed_total 2\n");
        assertThat(RawClient.get(gateway.port(), "/v1/models").status()).isEqualTo(200);
      }
    }
  }

  @Test
  void withoutAFileThereIsNothingToReload() throws IOException {
    try (var one = ScriptedUpstream.answering(OK);
        var gateway = RelayTest.before(one, "openai-chat", "")) {
      assertThat(reload(gateway).text()).contains("reload: must have a configuration file");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "'Origin: http://evil.example', 403",
    "'Origin: null', 403",
    "'Sec-Fetch-Site: cross-site', 403",
    "'Sec-Fetch-Site: same-site', 403",
    "'X-A: b~Host: evil.example', 400",
    "'X-A: b', 200",
  })
  void noOtherSiteReloads(String header, int status) throws IOException {
    try (var one = ScriptedUpstream.answering(OK)) {
      var source = new AtomicReference<Supplier<GatewayConfig>>(() -> config("one", one.port()));
      try (var gateway = start(source)) {
        assertThat(reload(gateway, header.replace("~", "\r\n")).status()).isEqualTo(status);
        assertThat(generation(gateway)).endsWith(status == 200 ? " 2" : " 1");
        assertThat(RawClient.get(gateway.management().getPort(), "/reload").status())
            .isEqualTo(405);
      }
    }
  }

  /** The stream keeps its upstream, its settings and its recovery, though its route is gone. */
  @Test
  void aStreamThatIsOpenIsContinuedByTheConfigurationOfItsArrival() throws Exception {
    var slow = new Fault.Slow(Duration.ofMillis(20));
    try (var server =
            FaultServer.builder()
                .answer(Answer.ofText(Rig.TEXT))
                .script((stream, attempt) ->
                    attempt == 1
                        ? List.of(slow, Fault.parseAll("cut-fin@token=12").getFirst())
                        : List.of(slow))
                .start();
        var two = ScriptedUpstream.answering(OK)) {
      var source =
          new AtomicReference<Supplier<GatewayConfig>>(() ->
              GatewayConfig.DEFAULT
                  .withUpstreams(
                      List.of(RoutingTest.upstream("old", Protocol.OPENAI_CHAT, server.port())))
                  .withDrain(Duration.ZERO));
      try (var gateway = start(source);
          var client = new RawClient(gateway.port())) {
        client.send(
            RawClient.request(
                "POST", Rig.path(Protocol.OPENAI_CHAT), Rig.body(Protocol.OPENAI_CHAT)));
        assertThat(client.head().status()).isEqualTo(200);
        source.set(() -> config("new", two.port()));
        assertThat(reload(gateway).status()).isEqualTo(200);
        var text = new StringBuilder();
        while (!text.toString().contains("[DONE]")) {
          int next = client.stream().read();
          assertThat(next).as("the stream was dropped: %s", text).isNotNegative();
          text.append((char) next);
        }
        assertThat(text.toString()).contains("ships").doesNotContain("\"error\"");
        assertThat(server.received().size()).isEqualTo(2);
      }
    }
  }

  @Test
  void whatAKeyHasUsedOutlivesAReloadAndAKeyThatIsGoneIsRefused() throws IOException {
    String key = GatewayKey.create(new SecureRandom());
    var limits = new KeyConfig.KeyLimits(2, 0, 0, 0);
    var config = new KeyConfig("team", GatewayKey.hash(key), List.of(), List.of(), limits);
    var renamed = new KeyConfig("crew", GatewayKey.hash(key), List.of(), List.of(), limits);
    var other =
        new KeyConfig(
            "x",
            GatewayKey.hash(GatewayKey.create(new SecureRandom())),
            List.of(),
            List.of(),
            limits);
    try (var one = ScriptedUpstream.answering(OK)) {
      var source =
          new AtomicReference<Supplier<GatewayConfig>>(
              () -> config("one", one.port()).withKeys(List.of(config)));
      try (var gateway = start(source)) {
        String header = "x-api-key: " + key;
        assertThat(RawClient.get(gateway.port(), "/v1/models", header).status()).isEqualTo(200);
        assertThat(RawClient.get(gateway.port(), "/v1/models", header).status()).isEqualTo(200);
        source.set(() -> config("one", one.port()).withKeys(List.of(renamed)));
        assertThat(reload(gateway).status()).isEqualTo(200);
        assertThat(RawClient.get(gateway.port(), "/v1/models", header).status()).isEqualTo(429);
        source.set(() -> config("one", one.port()).withKeys(List.of(other)));
        assertThat(reload(gateway).status()).isEqualTo(200);
        assertThat(RawClient.get(gateway.port(), "/v1/models", header).status()).isEqualTo(401);
      }
    }
  }

  @Test
  void everyRequestSeesOneConfigurationWhileManyReloadsRun() throws Exception {
    try (var one = ScriptedUpstream.answering(OK.replace("ok", "11"));
        var two = ScriptedUpstream.answering(OK.replace("ok", "22"))) {
      var source = new AtomicReference<Supplier<GatewayConfig>>(() -> config("one", one.port()));
      try (var gateway = start(source)) {
        var wrong = new ConcurrentLinkedQueue<String>();
        var asking =
            Thread.ofVirtual()
                .start(() -> {
                  for (int i = 0; i < 100; i++) {
                    try {
                      var response = RawClient.get(gateway.port(), "/v1/models");
                      if (!List.of("11", "22").contains(response.text())) {
                        wrong.add(response.status() + response.text());
                      }
                    } catch (IOException e) {
                      wrong.add(String.valueOf(e));
                    }
                  }
                });
        for (int i = 0; asking.isAlive(); i++) {
          boolean even = i % 2 == 0;
          source.set(() -> even ? config("two", two.port()) : config("one", one.port()));
          gateway.reload();
        }
        asking.join();
        assertThat(wrong).isEmpty();
      }
    }
  }
}
