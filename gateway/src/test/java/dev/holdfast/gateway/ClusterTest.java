package dev.holdfast.gateway;

import static dev.holdfast.gateway.JournalRig.path;
import static dev.holdfast.gateway.JournalRig.request;
import static dev.holdfast.gateway.config.SharedConfig.Sharing.OFF;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.access.GatewayKey;
import dev.holdfast.gateway.config.Credential;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.config.JournalPlace;
import dev.holdfast.gateway.config.KeyConfig;
import dev.holdfast.gateway.config.KeyConfig.KeyLimits;
import dev.holdfast.gateway.config.SharedConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.journal.redis.RedisJournal;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Position;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.journal.RedisProcess;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two gateways on one Redis. One lease has to run out. */
@Tag("slow")
@Timeout(120)
final class ClusterTest {
  private static final Duration LONG = Duration.ofMinutes(10);

  /** All but the last character of gateway keys. */
  private static final String KEY = "hfk_aaaaaaaaBBBBBBBBccccccccDDDDDDDD012345678-";

  @TempDir private static Path files;
  @TempDir private Path directory;

  @BeforeAll
  static void startRedis() throws IOException {
    JournalRig.startRedis(files);
  }

  @AfterAll
  static void stopRedis() {
    JournalRig.stopRedis();
  }

  private JournalStage stage() throws IOException {
    return new JournalStage(directory, UnaryOperator.identity());
  }

  private static JournalStage.Reader reading(
      Gateway gateway, String id, String words, String... headers) throws IOException {
    var client = new RawClient(gateway.port());
    client.send(RawClient.request("GET", path(id), "", headers));
    return new JournalStage.Reader(client, words);
  }

  @Test
  void anyGatewayServesALiveStreamOfAnother() throws Exception {
    try (var stage = stage();
        var other = stage.start();
        var owner = stage.reading();
        var reader = reading(other, owner.id, "One word")) {
      stage.go.release();
      assertThat(reader.rest()).contains("and another.").contains("holdfast-stream-end complete");
      assertThat(owner.rest()).contains("and another.");
      assertThat(stage.asked).hasValue(1);
    }
  }

  @Test
  void aStopReachesTheOwnerThroughAnyGateway() throws Exception {
    try (var stage = stage();
        var other = stage.start();
        var owner = stage.reading()) {
      assertThat(request(other.port(), "DELETE", path(owner.id)).status()).isEqualTo(204);
      stage.closed.acquire(); // The upstream's connection.
      assertThat(stage.end(owner.id)).isEqualTo("cancelled");
      assertThat(owner.rest()).contains("the stream was stopped");
      assertThat(stage.asked).hasValue(1);
    }
  }

  private static Journal.Receipt stored(Semaphore done) {
    return new Journal.Receipt() {
      @Override
      public void onStored(JournalOffset tail) {
        done.release();
      }

      @Override
      public void onRefused(JournalRefusal refusal) {
        throw new AssertionError(refusal.toString());
      }
    };
  }

  /** As a process that wakes up after its lease. */
  @Test
  void anOwnerThatWasFencedLeavesItsUpstreamAndItsReadersReadOn() throws Exception {
    var server = JournalRig.redis;
    assertThat(server).isNotNull();
    try (var stage = stage();
        var owner = stage.reading();
        var thief =
            RedisJournal.at(server.address()).prefix(directory.getFileName().toString()).open()) {
      var id = StreamId.parse(owner.id);
      var done = new Semaphore(0);
      thief.fence(id, 2, stored(done));
      done.acquire();
      stage.closed.acquire(); // The upstream's connection.
      stage.go.release();
      var end = JournalEnd.of(JournalEnd.Kind.COMPLETE);
      thief.append(id, JournalBatch.ending(2, end), stored(done));
      done.acquire();
      assertThat(owner.rest()).doesNotContain("and another.").endsWith("\r\n0\r\n\r\n");
    }
  }

  /** As on a busy machine: its lease runs out while the answer to the creation is on its way. */
  @Test
  void aStreamIsKeptThatWasTakenOverBeforeItsOwnerKnewOfIt() throws Exception {
    var server = JournalRig.redis;
    assertThat(server).isNotNull();
    var alone = new SharedConfig(OFF, OFF, OFF, OFF, Duration.ofSeconds(1));
    var config = new AtomicReference<GatewayConfig>();
    try (var pipe = new Pipe(server.port());
        var stage =
            new JournalStage(
                directory,
                made -> {
                  config.set(made.withJournal(JournalRig.config(directory).withShared(alone)));
                  String piped = "redis://127.0.0.1:" + pipe.port();
                  String prefix = directory.getFileName().toString();
                  var place = new JournalPlace.Redis(piped, prefix, JournalPlace.LEASE);
                  return made.withJournal(JournalConfig.at(place).withShared(alone));
                });
        var other = Gateway.start(config.get());
        var client = new RawClient(stage.gateway.port())) {
      assertThat(other.port()).isNotEqualTo(stage.gateway.port());
      stage.go.release();
      stage.ask(); // Redis knows the scripts from then on.
      stage.connected.acquire();
      pipe.holdAnswers();
      client.send(JournalStage.chat("Idempotency-Key: second"));
      stage.connected.acquire(); // By the other gateway, once the lease has run out.
      pipe.passAnswers();
      stage.go.release(2); // The owner may ask, too, before it learns that it is none.
      var reader = new JournalStage.Reader(client, "One word");
      assertThat(reader.id).matches("[0-9a-f]{32}");
      assertThat(JournalStage.text(withoutChunks(reader.rest()))).isEqualTo(JournalStage.TEXT);
      assertThat(stage.end(reader.id)).isEqualTo("complete");
    }
  }

  /** Two gateways in front of an upstream that falls silent in its first answer. */
  private final class Pair implements AutoCloseable {
    final FaultServer upstream =
        FaultServer.builder()
            .answer(Answer.ofText(Rig.TEXT))
            .script((stream, attempt) ->
                attempt == 1 ? List.of(new Fault.Stall(Position.event(14), LONG, null)) : List.of())
            .start();
    private final GatewayConfig config;
    final Gateway first;
    final Gateway second;

    Pair() {
      this(UnaryOperator.identity(), UnaryOperator.identity());
    }

    Pair(UnaryOperator<GatewayConfig> one, UnaryOperator<GatewayConfig> other) {
      Leaks.watch();
      var config =
          GatewayConfig.DEFAULT
              .withUpstreams(
                  List.of(
                      UpstreamConfig.parse(
                          Rig.configured(Protocol.OPENAI_CHAT)
                              + "="
                              + upstream.baseUrl(Protocol.OPENAI_CHAT))))
              .withDrain(Duration.ZERO)
              .withJournal(JournalRig.config(directory));
      this.config = config;
      first = Gateway.start(one.apply(config));
      second = Gateway.start(other.apply(config));
    }

    Gateway another(UnaryOperator<GatewayConfig> change) {
      return Gateway.start(change.apply(config));
    }

    /** {@return the id of a stream of the first gateway, with a few words} */
    String begin(String... headers) throws IOException {
      var client = new RawClient(first.port());
      client.send(
          RawClient.request(
              "POST", Rig.path(Protocol.OPENAI_CHAT), Rig.body(Protocol.OPENAI_CHAT), headers));
      try (var asked = new JournalStage.Reader(client, "keeper")) {
        return asked.id;
      }
    }

    @Override
    public void close() {
      first.close();
      second.close();
      upstream.close();
    }
  }

  /** With a credential of the client's own, the gateway that it reads from presents it. */
  @ParameterizedTest
  @ValueSource(strings = {"x-unrelated: 1", "Authorization: Bearer sk-one"})
  void aGatewayThatEndsHandsItsStreamsOver(String header) throws Exception {
    try (var pair = new Pair()) {
      String id;
      var client = new RawClient(pair.first.port());
      client.send(
          RawClient.request(
              "POST", Rig.path(Protocol.OPENAI_CHAT), Rig.body(Protocol.OPENAI_CHAT), header));
      try (var asked = new JournalStage.Reader(client, "keeper")) {
        id = asked.id;
        try (var reader = reading(pair.second, id, "keeper", header)) {
          pair.first.close();
          assertThat(reader.rest()).contains("holdfast-stream-end complete");
        }
      }
      var whole = RawClient.get(pair.second.port(), path(id), header);
      assertThat(Reading.of("openai-chat", whole.body()).text()).isEqualTo(Rig.TEXT);
      assertThat(pair.upstream.received()).hasSize(2);
    }
  }

  private static UnaryOperator<GatewayConfig> keys(String... keys) {
    var made =
        Stream.of(keys)
            .map(key ->
                new KeyConfig(
                    key, GatewayKey.hash(KEY + key), List.of(), List.of(), KeyLimits.NONE))
            .toList();
    return config ->
        config
            .withKeys(made)
            .withUpstreams(
                config.upstreams().stream()
                    .map(upstream -> upstream.withCredential(Credential.NONE))
                    .toList());
  }

  private Optional<JournalEnd> end(RedisJournal journal, String id) {
    return journal.find(StreamId.parse(id)).orElseThrow().end();
  }

  private RedisJournal journal() throws IOException {
    var server = JournalRig.redis;
    assertThat(server).isNotNull();
    return RedisJournal.at(server.address()).prefix(directory.getFileName().toString()).open();
  }

  /** As while keys are rolled out, gateway by gateway. */
  @Test
  void aGatewayThatDoesNotKnowTheKeyLeavesItsStreamsToOthers() throws Exception {
    try (var pair = new Pair(keys("a"), keys("b"));
        var journal = journal()) {
      String id = pair.begin("Authorization: Bearer " + KEY + "a");
      pair.first.close();
      long until = System.nanoTime() + 1_000_000_000;
      while (System.nanoTime() < until) {
        assertThat(end(journal, id)).isEmpty();
        LockSupport.parkNanos(10_000_000);
      }
      try (var third = pair.another(keys("a", "b"))) {
        while (end(journal, id).isEmpty()) {
          LockSupport.parkNanos(10_000_000);
        }
        assertThat(end(journal, id).orElseThrow().kind()).isEqualTo(JournalEnd.Kind.COMPLETE);
        var whole = RawClient.get(third.port(), path(id), "Authorization: Bearer " + KEY + "a");
        assertThat(Reading.of("openai-chat", whole.body()).text()).isEqualTo(Rig.TEXT);
      }
      assertThat(pair.upstream.received()).hasSize(2);
    }
  }

  @Test
  void aStreamWhoseKeyIsGoneEverywhereEndsWithoutARequest() throws Exception {
    UnaryOperator<GatewayConfig> other =
        config ->
            keys("b")
                .apply(config)
                .withJournal(
                    JournalRig.config(directory).withTimes(Duration.ofHours(1), Duration.ZERO));
    try (var pair = new Pair(keys("a"), other);
        var journal = journal()) {
      String id = pair.begin("Authorization: Bearer " + KEY + "a");
      pair.first.close();
      while (end(journal, id).isEmpty()) {
        LockSupport.parkNanos(10_000_000);
      }
      assertThat(end(journal, id).orElseThrow().kind()).isEqualTo(JournalEnd.Kind.TRUNCATED);
      assertThat(pair.upstream.received()).hasSize(1);
    }
  }

  @Test
  void aRestartOfRedisHoldsAStreamUpAndLosesNothing() throws Exception {
    try (var server =
            RedisProcess.start(
                directory.resolve("redis"), "--appendonly", "yes", "--appendfsync", "always");
        var stage =
            new JournalStage(
                directory,
                config ->
                    config.withJournal(JournalConfig.at(JournalPlace.Redis.at(server.address()))));
        var reader = stage.reading()) {
      assertThat(stage.gateway.journalKeeps()).hasValue("synced");
      server.kill();
      stage.go.release();
      server.startAgain();
      assertThat(JournalStage.text(withoutChunks(reader.rest()))).isEqualTo(JournalStage.TEXT);
      assertThat(stage.end(reader.id)).isEqualTo("complete");
      assertThat(stage.asked).hasValue(1);
    }
  }

  /** A 404 would name the model as unknown. */
  @Test
  void aRequestWhoseStreamRedisLostMayBeRepeated() throws Exception {
    try (var server = RedisProcess.start(directory.resolve("redis"));
        var stage =
            new JournalStage(
                directory,
                config ->
                    config.withJournal(JournalConfig.at(JournalPlace.Redis.at(server.address()))),
                "",
                JournalStage.FIRST + JournalStage.LAST);
        var client = new RawClient(stage.gateway.port())) {
      client.send(JournalStage.chat());
      stage.connected.acquire();
      server.kill();
      server.startAgain();
      stage.go.release();
      var answer = client.read("POST");
      assertThat(answer.status()).isEqualTo(502);
      assertThat(answer.text()).contains("stream-lost");
    }
  }

  private static String withoutChunks(String wire) {
    return wire.replaceAll("\r\n[0-9a-f]+\r\n|^[0-9a-f]+\r\n", "");
  }

  @Test
  void aStoreThatIsAwayIsNoUnknownStream() throws Exception {
    try (var server = RedisProcess.start(directory.resolve("redis"));
        var gateway =
            Gateway.start(
                GatewayConfig.DEFAULT
                    .withUpstreams(List.of(UpstreamConfig.parse("openai-chat=http://127.0.0.1:9")))
                    .withJournal(JournalConfig.at(JournalPlace.Redis.at(server.address()))))) {
      String missing = path("0123456789abcdef0123456789abcdef");
      assertThat(RawClient.get(gateway.port(), missing).status()).isEqualTo(404);
      server.kill();
      assertThat(RawClient.get(gateway.port(), missing).status()).isEqualTo(503);
      server.startAgain();
      while (RawClient.get(gateway.port(), missing).status() != 404) {
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  /** A gateway that cannot read a stream leaves it to those that can, or to its next try. */
  @Test
  void aStreamThatCannotBeReadNowIsNotEnded() throws Exception {
    var server = JournalRig.redis;
    assertThat(server).isNotNull();
    try (var pair = new Pair()) {
      var client = new RawClient(pair.first.port());
      client.send(
          RawClient.request(
              "POST", Rig.path(Protocol.OPENAI_CHAT), Rig.body(Protocol.OPENAI_CHAT)));
      try (var asked = new JournalStage.Reader(client, "keeper")) {
        server.command("ACL", "LOG", "RESET");
        try {
          server.command("ACL", "SETUSER", "default", "-xrange");
          pair.first.close();
          while (server.command("ACL", "LOG").equals("*0")) {
            LockSupport.parkNanos(1_000_000);
          }
        } finally {
          server.command("ACL", "SETUSER", "default", "+xrange");
        }
        String end = "open";
        while (end.equals("open")) {
          end = request(pair.second.port(), "HEAD", path(asked.id)).header("holdfast-stream-end");
        }
        assertThat(end).isEqualTo("complete");
        assertThat(pair.upstream.received()).hasSize(2);
      }
    }
  }

  /** Its owner wakes up, and writes once more while another gateway has read the stream already. */
  @Test
  void aStreamThatGrewBeforeItsFenceIsReadAgain() throws Exception {
    var server = JournalRig.redis;
    assertThat(server).isNotNull();
    String prefix = directory.getFileName().toString();
    var config = JournalConfig.at(JournalPlace.Redis.at(server.address()));
    var id = new StreamId(7, 7);
    var done = new Semaphore(0);
    try (var owner = RedisJournal.at(server.address()).prefix(prefix).open();
        var other = RedisJournal.at(server.address()).prefix(prefix).open()) {
      var metadata = ByteBuffer.allocate(4);
      owner.create(new NewStream(id, 1, metadata, Duration.ofHours(1), true), stored(done));
      owner.append(id, words(0), stored(done));
      done.acquire(2);
      var store = new StreamStore(other, config, System::nanoTime);
      var read = store.read(store.find(id).orElseThrow()).orElseThrow();
      owner.append(id, words(1), stored(done));
      done.acquire();
      owner.release(id);
      while (other.orphans().isEmpty()) {
        LockSupport.parkNanos(1_000_000);
      }
      var epochs = new LinkedBlockingQueue<Integer>();
      store.takeOver(id, read.tail(), epochs::add);
      assertThat(epochs.take()).isZero();
      while (other.orphans().isEmpty()) {
        LockSupport.parkNanos(1_000_000); // It is released, for the next look.
      }
      var again = store.read(store.find(id).orElseThrow()).orElseThrow();
      store.takeOver(id, again.tail(), epochs::add);
      assertThat(epochs.take())
          .isGreaterThanOrEqualTo(3); // Epochs are drawn, and this is the third.
    }
  }

  private static JournalBatch words(int expected) {
    var entry = new JournalEntry(3, ByteBuffer.wrap(new byte[] {1}));
    return JournalBatch.of(1, expected, List.of(entry));
  }

  /** Otherwise the client pays for a second answer. */
  @Test
  @Timeout(60)
  void aKeyOfAFinishedRequestIsKnownWhileRedisIsAway() throws Exception {
    try (var server =
            RedisProcess.start(
                directory.resolve("redis"), "--appendonly", "yes", "--appendfsync", "always");
        var stage =
            new JournalStage(
                directory,
                config ->
                    config.withJournal(
                        JournalConfig.at(JournalPlace.Redis.at(server.address()))))) {
      stage.go.release();
      var first = stage.ask("Idempotency-Key: k1");
      assertThat(stage.end(JournalRig.id(first))).isEqualTo("complete");
      server.kill();
      try (var client = new RawClient(stage.gateway.port())) {
        client.send(JournalStage.chat("Idempotency-Key: k1"));
        stage.awaitReaders(1);
        server.startAgain();
        try (var second = new JournalStage.Reader(client, "One word")) {
          assertThat(second.id).isEqualTo(JournalRig.id(first));
          assertThat(second.rest()).contains("and another.");
        }
      }
      assertThat(stage.asked).hasValue(1);
    }
  }
}
