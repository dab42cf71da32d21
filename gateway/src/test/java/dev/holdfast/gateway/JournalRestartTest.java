package dev.holdfast.gateway;

import static dev.holdfast.gateway.JournalRig.ids;
import static dev.holdfast.gateway.JournalRig.path;
import static dev.holdfast.gateway.JournalRig.plain;
import static dev.holdfast.gateway.JournalRig.request;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.ClientGone;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.RetryAfterHeader;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A gateway ends in the middle of streams, and the next one continues them. */
@Timeout(120)
class JournalRestartTest {
  private static final Duration LONG = Duration.ofMinutes(10);
  private static final String KEY = "hfk_aaaaaaaaBBBBBBBBccccccccDDDDDDDD0123456789a";

  @TempDir private Path directory;

  /**
   * Two gateways, one after the other, in front of an upstream that falls silent in its first
   * answer.
   */
  private final class Deployment implements AutoCloseable {
    private final FaultServer upstream;
    private final GatewayConfig config;
    private Gateway gateway;

    Deployment(Protocol protocol, UnaryOperator<GatewayConfig> change) {
      this(protocol, change, new Fault[0]);
    }

    /** The second answer has the faults {@code again}. */
    Deployment(Protocol protocol, UnaryOperator<GatewayConfig> change, Fault... again) {
      Leaks.watch();
      upstream =
          FaultServer.builder()
              .answer(Answer.ofText(Rig.TEXT))
              .script((stream, attempt) ->
                  attempt == 1
                      ? List.of(new Fault.Stall(Position.event(14), LONG, null))
                      : attempt == 2 ? List.of(again) : List.of())
              .start();
      config =
          change.apply(
              GatewayConfig.DEFAULT
                  .withUpstreams(
                      List.of(
                          UpstreamConfig.parse(
                              Rig.configured(protocol) + "=" + upstream.baseUrl(protocol))))
                  .withDrain(Duration.ZERO)
                  .withJournal(JournalRig.config(directory)));
      gateway = Gateway.start(config);
    }

    void restart() {
      restart(settings -> settings);
    }

    void restart(UnaryOperator<GatewayConfig> changed) {
      gateway.close();
      gateway = Gateway.start(changed.apply(config));
    }

    String end(String id, String... headers) throws IOException {
      return request(gateway.port(), "HEAD", path(id), headers).header("holdfast-stream-end");
    }

    void awaitEnd(String id, String end, String... headers) throws IOException {
      while (!end(id, headers).equals(end)) {
        LockSupport.parkNanos(1_000_000);
      }
    }

    JournalStage.Reader reading(Protocol protocol, String... headers) throws IOException {
      var client = new RawClient(gateway.port());
      client.send(RawClient.request("POST", Rig.path(protocol), Rig.body(protocol), headers));
      return new JournalStage.Reader(client, "keeper");
    }

    /** {@return the id of a stream that a client reads when the gateway is restarted} */
    String restartedInMidAnswer(Protocol protocol, String... headers) throws IOException {
      try (var client = reading(protocol, headers)) {
        restart();
        return client.id;
      }
    }

    @Override
    public void close() {
      gateway.close();
      upstream.close();
    }
  }

  private static String withoutChunks(String wire) {
    return wire.replaceAll("\r\n[0-9a-f]+\r\n|^[0-9a-f]+\r\n", "");
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aStreamIsContinuedByTheNextProcess(Protocol protocol) throws Exception {
    try (var deployment = new Deployment(protocol, config -> config)) {
      String id;
      String seen;
      try (var client = deployment.reading(protocol)) {
        id = client.id;
        if (JournalRig.hasIds(protocol)) {
          client.await("id: ");
          client.await("\n\n");
        }
        deployment.restart();
        seen = withoutChunks(client.rest());
      }
      var whole = RawClient.get(deployment.gateway.port(), path(id));
      assertThat(whole.whole()).isTrue();
      var reading = Reading.of(protocol.id(), whole.body());
      assertThat(reading.verdict()).isEqualTo("COMPLETE");
      assertThat(reading.text()).isEqualTo(Rig.TEXT);
      assertThat(deployment.upstream.received()).hasSize(2);
      if (JournalRig.hasIds(protocol)) {
        // What the first process sent is a prefix of what the second one has.
        String last = ids(seen).getLast();
        assertThat(whole.text()).startsWith(JournalRig.upTo(seen, last));
        var rest =
            RawClient.get(deployment.gateway.port(), path(id), "Last-Event-ID: " + last).text();
        assertThat(plain(JournalRig.upTo(seen, last) + rest)).isEqualTo(plain(whole.text()));
      }
    }
  }

  @Test
  void aReaderThatComesBackAtOnceFollowsTheContinuation() throws Exception {
    try (var deployment = new Deployment(Protocol.OPENAI_CHAT, config -> config)) {
      String id = deployment.restartedInMidAnswer(Protocol.OPENAI_CHAT);
      var whole = RawClient.get(deployment.gateway.port(), path(id));
      assertThat(Reading.of("openai-chat", whole.body()).text()).isEqualTo(Rig.TEXT);
      assertThat(whole.text()).endsWith(": holdfast-stream-end complete recovered\n");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"Authorization: Bearer ", "ocp-apim-subscription-key: ", "x-auth-token: "})
  void s22ACredentialOfTheClientIsNotKeptAndTheStreamWaitsForIt(String carrier) throws Exception {
    String secret = carrier + "sk-kept-nowhere-0123456789";
    try (var deployment = new Deployment(Protocol.OPENAI_CHAT, config -> config)) {
      String id = deployment.restartedInMidAnswer(Protocol.OPENAI_CHAT, secret);
      assertThat(deployment.end(id, secret)).isEqualTo("open");
      assertThat(deployment.upstream.received()).hasSize(1);
      var whole = RawClient.get(deployment.gateway.port(), path(id), secret);
      assertThat(Reading.of("openai-chat", whole.body()).text()).isEqualTo(Rig.TEXT);
      assertThat(deployment.upstream.received()).hasSize(2);
      assertThat(deployment.upstream.received().get(1).headers().toString())
          .contains("sk-kept-nowhere");
    }
    try (var files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
            .doesNotContain("sk-kept-nowhere");
      }
    }
  }

  @Test
  void aStreamWhoseClientDoesNotComeBackEndsAsTruncated() throws Exception {
    String secret = "Authorization: Bearer sk-one";
    UnaryOperator<GatewayConfig> impatient =
        config ->
            config.withJournal(
                JournalRig.config(directory).withTimes(LONG, Duration.ofMillis(200)));
    try (var deployment = new Deployment(Protocol.OPENAI_CHAT, impatient)) {
      String id = deployment.restartedInMidAnswer(Protocol.OPENAI_CHAT, secret);
      deployment.awaitEnd(id, "truncated", secret);
      var rest = RawClient.get(deployment.gateway.port(), path(id), secret);
      assertThat(rest.whole()).isFalse();
      assertThat(rest.text()).contains("keeper", "\"error\"", "connection-lost");
      assertThat(deployment.upstream.received()).hasSize(1);
    }
  }

  @Test
  void aStreamThatOnlyItsClientKeepsAliveWaitsForAReader() throws Exception {
    UnaryOperator<GatewayConfig> change =
        config ->
            config.withStreams(s -> s.withDelivery(d -> d.withClientGone(new ClientGone.Cancel())));
    try (var deployment = new Deployment(Protocol.OPENAI_CHAT, change)) {
      String id = deployment.restartedInMidAnswer(Protocol.OPENAI_CHAT);
      assertThat(deployment.end(id)).isEqualTo("open");
      var whole = RawClient.get(deployment.gateway.port(), path(id));
      assertThat(Reading.of("openai-chat", whole.body()).text()).isEqualTo(Rig.TEXT);
    }
  }

  @Test
  void aStreamThatWaitsCanBeStopped() throws Exception {
    String secret = "Authorization: Bearer sk-one";
    try (var deployment = new Deployment(Protocol.OPENAI_CHAT, config -> config)) {
      String id = deployment.restartedInMidAnswer(Protocol.OPENAI_CHAT, secret);
      int port = deployment.gateway.port();
      assertThat(request(port, "DELETE", path(id), secret).status()).isEqualTo(204);
      assertThat(deployment.end(id, secret)).isEqualTo("cancelled");
      assertThat(deployment.upstream.received()).hasSize(1);
    }
  }

  @Test
  void anIdempotencyKeyFindsItsStreamAfterTheRestart() throws Exception {
    String key = "Idempotency-Key: once";
    try (var deployment = new Deployment(Protocol.OPENAI_CHAT, config -> config)) {
      String id = deployment.restartedInMidAnswer(Protocol.OPENAI_CHAT, key);
      var again =
          RawClient.post(
              deployment.gateway.port(),
              Rig.path(Protocol.OPENAI_CHAT),
              Rig.body(Protocol.OPENAI_CHAT),
              key);
      assertThat(JournalRig.id(again)).isEqualTo(id);
      assertThat(Reading.of("openai-chat", again.body()).text()).isEqualTo(Rig.TEXT);
      assertThat(deployment.upstream.received()).hasSize(2);
    }
  }

  @Test
  void aStreamOfAGatewaysKeyIsContinuedWithoutItsClient() throws Exception {
    UnaryOperator<GatewayConfig> keyed =
        config ->
            config
                .withUpstreams(
                    config.upstreams().stream()
                        .map(u -> u.withCredential(new Credential.Own("", "sk-own")))
                        .toList())
                .withKeys(
                    List.of(
                        new KeyConfig(
                            "a",
                            GatewayKey.hash(KEY),
                            List.of(),
                            List.of(),
                            KeyConfig.KeyLimits.NONE)));
    String bearer = "Authorization: Bearer " + KEY;
    try (var deployment = new Deployment(Protocol.OPENAI_CHAT, keyed)) {
      String id = deployment.restartedInMidAnswer(Protocol.OPENAI_CHAT, bearer);
      deployment.awaitEnd(id, "complete", bearer);
      assertThat(deployment.upstream.received().get(1).headers().toString()).contains("sk-own");
      var whole = RawClient.get(deployment.gateway.port(), path(id), bearer);
      assertThat(Reading.of("openai-chat", whole.body()).text()).isEqualTo(Rig.TEXT);
    }
  }

  @Test
  void s22TheFilesBelongToTheirOwnerAndAreEncryptedWithAKey() throws Exception {
    UnaryOperator<GatewayConfig> encrypted =
        config ->
            config.withJournal(
                JournalConfig.at(directory)
                    .withKey(new JournalConfig.Key("0123456789abcdef".repeat(4))));
    String id;
    try (var deployment = new Deployment(Protocol.OPENAI_CHAT, encrypted)) {
      id = deployment.restartedInMidAnswer(Protocol.OPENAI_CHAT);
      var whole = RawClient.get(deployment.gateway.port(), path(id));
      assertThat(Reading.of("openai-chat", whole.body()).text()).isEqualTo(Rig.TEXT);
    }
    try (var files = Files.walk(directory)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertThat(new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1))
            .as(file.toString())
            .doesNotContain("lighth")
            .doesNotContain("What did he");
        assertThat(Files.getPosixFilePermissions(file))
            .as(file.toString())
            .containsOnly(PosixFilePermission.OWNER_READ, PosixFilePermission.OWNER_WRITE);
      }
    }
  }

  private static GatewayConfig keyed(GatewayConfig config, KeyConfig.KeyLimits limits) {
    return config.withKeys(
        List.of(new KeyConfig("a", GatewayKey.hash(KEY), List.of(), List.of(), limits)));
  }

  @Test
  void theGatewaysKeyAloneDoesNotSpendAContinuation() throws Exception {
    String own = "x-holdfast-key: " + KEY;
    String secret = "Authorization: Bearer sk-one";
    UnaryOperator<GatewayConfig> change = config -> keyed(config, KeyConfig.KeyLimits.NONE);
    try (var deployment = new Deployment(Protocol.OPENAI_CHAT, change)) {
      String id = deployment.restartedInMidAnswer(Protocol.OPENAI_CHAT, own, secret);
      try (var reader = new RawClient(deployment.gateway.port())) {
        reader.send(RawClient.request("GET", path(id), "", own));
        assertThat(reader.head().status()).isEqualTo(200);
        var whole = RawClient.get(deployment.gateway.port(), path(id), own, secret);
        assertThat(Reading.of("openai-chat", whole.body()).text()).isEqualTo(Rig.TEXT);
      }
      assertThat(deployment.upstream.received()).hasSize(2);
      assertThat(deployment.upstream.received().get(1).headers().toString()).contains("sk-one");
    }
  }

  @Test
  void anUpstreamThatNeedsNoCredentialIsAskedAgainAtOnce() throws Exception {
    String own = "Authorization: Bearer " + KEY;
    UnaryOperator<GatewayConfig> change = config -> keyed(config, KeyConfig.KeyLimits.NONE);
    try (var deployment = new Deployment(Protocol.OPENAI_CHAT, change)) {
      String id = deployment.restartedInMidAnswer(Protocol.OPENAI_CHAT, own);
      deployment.awaitEnd(id, "complete", own);
      assertThat(deployment.upstream.received()).hasSize(2);
    }
  }

  @Test
  void aLimitThatIsReachedDoesNotCutAStreamThatIsContinued() throws Exception {
    String own = "Authorization: Bearer " + KEY;
    UnaryOperator<GatewayConfig> change = config -> keyed(config, KeyConfig.KeyLimits.NONE);
    try (var deployment = new Deployment(Protocol.OPENAI_CHAT, change)) {
      String id;
      try (var client = deployment.reading(Protocol.OPENAI_CHAT, own)) {
        id = client.id;
        deployment.restart(config -> keyed(config, new KeyConfig.KeyLimits(0, 0, 0, 1)));
      }
      var whole = RawClient.get(deployment.gateway.port(), path(id), own);
      assertThat(Reading.of("openai-chat", whole.body()).text()).isEqualTo(Rig.TEXT);
      var next =
          RawClient.post(
              deployment.gateway.port(),
              Rig.path(Protocol.OPENAI_CHAT),
              Rig.body(Protocol.OPENAI_CHAT),
              own);
      assertThat(next.status()).isEqualTo(429);
    }
  }

  @Test
  void aWaitThatTheUpstreamAsksForDoesNotCutAStreamThatIsContinued() throws Exception {
    UnaryOperator<GatewayConfig> hasty =
        config -> config.withSignsOfLife(Duration.ofMillis(50), LONG);
    try (var deployment =
        new Deployment(
            Protocol.OPENAI_CHAT, hasty, new Fault.Status(429, RetryAfterHeader.seconds(1)))) {
      String id = deployment.restartedInMidAnswer(Protocol.OPENAI_CHAT);
      var whole = RawClient.get(deployment.gateway.port(), path(id));
      assertThat(Reading.of("openai-chat", whole.body()).text()).isEqualTo(Rig.TEXT);
      assertThat(deployment.upstream.received()).hasSize(3);
    }
  }

  @Test
  void anIdempotencyKeyFindsTheWholeAnswerAmongThoseThatFailed() throws Exception {
    String key = "Idempotency-Key: once";
    try (var stage = new JournalStage(directory, config -> config)) {
      for (int i = 0; i < 5; i++) {
        try (var client = stage.reading(key)) {
          request(stage.gateway.port(), "DELETE", path(client.id));
        }
      }
      stage.go.release(100);
      String id = JournalRig.id(stage.ask(key));
      int asked = stage.asked.get();
      stage.restart();
      assertThat(JournalRig.id(stage.ask(key))).isEqualTo(id);
      assertThat(stage.asked).hasValue(asked);
    }
  }

  @Test
  void aStreamThatIsBeingTakenOverCanBeStopped() throws Exception {
    try (var stage = new JournalStage(directory, config -> config)) {
      for (int i = 0; i < 20; i++) {
        String id;
        try (var client = stage.reading()) {
          id = client.id;
          stage.restart();
        }
        assertThat(request(stage.gateway.port(), "DELETE", path(id)).status()).isEqualTo(204);
        assertThat(stage.end(id)).isEqualTo("cancelled");
      }
    }
  }
}
