package dev.holdfast.journal.redis;

import static dev.holdfast.journal.redis.Calls.ID;
import static dev.holdfast.journal.redis.Calls.append;
import static dev.holdfast.journal.redis.Calls.createStream;
import static dev.holdfast.journal.redis.Calls.end;
import static dev.holdfast.journal.redis.Calls.fence;
import static dev.holdfast.journal.redis.Calls.join;
import static dev.holdfast.journal.redis.Calls.later;
import static dev.holdfast.journal.redis.Calls.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.testkit.journal.RedisProcess;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two journals on one Redis, as two processes have them. */
@Timeout(120)
final class SharedStreamsTest {
  private static final Duration SHORT = Duration.ofMillis(300);

  @TempDir private Path directory;
  private RedisProcess server;
  private RedisJournal owner;
  private RedisJournal other;

  @BeforeEach
  void start() throws IOException {
    server = Servers.start(directory);
    owner = RedisJournal.at(server.address()).lease(SHORT).open();
    other = RedisJournal.at(server.address()).lease(SHORT).open();
  }

  @AfterEach
  void stop() {
    // What was not started is null.
    try {
      for (var journal : new RedisJournal[] {owner, other}) {
        if (journal != null) {
          journal.close();
        }
      }
    } finally {
      if (server != null) {
        server.close();
      }
    }
  }

  @Test
  void aReaderOfAnotherProcessReceivesALiveStream() throws Exception {
    createStream(owner, 1);
    var followed = Calls.Followed.of(other, JournalOffset.START);
    var expected = new ArrayList<String>();
    for (int i = 0; i < 200; i++) {
      expected.add("entry " + i);
      var unused = Calls.appending(owner, 1, i, "entry " + i);
    }
    assertThat(followed.next(200)).isEqualTo(expected);
    assertThat(end(owner, 1)).isEqualTo("stored 1_200");
    assertThat(followed.next()).isEqualTo("end COMPLETE");
  }

  /** Passes a stream to another process before the answer to its creation arrives. */
  private record Overtaken(RedisLink link, Supplier<CompletableFuture<String>> takeover)
      implements Link {
    @Override
    public CompletionStage<Reply> run(Script script, byte[][] keys, byte[]... arguments) {
      var answer = link.run(script, keys, arguments);
      return script == Script.CREATE
          ? answer.thenCompose(reply -> takeover.get().thenApply(taken -> reply))
          : answer;
    }

    @Override
    public void subscribe(String channel) {
      link.subscribe(channel);
    }

    @Override
    public void unsubscribe(String channel) {
      link.unsubscribe(channel);
    }

    @Override
    public RedisDurability durability(Duration timeout) {
      return link.durability(timeout);
    }

    @Override
    public <T> T join(CompletionStage<T> answer, Duration timeout) {
      return link.join(answer, timeout);
    }

    @Override
    public void close() {
      link.close();
    }
  }

  @Test
  void aStreamIsNeverFoundWithoutItsFirstEntries() throws Exception {
    var options = RedisJournal.at(server.address());
    try (var creates =
        RedisJournal.start(
            options,
            listener ->
                new Overtaken(
                    RedisLink.open(
                        options.address, options.timeout, new RedisLink.Listener(listener)),
                    () -> later(receipt -> other.fence(ID, 2, receipt))),
            new SystemClockwork(),
            "creates")) {
      var stream = new NewStream(ID, 1, ByteBuffer.allocate(0), Duration.ofHours(1), true);
      var first =
          JournalBatch.of(
              1,
              0,
              Stream.of("a", "b")
                  .map(text -> new JournalEntry(1, ByteBuffer.wrap(Keys.bytes(text))))
                  .toList());
      assertThat(join(later(receipt -> creates.create(stream, first, receipt))))
          .isEqualTo("stored 1_2");
      assertThat(read(other, JournalOffset.START)).isEqualTo(List.of("a", "b", "open"));
      assertThat(append(creates, 1, 2, "c")).isEqualTo("FENCED");
      assertThat(append(other, 2, 2, "d")).isEqualTo("stored 2_3");
    }
  }

  @Test
  void whatIsUnderALeaseIsNotTakenOver() throws Exception {
    createStream(owner, 1);
    assertThat(join(later(receipt -> other.takeOver(ID, 2, receipt)))).isEqualTo("FENCED");
    assertThat(other.orphans()).isEmpty();
    assertThat(append(owner, 1, 0, "a")).isEqualTo("stored 1_1");
  }

  @Test
  void aLeaseIsRenewedWhileNothingIsWritten() throws Exception {
    createStream(owner, 1);
    long begin = System.nanoTime();
    while (System.nanoTime() - begin < 4 * SHORT.toNanos()) {
      assertThat(other.orphans()).isEmpty();
    }
  }

  /** The owner could not renew, and is there again. */
  @Test
  void aRestartOfRedisTakesNoStreamFromItsOwner() throws Exception {
    var lease = Duration.ofSeconds(2);
    try (var kept =
            Servers.start(
                directory.resolve("kept"), "--appendonly", "yes", "--appendfsync", "always");
        var writes = RedisJournal.at(kept.address()).lease(lease).open();
        var waits = RedisJournal.at(kept.address()).lease(lease).open()) {
      createStream(writes, 1);
      assertThat(waits.orphans()).isEmpty();
      kept.kill();
      long away = System.nanoTime();
      while (System.nanoTime() - away < lease.toNanos() + 100_000_000) {
        assertThatThrownBy(waits::orphans).isInstanceOf(UncheckedIOException.class);
        LockSupport.parkNanos(50_000_000);
      }
      kept.startAgain();
      long back = System.nanoTime();
      while (System.nanoTime() - back < lease.toNanos() / 2) {
        try {
          assertThat(waits.orphans()).isEmpty();
        } catch (UncheckedIOException e) {
          LockSupport.parkNanos(10_000_000); // It is not connected yet.
        }
      }
      assertThat(append(writes, 1, 0, "a")).isEqualTo("stored 1_1");
      writes.release(ID);
      while (waits.orphans().isEmpty()) {
        LockSupport.parkNanos(10_000_000);
      }
    }
  }

  /** Also where no reader is in this process. */
  @Test
  void theNextEntryOfAStreamWaitsForCompany() throws Exception {
    try (var patient =
        RedisJournal.at(server.address()).prefix("patient").lingerRoundTrips(1_000_000).open()) {
      createStream(patient, 1);
      long begin = System.nanoTime();
      for (int i = 0; i < 20; i++) {
        append(patient, 1, i, "a");
      }
      assertThat(System.nanoTime() - begin)
          .isGreaterThan(10 * RedisJournalOptions.LONGEST_LINGER.toNanos());
    }
  }

  @Test
  void aReleasedStreamIsAnOrphanAtOnce() throws Exception {
    createStream(owner, 1);
    append(owner, 1, 0, "a");
    owner.release(ID);
    while (other.orphans().isEmpty()) {
      Thread.onSpinWait();
    }
    assertThat(other.orphans()).containsExactly(ID);
    assertThat(join(later(receipt -> other.takeOver(ID, 2, receipt)))).isEqualTo("stored 1_1");
    assertThat(other.orphans()).isEmpty();
    assertThat(append(owner, 1, 1, "late")).isEqualTo("FENCED");
    assertThat(append(other, 2, 1, "b")).isEqualTo("stored 2_2");
    assertThat(read(owner, JournalOffset.START)).containsExactly("a", "b", "open");
  }

  @Test
  void aClosedJournalLeavesItsStreamsToOthers() throws Exception {
    createStream(owner, 1);
    owner.close();
    assertThat(other.orphans()).containsExactly(ID);
  }

  @Test
  void anOwnerThatWritesNothingLearnsThatItWasFenced() throws Exception {
    var lost = new LinkedBlockingQueue<StreamId>();
    owner.onLost(lost::add);
    createStream(owner, 1);
    fence(other, 2);
    assertThat(lost.poll(60, TimeUnit.SECONDS)).isEqualTo(ID);
  }

  @Test
  void readersOfTheFencedOwnerReceiveWhatTheNextOneWrites() throws Exception {
    createStream(owner, 1);
    append(owner, 1, 0, "a");
    var followed = Calls.Followed.of(owner, JournalOffset.START);
    assertThat(followed.next()).isEqualTo("a");
    fence(other, 2);
    append(other, 2, 1, "b");
    end(other, 2);
    assertThat(followed.next(2)).containsExactly("b", "end COMPLETE");
  }

  @Test
  void ofManyThatTakeAStreamOverOneSucceeds() throws Exception {
    createStream(owner, 1);
    owner.release(ID);
    while (other.orphans().isEmpty()) {
      Thread.onSpinWait();
    }
    var answers =
        IntStream.range(0, 20)
            .mapToObj(i -> later(receipt -> (i % 2 == 0 ? owner : other).takeOver(ID, 2, receipt)))
            .toList();
    var texts = new ArrayList<String>();
    for (var answer : answers) {
      texts.add(join(answer));
    }
    assertThat(texts).containsOnly("stored 0_0", "FENCED");
    assertThat(texts).containsOnlyOnce("stored 0_0");
  }

  /** As after a failover to a replica that did not have the last writes. */
  @Test
  void whatRedisLostIsNeverSpliced() throws Exception {
    createStream(owner, 1);
    append(owner, 1, 0, "a");
    append(owner, 1, 1, "b");
    append(owner, 1, 2, "lost");
    var keys = new Keys("holdfast").of(ID);
    server.command("XDEL", new String(keys[1], StandardCharsets.UTF_8), "3-1");
    server.command("HSET", new String(keys[0], StandardCharsets.UTF_8), "n", "2");
    assertThat(append(owner, 1, 3, "after it")).isEqualTo("WRONG_SEQUENCE");
    assertThat(read(other, new JournalOffset(1, 3))).containsExactly("WRONG_OFFSET");
    fence(other, 2);
    append(other, 2, 2, "another");
    assertThat(read(other, new JournalOffset(1, 3))).containsExactly("WRONG_OFFSET");
    assertThat(Calls.Followed.of(other, new JournalOffset(1, 3)).next())
        .isEqualTo("refused WRONG_OFFSET");
    assertThat(read(other, new JournalOffset(1, 2))).isEqualTo(List.of("another", "open"));
  }

  /** Its clock would have removed what others write, and have answered 404 for it. */
  @Test
  void aProcessWhoseClockIsAheadRemovesNothing() throws Exception {
    createStream(owner, 1);
    var options = RedisJournal.at(server.address());
    options.clock =
        new RedisJournalOptions.ServerClock(
            () -> System.currentTimeMillis() + Duration.ofHours(2).toMillis());
    try (var ahead = options.open()) {
      assertThat(ahead.expire()).isZero();
      assertThat(ahead.find(ID)).isPresent();
      assertThat(append(owner, 1, 0, "a")).isEqualTo("stored 1_1");
    }
  }
}
