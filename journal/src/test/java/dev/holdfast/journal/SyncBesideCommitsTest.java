package dev.holdfast.journal;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.file.DiskFiles;
import dev.holdfast.journal.file.JournalFile;
import dev.holdfast.journal.file.JournalFiles;
import java.io.IOException;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Syncs by the clock, which another thread makes while commits are written. */
@Timeout(60)
final class SyncBesideCommitsTest {
  private static final StreamId ID = new StreamId(1, 1);

  @TempDir private Path folder;

  private final CountDownLatch begun = new CountDownLatch(1);
  private final CountDownLatch released = new CountDownLatch(1);

  /** Whether the next sync of records waits, and whether it fails then. */
  private volatile boolean holds;

  private volatile boolean fails;

  private final AtomicInteger stored = new AtomicInteger();
  private final AtomicInteger refused = new AtomicInteger();

  private final Journal.Receipt counting =
      new Journal.Receipt() {
        @Override
        public void onStored(JournalOffset tail) {
          stored.incrementAndGet();
        }

        @Override
        public void onRefused(JournalRefusal refusal) {
          refused.incrementAndGet();
        }
      };

  private JournalFiles files() {
    var files = new DiskFiles(folder);
    return proxy(
        JournalFiles.class,
        files,
        (name, result) ->
            name.equals("create")
                ? proxy(JournalFile.class, (JournalFile) result, this::synced)
                : result);
  }

  private Object synced(String name, Object result) throws IOException, InterruptedException {
    if (name.equals("sync") && holds) {
      holds = false;
      begun.countDown();
      released.await();
      if (fails) {
        throw new IOException("of the test");
      }
    }
    return result;
  }

  private interface After {
    Object called(String name, Object result) throws Exception;
  }

  private static <T> T proxy(Class<T> type, T target, After after) {
    return type.cast(
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> {
              try {
                return after.called(method.getName(), method.invoke(target, arguments));
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            }));
  }

  private EmbeddedJournal open(long segmentBytes) throws IOException {
    var options =
        EmbeddedJournal.at(folder)
            .fsync(new FsyncPolicy.Interval(Duration.ofMillis(10)))
            .shards(1)
            .segmentBytes(segmentBytes);
    var journal = EmbeddedJournal.manual(options, files(), new Random(1));
    journal.create(new NewStream(ID, 1, ByteBuffer.allocate(0), Duration.ZERO, false), counting);
    append(journal, 0);
    return journal;
  }

  private void append(EmbeddedJournal journal, int sequence) {
    var entry = SmallJournal.entry("x".repeat(5_000));
    journal.append(ID, JournalBatch.of(1, sequence, List.of(entry)), counting);
    journal.commit();
  }

  private Thread syncing(EmbeddedJournal journal) throws InterruptedException {
    holds = true;
    var thread = Thread.ofPlatform().start(journal::sync);
    begun.await();
    return thread;
  }

  @Test
  void commitsAreWrittenWhileASyncIsUnderWay() throws Exception {
    try (var journal = open(1 << 20)) {
      var thread = syncing(journal);
      append(journal, 1);
      append(journal, 2);
      assertThat(stored).hasValue(4);
      released.countDown();
      thread.join();
      assertThat(StreamModel.read(journal, ID)).hasSize(3);
    }
  }

  @Test
  void aSyncThatFailsEndsTheStreamsOfWhatMayBeLost() throws Exception {
    try (var journal = open(1 << 20)) {
      fails = true;
      var thread = syncing(journal);
      append(journal, 1);
      released.countDown();
      thread.join();
      assertThat(journal.find(ID).orElseThrow().end())
          .hasValueSatisfying(end -> assertThat(end.kind()).isEqualTo(JournalEnd.Kind.FAILED));
      append(journal, 2);
      assertThat(refused).hasValue(1);
    }
  }

  /** The sync of the commit that follows succeeds, as the system reports a failure once. */
  @Test
  void aSegmentThatIsFullMeanwhileIsNotTakenForSynced() throws Exception {
    try (var journal = open(4_096)) {
      fails = true;
      var thread = syncing(journal);
      var rolling = Thread.ofPlatform().start(() -> append(journal, 1));
      while (rolling.getState() != Thread.State.WAITING) {
        Thread.onSpinWait();
      }
      released.countDown();
      thread.join();
      rolling.join();
      assertThat(refused).hasValue(1);
      assertThat(journal.find(ID).orElseThrow().end())
          .hasValueSatisfying(end -> assertThat(end.kind()).isEqualTo(JournalEnd.Kind.FAILED));
    }
  }
}
