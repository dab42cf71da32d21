package dev.holdfast.gateway.stream;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.gateway.config.JournalConfig;
import dev.holdfast.gateway.journal.Caller;
import dev.holdfast.gateway.journal.StoredRequest;
import dev.holdfast.gateway.journal.StreamRecording;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.gateway.route.ClientProtocol;
import dev.holdfast.journal.EmbeddedJournal;
import io.netty.channel.DefaultEventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How many streams of a dead process are taken over at a time. */
@Timeout(60)
final class TakeoversTest {
  private static final int STREAMS = 8;
  private static final int BODY_BYTES = 10_000;

  @TempDir private Path directory;
  private EmbeddedJournal journal;
  private ExecutorService threads;

  @BeforeEach
  void open() throws IOException {
    journal = EmbeddedJournal.at(directory).open();
    threads = Executors.newFixedThreadPool(STREAMS);
  }

  @AfterEach
  void close() {
    threads.shutdownNow();
    journal.close();
  }

  /** {@return a store that finds so many streams open} */
  private StreamStore left() throws InterruptedException {
    var config = JournalConfig.at(directory);
    var before = new StreamStore(journal, config, System::nanoTime);
    var loop = new DefaultEventLoop();
    BlockingQueue<Optional<JournalRefusal>> created = new LinkedBlockingQueue<>();
    try {
      for (int i = 0; i < STREAMS; i++) {
        var id = before.draw();
        loop.execute(() -> begin(before, loop, id, created));
      }
      for (int i = 0; i < STREAMS; i++) {
        assertThat(created.take()).isEmpty();
      }
    } finally {
      var unused = loop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
    }
    return new StreamStore(journal, config, System::nanoTime);
  }

  private static void begin(
      StreamStore store,
      DefaultEventLoop loop,
      StreamId id,
      BlockingQueue<Optional<JournalRefusal>> created) {
    var recording = new StreamRecording(store, id, Dialects.OPENAI_CHAT, loop, 0);
    String identity = "%064x".formatted(id.low());
    assertThat(recording.claims(identity, null)).isTrue();
    recording.whenCreated(refusal -> created.add(Optional.ofNullable(refusal)));
    recording.create(
        Caller.ofClient(List.of()),
        new StoredRequest(
            "/v1/x", ClientProtocol.OPENAI, new DefaultHttpHeaders(), new byte[BODY_BYTES]),
        identity,
        false,
        null);
  }

  /** Lends threads, and calls {@code prepared} for each stream that is in memory. */
  private final class Host implements Takeovers.Host {
    private final Prepared prepared;
    final Semaphore resumed = new Semaphore(0);

    Host(Prepared prepared) {
      this.prepared = prepared;
    }

    @Override
    public void execute(Runnable action) {
      threads.execute(action);
    }

    @Override
    public void later(Duration delay, Runnable action) {
      throw new AssertionError("each stream has its heir");
    }

    @Override
    public Takeovers.Heir prepare(
        StreamId id, StreamStore.Stored stored, JournaledStreams.@Nullable Wanted wanted) {
      prepared.inMemory();
      return new Takeovers.Heir() {
        @Override
        public void resume(int epoch, Runnable done) {
          assertThat(epoch).isEqualTo(2);
          prepared.left();
          done.run();
          resumed.release();
        }

        @Override
        public void drop() {
          throw new AssertionError("no other heir has it");
        }
      };
    }
  }

  private interface Prepared {
    void inMemory();

    void left();
  }

  @Test
  void severalAreTakenOverAtATime() throws Exception {
    var all = new CyclicBarrier(STREAMS);
    var host =
        new Host(
            new Prepared() {
              @Override
              public void inMemory() {
                try {
                  all.await(); // For all of them.
                } catch (Exception e) {
                  throw new AssertionError(e);
                }
              }

              @Override
              public void left() {}
            });
    new Takeovers(left(), host).start();
    host.resumed.acquire(STREAMS);
  }

  @Test
  void asManyAsFitIntoMemory() throws Exception {
    var inMemory = new AtomicInteger();
    var most = new AtomicInteger();
    var host =
        new Host(
            new Prepared() {
              @Override
              public void inMemory() {
                most.accumulateAndGet(inMemory.incrementAndGet(), Math::max);
                LockSupport.parkNanos(1_000_000); // For another one, if there may be one.
              }

              @Override
              public void left() {
                inMemory.decrementAndGet();
              }
            });
    new Takeovers(left(), host, 3 * BODY_BYTES / 2).start();
    host.resumed.acquire(STREAMS);
    assertThat(most).hasValue(1);
  }
}
