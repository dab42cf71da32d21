package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.Identical;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.KeyConfig.KeyLimits;
import dev.holdfast.gateway.config.SharedConfig;
import dev.holdfast.gateway.config.SharedConfig.Sharing;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.journal.RedisProcess;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What two gateways on one Redis share beside their streams. */
@Tag("slow")
@Timeout(240)
final class SharedStateTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final String KEY = GatewayKey.create(new SecureRandom());
  private static final String BEARER = "Authorization: Bearer " + KEY;
  private static final String CHAT = "/v1/chat/completions";
  private static final String PLAIN = "{\"model\":\"m\",\"max_tokens\":10}";
  private static final String BUSY =
      "HTTP/1.1 503 Busy\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";
  private static final String OK =
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

  @TempDir private static Path files;
  @TempDir private Path directory;
  private static RedisProcess redis;

  @BeforeAll
  static void startRedis() throws IOException {
    JournalRig.assumeRedis();
    redis = RedisProcess.start(files);
  }

  @AfterAll
  static void stopRedis() {
    if (redis != null) {
      redis.close();
    }
  }

  private static KeyConfig key(KeyLimits limits) {
    return new KeyConfig("team", GatewayKey.hash(KEY), List.of(), List.of(), limits);
  }

  private String prefix() {
    return directory.getFileName().toString();
  }

  private static JournalConfig journal(
      String address, String prefix, UnaryOperator<SharedConfig> change) {
    return JournalConfig.at(new JournalPlace.Redis(address, prefix, Duration.ofSeconds(1)))
        .withShared(change.apply(SharedConfig.DEFAULT.withPatience(Duration.ofSeconds(10))));
  }

  private JournalConfig journal() {
    return journal(redis.address(), prefix(), c -> c);
  }

  static GatewayConfig config(
      String upstream,
      String address,
      String prefix,
      UnaryOperator<SharedConfig> change,
      List<KeyConfig> keys) {
    var patient =
        StreamPolicy.DEFAULT.withTimeouts(new Timeouts(LONG, LONG, LONG, LONG, Duration.ZERO));
    return GatewayConfig.DEFAULT
        .withUpstreams(List.of(UpstreamConfig.parse("openai-chat=" + upstream)))
        .withKeys(keys)
        .withPolicy(patient)
        .withSignsOfLife(LONG, LONG)
        .withDrain(Duration.ZERO)
        .withJournal(journal(address, prefix, change));
  }

  private Gateway gateway(
      String upstream, RedisProcess server, UnaryOperator<SharedConfig> change, KeyConfig... keys) {
    Leaks.watch();
    return Gateway.start(config(upstream, server.address(), prefix(), change, List.of(keys)));
  }

  private static String url(ScriptedUpstream upstream) {
    return "http://127.0.0.1:" + upstream.port() + "/v1";
  }

  private static String metric(Gateway gateway, String name) throws IOException {
    return RawClient.get(gateway.management().getPort(), "/metrics")
        .text()
        .lines()
        .filter(line -> line.startsWith(name))
        .findFirst()
        .orElse("");
  }

  private static void await(Callable<Boolean> condition) throws Exception {
    while (!condition.call()) {
      LockSupport.parkNanos(5_000_000);
    }
  }

  private static <T> List<T> atOnce(List<Callable<T>> calls) throws Exception {
    var barrier = new CyclicBarrier(calls.size());
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var results = new ArrayList<Future<T>>();
      for (var call : calls) {
        results.add(
            threads.submit(() -> {
              barrier.await();
              return call.call();
            }));
      }
      var all = new ArrayList<T>();
      for (var result : results) {
        all.add(result.get());
      }
      return all;
    }
  }

  // ---------------------------------------------------------------- limits

  @Test
  void aLimitHoldsOverAllGatewaysExactly() throws Exception {
    var limits = key(new KeyLimits(0, 5, 0, 0));
    try (var upstream = ScriptedUpstream.silentAfter(OK.substring(0, OK.length() - 1));
        var one = gateway(url(upstream), redis, c -> c, limits);
        var other = gateway(url(upstream), redis, c -> c, limits)) {
      var clients = new ArrayList<RawClient>();
      try {
        var calls = new ArrayList<Callable<Integer>>();
        for (int i = 0; i < 24; i++) {
          var client = new RawClient((i % 2 == 0 ? one : other).port());
          clients.add(client);
          calls.add(() -> {
            client.send(RawClient.request("POST", CHAT, PLAIN, BEARER));
            return client.head().status();
          });
        }
        assertThat(atOnce(calls)).filteredOn(status -> status == 200).hasSize(5);
        assertThat(upstream.requests()).hasSize(5);
        assertThat(RawClient.post(other.port(), CHAT, PLAIN, BEARER).text())
            .contains("concurrentStreams: must be at most 5 for the key, was more");
      } finally {
        for (var client : clients) {
          client.close();
        }
      }
      await(() -> metric(one, "holdfast_gateway_open ").endsWith(" 0"));
      await(() -> metric(other, "holdfast_gateway_open ").endsWith(" 0"));
      // All five have returned what they had.
      await(() -> {
        try (var client = new RawClient(other.port())) {
          client.send(RawClient.request("POST", CHAT, PLAIN, BEARER));
          return client.head().status() == 200;
        }
      });
    }
  }

  @Test
  void whatAKilledGatewayHadReservedReturnsAfterItsLease() throws Exception {
    var limits = key(new KeyLimits(0, 1, 0, 0));
    try (var upstream = ScriptedUpstream.silentAfter(OK.substring(0, OK.length() - 1));
        var here = gateway(url(upstream), redis, c -> c, limits)) {
      var killed = SharedKillChild.start(url(upstream), redis.address(), prefix(), limits.sha256());
      try (var client = new RawClient(killed.port())) {
        client.send(RawClient.request("POST", CHAT, PLAIN, BEARER));
        assertThat(client.head().status()).isEqualTo(200);
        assertThat(RawClient.post(here.port(), CHAT, PLAIN, BEARER).status()).isEqualTo(429);
      } finally {
        killed.process().toHandle().destroyForcibly();
        killed.process().waitFor();
      }
      await(() -> {
        try (var client = new RawClient(here.port())) {
          client.send(RawClient.request("POST", CHAT, PLAIN, BEARER));
          return client.head().status() == 200;
        }
      });
    }
  }

  @Test
  void aRequestThatASharedLimitRefusesIsNotSentOn() throws Exception {
    var limits = key(new KeyLimits(0, 0, 0, 50));
    try (var upstream = ScriptedUpstream.answering(OK);
        var one = gateway(url(upstream), redis, c -> c, limits);
        var other = gateway(url(upstream), redis, c -> c, limits)) {
      int admitted = 0;
      for (int i = 0; i < 20; i++) {
        var response = RawClient.post((i % 2 == 0 ? one : other).port(), CHAT, PLAIN, BEARER);
        admitted += response.status() == 200 ? 1 : 0;
        if (response.status() == 429) {
          assertThat(response.text()).contains("tokensPerDay: must be at most 50");
          assertThat(Integer.parseInt(response.header("retry-after"))).isPositive();
        }
      }
      // Nothing is reported, so each is settled at its estimate, of 16 tokens.
      assertThat(admitted).isEqualTo(upstream.requests().size()).isBetween(1, 5);
    }
  }

  @Test
  void limitsThatAreNotSharedHoldOnEachGateway() throws Exception {
    var limits = key(new KeyLimits(0, 0, 0, 1_100));
    try (var upstream =
            FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).script(Script.healthy()).start();
        var one =
            gateway(
                upstream.baseUrl(Protocol.OPENAI_CHAT).toString(),
                redis,
                c -> c.withLimits(Sharing.OFF),
                limits)) {
      var statuses = new ArrayList<Integer>();
      for (int i = 0; i < 60; i++) {
        String different = "Idempotency-Key: own-" + i;
        String body = Rig.body(Protocol.OPENAI_CHAT);
        statuses.add(RawClient.post(one.port(), CHAT, body, BEARER, different).status());
      }
      assertThat(statuses.getFirst()).isEqualTo(200);
      assertThat(statuses.getLast()).isEqualTo(429);
      assertThat(upstream.received())
          .hasSize((int) statuses.stream().filter(status -> status == 200).count());
    }
  }

  @ParameterizedTest
  @EnumSource(names = {"OPEN", "CLOSED"})
  void whileRedisIsAwayThePolicyDecidesAboutKeysWithLimits(Sharing policy) throws Exception {
    try (var server = RedisProcess.start(directory.resolve("redis"));
        var upstream = ScriptedUpstream.answering(OK);
        var one =
            gateway(
                url(upstream), server, c -> c.withLimits(policy), key(new KeyLimits(0, 2, 0, 0)))) {
      assertThat(RawClient.post(one.port(), CHAT, PLAIN, BEARER).status()).isEqualTo(200);
      server.kill();
      await(() -> metric(one, "holdfast_gateway_shared_reachable ").endsWith(" 0"));
      var away = RawClient.post(one.port(), CHAT, PLAIN, BEARER);
      if (policy == Sharing.OPEN) {
        assertThat(away.status()).isEqualTo(200);
        assertThat(metric(one, "holdfast_gateway_shared_alone_total{kind=\"limits\"}"))
            .endsWith(" 1");
      } else {
        assertThat(away.status()).isEqualTo(503);
        assertThat(away.text()).contains("shared.limits: must be known while its policy is closed");
        assertThat(away.header("retry-after")).isEqualTo("1");
        assertThat(metric(one, "holdfast_gateway_shared_refused_total{kind=\"limits\"}"))
            .endsWith(" 1");
      }
      server.startAgain();
      await(() -> metric(one, "holdfast_gateway_shared_reachable ").endsWith(" 1"));
      assertThat(RawClient.post(one.port(), CHAT, PLAIN, BEARER).status()).isEqualTo(200);
    }
  }

  // ---------------------------------------------------------------- identical requests

  @Test
  void theSameKeyAtTwoGatewaysAtOnceAsksTheProviderOnce() throws Exception {
    try (var upstream =
            FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).script(Script.healthy()).start();
        var one = gateway(upstream.baseUrl(Protocol.OPENAI_CHAT).toString(), redis, c -> c);
        var other = gateway(upstream.baseUrl(Protocol.OPENAI_CHAT).toString(), redis, c -> c)) {
      for (int round = 1; round <= 100; round++) {
        String header = "Idempotency-Key: round-" + round;
        var calls = new ArrayList<Callable<RawClient.Response>>();
        for (var gateway : List.of(one, other)) {
          calls.add(
              () -> RawClient.post(gateway.port(), CHAT, Rig.body(Protocol.OPENAI_CHAT), header));
        }
        var responses = atOnce(calls);
        assertThat(JournalRig.id(responses.getFirst()))
            .as("round %d", round)
            .isEqualTo(JournalRig.id(responses.getLast()));
        for (var response : responses) {
          assertThat(Reading.of("openai-chat", response.body()).text()).isEqualTo(Rig.TEXT);
        }
        assertThat(upstream.received()).as("round %d", round).hasSize(round);
      }
      // Afterwards it is known to both, too.
      for (var gateway : List.of(one, other)) {
        var again =
            RawClient.post(
                gateway.port(), CHAT, Rig.body(Protocol.OPENAI_CHAT), "Idempotency-Key: round-7");
        assertThat(again.status()).isEqualTo(200);
      }
      assertThat(upstream.received()).hasSize(100);
    }
  }

  @Test
  void anIdenticalRequestAtAnotherGatewayAttachesUntilTheAnswerBegins() throws Exception {
    JournalRig.redis = redis;
    try (var stage =
            new JournalStage(
                directory,
                config -> config.withJournal(journal()),
                "",
                JournalStage.FIRST + JournalStage.LAST);
        var other = stage.start();
        var first = new RawClient(stage.gateway.port());
        var second = new RawClient(other.port())) {
      first.send(JournalStage.chat());
      stage.connected.acquire();
      second.send(JournalStage.chat());
      // It has asked Redis, and follows the stream of the other gateway.
      await(() ->
          metric(other, "holdfast_gateway_journal_readers{journal=\"answers\"}").endsWith(" 1"));
      stage.go.release();
      try (var owner = new JournalStage.Reader(first, "One word");
          var reader = new JournalStage.Reader(second, "One word")) {
        assertThat(reader.id).isEqualTo(owner.id);
        assertThat(owner.rest()).contains("and another.");
        assertThat(reader.rest()).contains("and another.");
      }
      assertThat(stage.asked).hasValue(1);
    } finally {
      JournalRig.redis = null;
    }
  }

  @Test
  void anAnswerThatItsClientReadsIsNotGivenToAnotherRequest() throws Exception {
    JournalRig.redis = redis;
    try (var stage = new JournalStage(directory, config -> config.withJournal(journal()));
        var other = stage.start();
        var owner = stage.reading()) {
      stage.connected.acquire();
      try (var second = new RawClient(other.port())) {
        second.send(JournalStage.chat());
        stage.connected.acquire(); // The provider is asked a second time.
        stage.go.release(2);
        try (var reader = new JournalStage.Reader(second, "One word")) {
          assertThat(reader.id).isNotEqualTo(owner.id);
        }
      }
      assertThat(stage.asked).hasValue(2);
    } finally {
      JournalRig.redis = null;
    }
  }

  @Test
  void whileRedisIsAwayAClosedPolicyRefusesAnIdempotencyKey() throws Exception {
    try (var server = RedisProcess.start(directory.resolve("redis"));
        var upstream = ScriptedUpstream.answering(OK);
        var one = gateway(url(upstream), server, c -> c.withIdentical(Sharing.CLOSED))) {
      server.kill();
      await(() -> metric(one, "holdfast_gateway_shared_reachable ").endsWith(" 0"));
      var away =
          RawClient.post(one.port(), CHAT, Rig.body(Protocol.OPENAI_CHAT), "Idempotency-Key: k");
      assertThat(away.status()).isEqualTo(503);
      assertThat(away.text()).contains("shared.identical: must be known");
      assertThat(upstream.requests()).isEmpty();
    }
  }

  /** As a client does that has lost its connection with the gateway. */
  @Test
  void aKeyIsKnownWhileAnotherGatewayContinuesItsStream() throws Exception {
    JournalRig.redis = redis;
    String key = "Idempotency-Key: taken-over";
    // Without its renewal, what the dead gateway left of the claim is gone after two seconds.
    var brief = journal().withTimes(Duration.ofSeconds(2), Duration.ZERO);
    try (var stage = new JournalStage(directory, config -> config.withJournal(brief));
        var heir = stage.start()) {
      String id;
      try (var owner = stage.reading(key)) {
        stage.connected.acquire();
        id = owner.id;
        stage.gateway.close();
        stage.connected.acquire(); // The heir asks the provider to continue.
      }
      long until = System.nanoTime() + 4_000_000_000L;
      while (System.nanoTime() < until) {
        assertThat(
                JournalRig.request(heir.port(), "HEAD", JournalRig.path(id))
                    .header("holdfast-stream-end"))
            .isEqualTo("open");
        LockSupport.parkNanos(20_000_000);
      }
      try (var third = stage.start();
          var again = new RawClient(third.port())) {
        again.send(JournalStage.chat(key));
        try (var reader = new JournalStage.Reader(again, "One word")) {
          assertThat(reader.id).isEqualTo(id);
        }
      }
      assertThat(stage.asked).hasValue(2);
    } finally {
      JournalRig.redis = null;
    }
  }

  @Test
  void replaceEndsTheFirstAtAnotherGateway() throws Exception {
    JournalRig.redis = redis;
    UnaryOperator<GatewayConfig> replacing =
        config ->
            config
                .withJournal(journal())
                .withStreams(
                    streams -> streams.withDelivery(d -> d.withIdentical(Identical.REPLACE, LONG)));
    String key = "Idempotency-Key: replaced";
    try (var stage = new JournalStage(directory, replacing);
        var other = stage.start();
        var first = stage.reading(key);
        var client = new RawClient(other.port())) {
      client.send(JournalStage.chat(key));
      try (var second = new JournalStage.Reader(client, "One word")) {
        assertThat(second.id).isNotEqualTo(first.id);
        stage.awaitClosed(); // The upstream's connection of the first.
        assertThat(first.rest()).contains("an identical request replaced this one");
        assertThat(stage.end(first.id)).isEqualTo("cancelled");
        stage.go.release(2);
        assertThat(second.rest()).contains("[DONE]");
      }
      // Nothing takes the place of an answer that is whole, once that is known.
      String over = "\"return tonumber(redis.call('HGET',redis.call('KEYS',ARGV[1])[1],'o'))\"";
      await(() -> redis.command("EVAL", over, "0", prefix() + ":{t:open}:same:*").equals(":1"));
      var repeated =
          RawClient.post(stage.gateway.port(), CHAT, Rig.body(Protocol.OPENAI_CHAT), key);
      assertThat(repeated.text()).contains("[DONE]");
      assertThat(stage.asked).hasValue(2);
    } finally {
      JournalRig.redis = null;
    }
  }

  // ---------------------------------------------------------------- upstreams

  private Gateway routed(
      RedisProcess server, UnaryOperator<SharedConfig> change, int busy, int good) {
    Leaks.watch();
    return Gateway.start(
        GatewayConfig.DEFAULT
            .withUpstreams(
                List.of(
                    RoutingTest.upstream("busy", Protocol.OPENAI_RESPONSES, busy),
                    RoutingTest.upstream("good", Protocol.OPENAI_RESPONSES, good)))
            .withDrain(Duration.ZERO)
            .withJournal(journal(server.address(), prefix(), change)));
  }

  private static String quoting(String id) {
    return Rig.body(Protocol.OPENAI_RESPONSES)
        .replace("What did he write?", "And then?")
        .replace("{\"model\"", "{\"previous_response_id\":\"" + id + "\",\"model\"");
  }

  @Test
  void stateGoesToTheUpstreamThatWroteItFromAnyGateway() throws Exception {
    String path = "/v1/responses";
    try (var server = RedisProcess.start(directory.resolve("redis"));
        var busy = ScriptedUpstream.answering(BUSY);
        var good =
            FaultServer.builder().answer(Answer.ofText(Rig.TEXT)).script(Script.healthy()).start();
        var one = routed(server, c -> c, busy.port(), good.port());
        var other = routed(server, c -> c.withAffinity(Sharing.CLOSED), busy.port(), good.port())) {
      var first = RawClient.post(one.port(), path, Rig.body(Protocol.OPENAI_RESPONSES));
      assertThat(first.header("x-holdfast-upstream")).isEqualTo("good");
      int from = first.text().indexOf("\"id\":\"resp_") + 6;
      String id = first.text().substring(from, first.text().indexOf('"', from));
      // Until it knows, it asks the first one, which is busy.
      await(() ->
          RawClient.post(other.port(), path, quoting(id))
              .header("x-holdfast-upstream")
              .equals("good"));

      server.kill();
      await(() -> metric(other, "holdfast_gateway_shared_reachable ").endsWith(" 0"));
      // Of another session: the last answer of this one is known to be of the good upstream.
      String session = quoting("resp_unknown").replace("And then?", "And before?");
      var unknown = RawClient.post(other.port(), path, session);
      assertThat(unknown.status()).isEqualTo(503);
      assertThat(unknown.text()).contains("shared.affinity: must be known");
    }
  }

  @Test
  void aCircuitThatOpensHereIsOpenThere() throws Exception {
    String broken = "HTTP/1.1 500 Broken\r\nContent-Length: 0\r\n\r\n";
    try (var upstream = ScriptedUpstream.answering(broken);
        var one = gateway(url(upstream), redis, c -> c);
        var other = gateway(url(upstream), redis, c -> c)) {
      String circuit = "holdfast_gateway_circuit_open{";
      assertThat(metric(other, circuit)).endsWith(" 0");
      var clients = new ArrayList<RawClient>();
      try {
        for (int i = 0; i < 12; i++) {
          var client = new RawClient(one.port());
          clients.add(client);
          client.send(
              RawClient.request("POST", CHAT, Rig.body(Protocol.OPENAI_CHAT), "x-number: " + i));
        }
        await(() -> metric(one, circuit).endsWith(" 1"));
        await(() -> metric(other, circuit).endsWith(" 1"));
      } finally {
        for (var client : clients) {
          client.close();
        }
      }
    }
  }
}
