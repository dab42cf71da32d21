package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.journal.RedisProcess;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Three gateways on one Redis, of which one is ended by {@code kill -9}, or sleeps through its
 * lease, at random points, with clients that come back to any of the others: no event is lost,
 * doubled or changed, and the text is whole. {@code -Dholdfast.kills=N} sets how often, {@code
 * -Dholdfast.seed=N} the first seed.
 */
@Tag("slow")
final class ClusterKillTest {
  private static final List<Protocol> PROTOCOLS =
      List.of(Protocol.OPENAI_CHAT, Protocol.OPENAI_RESPONSES, Protocol.ANTHROPIC_MESSAGES);
  private static final int NODES = 3;
  private static final int CLIENTS = 6;

  /** The answers are somewhat longer. */
  private static final int MOST_BYTES = 60_000;

  @TempDir private Path folder;

  @Test
  @Timeout(7_200)
  void readersContinueWhereTheOwnerDied() throws Exception {
    assertThat(play("kills", false).cut.get()).isPositive();
  }

  /** It wakes up after another gateway has written its streams to their end. */
  @Test
  @Timeout(7_200)
  void anOwnerThatSleptWritesNothingMore() throws Exception {
    play("pauses", true);
  }

  private ReturningClient.Counts play(String what, boolean pauses) throws Exception {
    JournalRig.assumeRedis();
    int kills = Integer.getInteger("holdfast.kills", Boolean.getBoolean("holdfast.long") ? 24 : 3);
    long first = Long.getLong("holdfast.seed", 1);
    var slow = new Fault.Slow(Duration.ofMillis(8));
    var all = new ReturningClient.Counts();
    try (var redis = RedisProcess.start(folder);
        var upstream =
            FaultServer.builder()
                .answer(Answer.ofText(Rig.TEXT))
                .script((stream, attempt) -> List.of(slow))
                .start();
        var cluster = new Cluster(upstream, redis.address())) {
      for (long seed = first; seed < first + kills; seed++) {
        var counts = cluster.play(seed, pauses);
        all.events.addAndGet(counts.events.get());
        all.cut.addAndGet(counts.cut.get());
      }
    }
    System.out.printf(
        "%s of the owner: %d, first seed: %d, clients cut: %d, events checked: %d%n",
        what, kills, first, all.cut.get(), all.events.get());
    assertThat(all.events.get()).isPositive();
    return all;
  }

  /** The gateways. */
  private static final class Cluster implements AutoCloseable {
    private final FaultServer upstream;
    private final String redis;
    private final List<JournalKillChild.Running> nodes = new ArrayList<>();

    Cluster(FaultServer upstream, String redis) throws IOException {
      this.upstream = upstream;
      this.redis = redis;
      for (int i = 0; i < NODES; i++) {
        nodes.add(start(0));
      }
    }

    private JournalKillChild.Running start(int port) throws IOException {
      return JournalKillChild.start(port, redis, upstream, PROTOCOLS);
    }

    /** All clients ask the gateway that is killed, and come back to each in turn. */
    ReturningClient.Counts play(long seed, boolean pauses) throws Exception {
      var random = new Random(seed);
      int owner = random.nextInt(NODES);
      var counts = new ReturningClient.Counts();
      try (var threads = Executors.newFixedThreadPool(CLIENTS)) {
        var ports = nodes.stream().map(JournalKillChild.Running::port).toList();
        var readers = new ArrayList<ReturningClient>();
        for (int i = 0; i < CLIENTS; i++) {
          var turn = new AtomicInteger(owner);
          var client =
              new ReturningClient(
                  () -> ports.get(turn.getAndIncrement() % NODES),
                  PROTOCOLS.get(i % PROTOCOLS.size()),
                  seed,
                  i,
                  counts);
          readers.add(client);
        }
        var results = readers.stream().map(client -> threads.submit(client::read)).toList();
        long enough = random.nextInt(MOST_BYTES);
        while (counts.bytes.get() < enough) {
          LockSupport.parkNanos(1_000_000);
        }
        var chosen = nodes.get(owner);
        if (pauses) {
          signal(chosen, "-STOP");
          awaitEnds(readers, nodes.get((owner + 1) % NODES).port());
          signal(chosen, "-CONT");
        } else {
          chosen.process().toHandle().destroyForcibly();
          chosen.process().waitFor();
        }
        for (var result : results) {
          result.get(); // Without a gateway that was killed.
        }
        if (!pauses) {
          nodes.set(owner, start(chosen.port()));
        }
        for (var result : results) {
          result.get().check();
        }
      }
      return counts;
    }

    private static void signal(JournalKillChild.Running node, String name) throws Exception {
      new ProcessBuilder("kill", name, Long.toString(node.process().pid())).start().waitFor();
    }

    /** Waits until another gateway has ended the streams that had begun. */
    private static void awaitEnds(List<ReturningClient> readers, int port) throws IOException {
      for (var reader : readers) {
        String id = reader.stream();
        while (!id.isEmpty()
            && JournalRig.request(port, "HEAD", JournalRig.path(id))
                .header("holdfast-stream-end")
                .equals("open")) {
          LockSupport.parkNanos(20_000_000);
        }
      }
    }

    @Override
    public void close() {
      nodes.forEach(node -> node.process().destroyForcibly());
    }
  }
}
