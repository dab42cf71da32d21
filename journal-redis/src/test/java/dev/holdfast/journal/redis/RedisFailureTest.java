package dev.holdfast.journal.redis;

import static dev.holdfast.journal.redis.Calls.ID;
import static dev.holdfast.journal.redis.Calls.append;
import static dev.holdfast.journal.redis.Calls.appending;
import static dev.holdfast.journal.redis.Calls.createStream;
import static dev.holdfast.journal.redis.Calls.end;
import static dev.holdfast.journal.redis.Calls.join;
import static dev.holdfast.journal.redis.Calls.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Redis ends, stands still, is full. */
@Timeout(120)
final class RedisFailureTest {
  @TempDir private Path directory;

  private static RedisJournalOptions impatient(RedisProcess server) {
    return RedisJournal.at(server.address()).timeout(Duration.ofMillis(100));
  }

  @ParameterizedTest
  @CsvSource({
    "--appendonly no, MEMORY",
    "--appendonly yes --appendfsync everysec, WRITTEN",
    "--appendonly yes --appendfsync no, WRITTEN",
    "--appendonly yes --appendfsync always, SYNCED",
    "--appendonly yes --maxmemory 1gb --maxmemory-policy allkeys-lru, EVICTABLE",
    "--appendonly yes --maxmemory 1gb --maxmemory-policy noeviction, WRITTEN",
    "--appendonly yes --appendfsync always --rename-command CONFIG nothing, WRITTEN",
    "--rename-command INFO nothing, UNKNOWN",
  })
  void noMoreIsClaimedThanTheConfigurationKeeps(String options, RedisDurability durability)
      throws Exception {
    try (var server = Servers.start(directory, options.split(" ", -1));
        var journal = RedisJournal.at(server.address()).open()) {
      assertThat(journal.durability()).isEqualTo(durability);
    }
  }

  @Test
  void whatIsSyncedOutlivesAKillAndTheStreamContinues() throws Exception {
    try (var server = Servers.start(directory, "--appendonly", "yes", "--appendfsync", "always");
        var journal = impatient(server).open()) {
      createStream(journal, 1);
      append(journal, 1, 0, "a");
      var followed = Calls.Followed.of(journal, JournalOffset.START);
      assertThat(followed.next()).isEqualTo("a");
      server.kill();
      var waiting = appending(journal, 1, 1, "b");
      server.startAgain();
      assertThat(join(waiting)).isEqualTo("stored 1_2");
      assertThat(followed.next()).isEqualTo("b");
      end(journal, 1);
      assertThat(followed.next()).isEqualTo("end COMPLETE");
    }
  }

  @Test
  void whatIsOnlyInMemoryIsGoneAndIsReportedAsGone() throws Exception {
    try (var server = Servers.start(directory);
        var journal = impatient(server).open()) {
      assertThat(journal.durability().outlivesRedis()).isFalse();
      createStream(journal, 1);
      append(journal, 1, 0, "a");
      var followed = Calls.Followed.of(journal, JournalOffset.START);
      assertThat(followed.next()).isEqualTo("a");
      server.kill();
      server.startAgain();
      assertThat(append(journal, 1, 1, "b")).isEqualTo("UNKNOWN");
      assertThat(read(journal, JournalOffset.START)).containsExactly("UNKNOWN");
      assertThat(Calls.Followed.of(journal, new JournalOffset(1, 1)).next())
          .isEqualTo("refused UNKNOWN");
    }
  }

  /** Attempts to connect that double their distance would come after 4.1 and 8.2 s. */
  @Test
  @Tag("slow")
  void aServerThatWasAwayForLongIsFoundSoonAfterItsReturn() throws Exception {
    try (var server = Servers.start(directory, "--appendonly", "yes", "--appendfsync", "always");
        var journal = RedisJournal.at(server.address()).patience(Duration.ofMillis(7_500)).open()) {
      createStream(journal, 1);
      server.kill();
      long away = System.nanoTime();
      var waiting = appending(journal, 1, 0, "a");
      while (System.nanoTime() - away < 5_000_000_000L) {
        LockSupport.parkNanos(10_000_000);
      }
      server.startAgain();
      assertThat(join(waiting)).isEqualTo("stored 1_1");
    }
  }

  /** The server executes what was sent before its pause, and what was sent again. */
  @Test
  void noBatchIsStoredTwiceWhereAnswersAreLate() throws Exception {
    try (var server = Servers.start(directory);
        var journal = impatient(server).open()) {
      createStream(journal, 1);
      int next = 0;
      for (int round = 0; round < 5; round++) {
        server.pause();
        var waiting = new ArrayList<CompletableFuture<String>>();
        long paused = System.nanoTime();
        for (int i = 0; i < 20; i++) {
          waiting.add(appending(journal, 1, next, "entry " + next));
          next++;
        }
        while (System.nanoTime() - paused < 350_000_000) {
          LockSupport.parkNanos(10_000_000);
        }
        server.proceed();
        int expected = next - 20;
        for (var answer : waiting) {
          expected++;
          assertThat(join(answer)).isEqualTo("stored 1_" + expected);
        }
      }
      var entries = new ArrayList<String>();
      for (int i = 0; i < next; i++) {
        entries.add("entry " + i);
      }
      entries.add("open");
      assertThat(read(journal, JournalOffset.START)).isEqualTo(entries);
    }
  }

  @Test
  void aStreamWhoseStoreDoesNotAnswerFailsAndItsEndIsWrittenLater() throws Exception {
    try (var server = Servers.start(directory);
        var journal = impatient(server).patience(Duration.ofMillis(300)).open()) {
      createStream(journal, 1);
      append(journal, 1, 0, "a");
      var followed = Calls.Followed.of(journal, JournalOffset.START);
      assertThat(followed.next()).isEqualTo("a");
      server.pause();
      assertThat(append(journal, 1, 1, "b")).isEqualTo("STORAGE");
      // Another process may have continued it: its end is not known here.
      assertThat(followed.next()).isEqualTo("refused STORAGE");
      assertThat(append(journal, 1, 2, "c")).isEqualTo("ENDED");
      assertThatThrownBy(() -> journal.find(ID)).hasMessageContaining("Redis: must answer");
      server.proceed();
      while (!read(journal, JournalOffset.START).getLast().equals("FAILED")) {
        LockSupport.parkNanos(1_000_000);
      }
      // Whether the lost batch arrived is not known; nothing follows it.
      assertThat(read(journal, JournalOffset.START))
          .isIn(List.of("a", "FAILED"), List.of("a", "b", "FAILED"));
      assertThat(journal.openStreams()).isEmpty();
    }
  }

  @Test
  void aSlowStoreHoldsItsProducersBack() throws Exception {
    try (var server = Servers.start(directory);
        var journal = RedisJournal.at(server.address()).pendingBytes(1_000).open()) {
      createStream(journal, 1);
      server.pause();
      var first = appending(journal, 1, 0, "x".repeat(900));
      assertThat(append(journal, 1, 1, "x".repeat(200))).isEqualTo("BUSY");
      assertThat(journal.size().pending()).isEqualTo(900);
      server.proceed();
      assertThat(join(first)).isEqualTo("stored 1_1");
      assertThat(append(journal, 1, 1, "x".repeat(200))).isEqualTo("stored 1_2");
      assertThat(journal.size().pending()).isZero();
    }
  }

  @Test
  void aFullServerRefusesEntriesAndTakesEnds() throws Exception {
    try (var server = Servers.start(directory, "--maxmemory-policy", "noeviction");
        var journal = RedisJournal.at(server.address()).open()) {
      createStream(journal, 1);
      append(journal, 1, 0, "a");
      server.command("CONFIG", "SET", "maxmemory", "1mb");
      assertThat(append(journal, 1, 1, "b")).isEqualTo("FULL");
      assertThat(end(journal, 1)).isEqualTo("stored 1_1");
      assertThat(read(journal, JournalOffset.START)).containsExactly("a", "COMPLETE");
      assertThat(journal.openStreams()).isEmpty();
    }
  }

  @Test
  void aMissingServerIsOneSentence() throws Exception {
    int port;
    try (var server = Servers.start(directory)) {
      port = server.port();
    }
    assertThatThrownBy(() -> RedisJournal.at("redis://:secret@127.0.0.1:" + port).open())
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Redis: must be reachable, was not")
        .hasMessageNotContaining("secret");
  }

  /** As one that is paused: it takes the connection. */
  @Test
  @Timeout(30)
  void aServerThatIsSilentIsOneSentence() throws Exception {
    try (var silent = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      String address = "redis://:secret@127.0.0.1:" + silent.getLocalPort();
      assertThatThrownBy(() -> RedisJournal.at(address).timeout(Duration.ofMillis(100)).open())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("Redis: must be reachable, was not")
          .hasMessageNotContaining("secret");
    }
  }
}
