package dev.holdfast.gateway.shared;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.spi.SharedUpstreamState;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.gateway.config.SharedConfig;
import dev.holdfast.gateway.config.SharedConfig.Sharing;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.route.StateOrigins;
import dev.holdfast.gateway.upstream.SharedUpstream;
import dev.holdfast.journal.redis.RedisJournal;
import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What two gateways learn of each other about upstreams. */
@Timeout(120)
final class SharedNewsTest {
  private static final Failure DOWN = Failure.retryable(Cause.CONNECTION_FAILED, "refused");

  /** So long that nothing depends on its end. */
  private static final BreakerPolicy POLICY =
      new BreakerPolicy(0.5, 10, Duration.ofSeconds(30), Duration.ofHours(1), Duration.ofHours(2));

  @TempDir private Path directory;
  private RedisProcess server;
  private Node one;
  private Node other;

  /** One gateway, as far as this is concerned. */
  private static final class Node implements AutoCloseable {
    final RedisJournal journal;
    final StateOrigins origins = new StateOrigins();
    final SharedUpstreamState state = new SharedUpstreamState(POLICY, new SplittableRandom(1));
    final SharedLink link;
    final SharedNews news;

    Node(RedisProcess server, SharedConfig config) throws IOException {
      journal = RedisJournal.at(server.address()).open();
      link = new SharedLink(journal.sharedState(), config);
      var upstream =
          new SharedUpstream(UpstreamConfig.parse("openai-chat=http://127.0.0.1:9/v1"), state);
      news = new SharedNews(link, () -> List.of(upstream), origins, System::nanoTime);
    }

    boolean isOpen() {
      return state.standing(System.nanoTime()).waitNanos() > 0;
    }

    void score(AttemptResult result, int times) {
      for (int i = 0; i < times; i++) {
        state.opened(System.nanoTime());
        state.score(result, System.nanoTime());
      }
    }

    @Override
    public void close() {
      news.close();
      journal.close();
    }
  }

  @BeforeEach
  void start() throws IOException {
    assumeTrue(
        RedisProcess.program().isPresent(),
        "skipped: needs redis-server or valkey-server in PATH (Debian: apt install redis-server)");
    server = RedisProcess.start(directory);
    var config = SharedConfig.DEFAULT.withUpstreams(Sharing.CLOSED);
    one = new Node(server, config);
    other = new Node(server, config);
  }

  @AfterEach
  void stop() {
    // What was not started is null.
    for (var node : new Node[] {one, other}) {
      if (node != null) {
        node.close();
      }
    }
    if (server != null) {
      server.close();
    }
  }

  private static void await(BooleanSupplier condition) {
    while (!condition.getAsBoolean()) {
      assertThat(Thread.currentThread().isInterrupted()).as("interrupted").isFalse();
      LockSupport.parkNanos(2_000_000);
    }
  }

  @Test
  void aCircuitOpensAndClosesOnBoth() {
    one.score(new AttemptResult.Failed(DOWN, false), 10);
    assertThat(one.isOpen()).isTrue();
    await(other::isOpen);
    other.score(new AttemptResult.Content(), 1); // An attempt that was under way.
    assertThat(other.isOpen()).isFalse();
    await(() -> !one.isOpen());
  }

  @Test
  void aGatewayThatStartsFindsTheCircuitOpen() throws IOException {
    one.score(new AttemptResult.Failed(DOWN, false), 10);
    await(other::isOpen);
    try (var late = new Node(server, SharedConfig.DEFAULT)) {
      await(late::isOpen);
    }
  }

  @Test
  void failuresOnBothUseUpOneBudget() {
    // 30 of the 50 failures that stop retries, on each; they had content, so no circuit opens.
    one.score(new AttemptResult.Failed(DOWN, true), 30);
    other.score(new AttemptResult.Failed(DOWN, true), 30);
    await(() -> !one.state.standing(System.nanoTime()).retryAllowed());
    await(() -> !other.state.standing(System.nanoTime()).retryAllowed());
    assertThat(one.isOpen()).isFalse();
  }

  @Test
  void whatOneUpstreamWroteIsKnownToBoth() {
    one.origins.wrote(7, "first");
    other.origins.wrote(8, "second");
    await(() -> "first".equals(other.origins.of(List.of(7L), 0)));
    await(() -> "second".equals(one.origins.of(List.of(8L), 0)));
    one.origins.wrote(7, "second");
    await(() -> "second".equals(other.origins.of(List.of(7L), 0)));
  }

  @Test
  void aGatewayThatStartsLearnsWhatIsKnown() throws IOException {
    for (long state = 1; state <= 12_000; state++) {
      one.origins.wrote(state, "upstream");
      if (state % 5_000 == 0) {
        long last = state;
        await(() -> other.origins.of(List.of(last), 0) != null);
      }
    }
    await(() -> other.origins.of(List.of(12_000L), 0) != null);
    try (var late = new Node(server, SharedConfig.DEFAULT)) {
      await(() -> late.origins.of(List.of(12_000L), 0) != null);
      assertThat(late.origins.of(List.of(1L), 0)).isEqualTo("upstream");
    }
  }

  @Test
  void whileRedisIsAwayAClosedPolicyRetriesNothing() throws IOException {
    await(() -> one.state.standing(System.nanoTime()).retryAllowed());
    server.kill();
    await(() -> !one.state.standing(System.nanoTime()).retryAllowed());
    assertThat(one.link.isReachable()).isFalse();
    // What changes meanwhile is not lost.
    one.score(new AttemptResult.Failed(DOWN, false), 10);
    one.origins.wrote(9, "first");
    server.startAgain();
    await(() -> one.state.standing(System.nanoTime()).retryAllowed());
    await(other::isOpen);
    await(() -> "first".equals(other.origins.of(List.of(9L), 0)));
  }
}
