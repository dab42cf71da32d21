package dev.holdfast.journal.redis;

import static dev.holdfast.journal.redis.Calls.append;
import static dev.holdfast.journal.redis.Calls.createStream;
import static dev.holdfast.journal.redis.Calls.end;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.testkit.journal.RedisProcess;
import dev.holdfast.testkit.junit.JournalContract;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The contract on a Redis Cluster of three nodes. */
@Tag("slow")
@Timeout(120)
final class RedisClusterTest implements JournalContract {
  private static final int SLOTS = 16_384;
  private static final int NODES = 3;
  private static final AtomicInteger TESTS = new AtomicInteger();

  @TempDir private static Path directory;
  private static final List<RedisProcess> NODES_RUNNING = new ArrayList<>();
  private final String prefix = "test" + TESTS.incrementAndGet();

  @BeforeAll
  static void start() throws IOException {
    for (int i = 0; i < NODES; i++) {
      int bus = freePort();
      var node =
          Servers.start(
              directory.resolve("node" + i),
              "--cluster-enabled",
              "yes",
              "--cluster-port",
              Integer.toString(bus));
      NODES_RUNNING.add(node);
      String first = Integer.toString(i * SLOTS / NODES);
      String last = Integer.toString((i + 1) * SLOTS / NODES - 1);
      assertThat(node.command("CLUSTER", "ADDSLOTSRANGE", first, last)).isEqualTo("+OK");
      if (i > 0) {
        NODES_RUNNING
            .getFirst()
            .command("CLUSTER", "MEET", "127.0.0.1", "" + node.port(), "" + bus);
      }
    }
    for (var node : NODES_RUNNING) {
      // Until each node knows all others: a key of any slot is here, or has moved there.
      for (String key : List.of("a", "b", "c", "d", "e", "f")) {
        while (node.command("GET", key).startsWith("-CLUSTERDOWN")) {
          LockSupport.parkNanos(10_000_000);
        }
      }
    }
  }

  private static int freePort() throws IOException {
    try (var socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }

  @AfterAll
  static void stop() {
    NODES_RUNNING.forEach(RedisProcess::close);
  }

  private RedisJournalOptions options() {
    return RedisJournal.at(
            NODES_RUNNING.stream()
                .map(node -> "127.0.0.1:" + node.port())
                .collect(Collectors.joining(",", "redis-cluster://", "")))
        .prefix(prefix);
  }

  @Override
  public Journal open(LongSupplier clock, JournalLimits limits) throws IOException {
    return options().clock(clock).limits(limits).open();
  }

  @Test
  void aReaderOfAnotherProcessReceivesALiveStream() throws Exception {
    try (var owner = options().open();
        var other = options().open()) {
      createStream(owner, 1);
      var followed = Calls.Followed.of(other, JournalOffset.START);
      for (int i = 0; i < 50; i++) {
        append(owner, 1, i, "entry " + i);
        assertThat(followed.next()).isEqualTo("entry " + i);
      }
      end(owner, 1);
      assertThat(followed.next()).isEqualTo("end COMPLETE");
      assertThat(owner.durability()).isEqualTo(RedisDurability.MEMORY);
    }
  }
}
