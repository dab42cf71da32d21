package dev.holdfast.gateway;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code kill -9} of a gateway at random points, with clients that come back to the next one: no
 * event that left the process is lost, none comes twice, none changes. {@code -Dholdfast.kills=N}
 * sets how often, {@code -Dholdfast.seed=N} the first seed.
 */
@Tag("slow")
class JournalKillTest {
  private static final List<Protocol> PROTOCOLS =
      List.of(Protocol.OPENAI_CHAT, Protocol.OPENAI_RESPONSES, Protocol.ANTHROPIC_MESSAGES);
  private static final int CLIENTS = 6;

  /** The answers are somewhat longer. */
  private static final int MOST_BYTES = 60_000;

  @TempDir private Path folder;

  @Test
  @Timeout(7_200)
  void whatLeftTheGatewaySurvivesKill() throws Exception {
    int kills = Integer.getInteger("holdfast.kills", Boolean.getBoolean("holdfast.long") ? 24 : 3);
    long first = Long.getLong("holdfast.seed", 1);
    var slow = new Fault.Slow(Duration.ofMillis(8));
    int events = 0;
    int cut = 0;
    try (var upstream =
        FaultServer.builder()
            .answer(Answer.ofText(Rig.TEXT))
            .script((stream, attempt) -> List.of(slow))
            .start()) {
      for (long seed = first; seed < first + kills; seed++) {
        try (var run = new Run(upstream, folder.resolve("journal-" + seed), seed)) {
          run.play();
          events += run.counts.events.get();
          cut += run.counts.cut.get();
        }
      }
    }
    System.out.printf(
        "kills: %d, first seed: %d, clients cut: %d, events checked: %d%n",
        kills, first, cut, events);
    assertThat(events).isPositive();
    assertThat(cut).isPositive();
  }

  /** One kill. */
  private static final class Run implements AutoCloseable {
    private final FaultServer upstream;
    private final Path directory;
    private final long seed;
    final ReturningClient.Counts counts = new ReturningClient.Counts();
    private Process child;
    private volatile int port;

    Run(FaultServer upstream, Path directory, long seed) throws IOException {
      this.upstream = upstream;
      this.directory = directory;
      this.seed = seed;
      child = start();
    }

    private Process start() throws IOException {
      var started = JournalKillChild.start(port, directory.toString(), upstream, PROTOCOLS);
      port = started.port();
      return started.process();
    }

    void play() throws Exception {
      var random = new Random(seed);
      try (var threads = Executors.newFixedThreadPool(CLIENTS)) {
        var clients = new ArrayList<Callable<ReturningClient>>();
        for (int i = 0; i < CLIENTS; i++) {
          var client =
              new ReturningClient(() -> port, PROTOCOLS.get(i % PROTOCOLS.size()), seed, i, counts);
          clients.add(client::read);
        }
        var results = clients.stream().map(threads::submit).toList();
        long enough = random.nextInt(MOST_BYTES);
        while (counts.bytes.get() < enough) {
          LockSupport.parkNanos(1_000_000);
        }
        child.toHandle().destroyForcibly();
        child.waitFor();
        child = start();
        for (var result : results) {
          var client = result.get();
          client.check();
        }
      }
    }

    @Override
    public void close() {
      child.destroyForcibly();
    }
  }
}
