package dev.holdfast.journal.redis;

import static dev.holdfast.journal.redis.Keys.bytes;
import static dev.holdfast.journal.redis.RedisContext.number;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.testkit.journal.RedisProcess;
import io.lettuce.core.RedisClient;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Appends to several streams that leave together. */
@Timeout(120)
final class AppendsTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long MILLIS = 1_000_000_000_000L;
  private static final int STREAMS = 20;

  @TempDir private Path directory;
  private final Keys keys = new Keys("appends");
  private final List<StreamId> ids =
      LongStream.range(0, STREAMS).mapToObj(i -> new StreamId(3, i)).toList();

  private static RedisLink open(RedisProcess server) {
    return RedisLink.open(
        RedisAddress.parse(server.address()),
        PATIENCE,
        new RedisLink.Listener((channel, sender) -> {}));
  }

  private void create(RedisLink link) {
    for (StreamId id : ids) {
      var reply =
          link.join(
              link.run(
                  Script.CREATE,
                  keys.of(id),
                  number(MILLIS),
                  bytes(id.toString()),
                  bytes("create " + id),
                  number(1),
                  number(0),
                  bytes("0"),
                  new byte[0],
                  number(0),
                  number(1_000),
                  number(0),
                  number(1 << 30),
                  number(1_000),
                  number(0),
                  number(0),
                  new byte[0],
                  number(1 << 20)),
              PATIENCE);
      assertThat(reply.text(0)).isEqualTo("STORED");
    }
  }

  private byte[][] arguments(StreamId id, int sequence, int size) {
    var entries = List.of(new JournalEntry(1, ByteBuffer.allocate(size)));
    return new byte[][] {
      number(MILLIS),
      bytes(id.toString()),
      bytes("append %s %d".formatted(id, sequence)),
      number(1),
      number(sequence),
      number(1),
      number(size),
      BatchCodec.encode(MILLIS, entries),
      number(1 << 30),
      number(1 << 30),
      bytes(keys.channel(id)),
      bytes("me")
    };
  }

  /** {@return the answers to an append to each stream, sent at once on the connection's thread} */
  private List<String> appendToEach(RedisLink link, int sequence, int size) throws Exception {
    var sent = new CompletableFuture<List<CompletableFuture<String>>>();
    link.run(
        Script.LIST,
        (none, failure) -> {
          var answers = new ArrayList<CompletableFuture<String>>();
          for (StreamId id : ids) {
            var answer = new CompletableFuture<String>();
            answers.add(answer);
            link.run(
                Script.APPEND,
                (reply, thrown) ->
                    answer.complete(
                        reply == null
                            ? String.valueOf(Objects.requireNonNull(thrown).getMessage())
                                .split(" ", 2)[0]
                            : reply.text(0)),
                keys.of(id),
                arguments(id, sequence, size));
          }
          sent.complete(answers);
        },
        keys.of(0),
        number(MILLIS),
        bytes(""),
        bytes("all"));
    var texts = new ArrayList<String>();
    for (var answer : sent.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
      texts.add(answer.get(PATIENCE.toSeconds(), TimeUnit.SECONDS));
    }
    return texts;
  }

  private static List<String> stored() {
    return IntStream.range(0, STREAMS).mapToObj(i -> "STORED").toList();
  }

  private static long calls(RedisProcess server) {
    try (var client = RedisClient.create(server.address());
        var connection = client.connect()) {
      String info = connection.sync().info("commandstats");
      var found = Pattern.compile("cmdstat_evalsha:calls=(\\d+)").matcher(info);
      return found.find() ? Long.parseLong(found.group(1)) : 0;
    }
  }

  @Test
  void whatLeavesTogetherIsOneScript() throws Exception {
    try (var server = Servers.start(directory);
        var link = open(server)) {
      create(link);
      assertThat(appendToEach(link, 0, 200)).isEqualTo(stored());
      long before = calls(server);
      assertThat(appendToEach(link, 1, 200)).isEqualTo(stored());
      assertThat(calls(server) - before).isEqualTo(2); // The other one lists.
    }
  }

  @Test
  void largeAppendsAreSeveralScripts() throws Exception {
    try (var server = Servers.start(directory);
        var link = open(server)) {
      create(link);
      assertThat(appendToEach(link, 0, 200)).isEqualTo(stored());
      long before = calls(server);
      // Two each, of which none has more than 256 KiB.
      assertThat(appendToEach(link, 1, 100 << 10)).isEqualTo(stored());
      assertThat(calls(server) - before).isEqualTo(1 + STREAMS / 2);
    }
  }

  @Test
  void oneThatFailsFailsAlone() throws Exception {
    try (var server = Servers.start(directory);
        var link = open(server)) {
      create(link);
      String entries = new String(keys.of(ids.get(7))[1], StandardCharsets.UTF_8);
      server.command("SET", entries, "something");
      var expected = new ArrayList<>(stored());
      expected.set(7, "WRONGTYPE");
      assertThat(appendToEach(link, 0, 200)).isEqualTo(expected);
    }
  }

  /** Its address may be that of a single server, where it has all slots. */
  @Test
  void aNodeOfAClusterReceivesEachAlone() throws Exception {
    int bus;
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      bus = socket.getLocalPort();
    }
    try (var server =
            Servers.start(directory, "--cluster-enabled", "yes", "--cluster-port", "" + bus);
        var link = open(server)) {
      server.command("CLUSTER", "ADDSLOTSRANGE", "0", "16383");
      while (server.command("GET", "a").startsWith("-CLUSTERDOWN")) {
        LockSupport.parkNanos(10_000_000);
      }
      create(link);
      assertThat(appendToEach(link, 0, 200)).isEqualTo(stored());
      long before = calls(server);
      assertThat(appendToEach(link, 1, 200)).isEqualTo(stored());
      assertThat(calls(server) - before).isEqualTo(1 + STREAMS);
    }
  }
}
