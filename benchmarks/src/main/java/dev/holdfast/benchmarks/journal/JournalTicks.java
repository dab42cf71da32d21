package dev.holdfast.benchmarks.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Collections;
import java.util.Random;
import java.util.concurrent.CountDownLatch;

/** Ticks into a journal: appends of some events each, with their expected sequence. */
final class JournalTicks implements Ticks {
  private final Journal journal;
  private final StreamId[] ids = new StreamId[JournalBenchmark.STREAMS];
  private final long[] next = new long[JournalBenchmark.STREAMS];
  private final ByteBuffer[] events = new ByteBuffer[64];
  private final ArrayDeque<CountDownLatch> begun = new ArrayDeque<>();
  private final int size;
  private int stream;

  /** With one event in each append. */
  JournalTicks(Journal journal) throws InterruptedException {
    this(journal, 1);
  }

  JournalTicks(Journal journal, int size) throws InterruptedException {
    this.journal = journal;
    this.size = size;
    var random = new Random(1);
    for (int i = 0; i < events.length; i++) {
      byte[] bytes = new byte[JournalBenchmark.EVENT_BYTES];
      random.nextBytes(bytes);
      events[i] = ByteBuffer.wrap(bytes);
    }
    var created = new CountDownLatch(ids.length);
    for (int i = 0; i < ids.length; i++) {
      ids[i] = StreamId.draw(random);
      var metadata = ByteBuffer.allocate(64);
      journal.create(
          new NewStream(ids[i], 1, metadata, Duration.ofHours(1), true), counting(created));
    }
    created.await();
  }

  static Journal.Receipt counting(CountDownLatch latch) {
    return new Journal.Receipt() {
      @Override
      public void onStored(JournalOffset tail) {
        latch.countDown();
      }

      @Override
      public void onRefused(JournalRefusal refusal) {
        throw new AssertionError(refusal.toString());
      }
    };
  }

  @Override
  public void begin() {
    var latch = new CountDownLatch(JournalBenchmark.TICK);
    var receipt = counting(latch);
    for (int i = 0; i < JournalBenchmark.TICK; i++) {
      var entries = Collections.nCopies(size, new JournalEntry(1, events[i & 63]));
      journal.append(ids[stream], JournalBatch.of(1, next[stream], entries), receipt);
      next[stream] += size;
      stream = (stream + 1) % ids.length;
    }
    begun.add(latch);
  }

  @Override
  public void await() throws InterruptedException {
    begun.remove().await();
  }

  @Override
  public void close() {}
}
