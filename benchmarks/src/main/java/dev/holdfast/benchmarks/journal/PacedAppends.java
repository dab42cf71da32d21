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
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;

/** Events that come one by one, as models write them: each stream at the same pace. */
final class PacedAppends {
  private final Journal journal;
  private final StreamId[] ids;
  private final long[] next;
  private final int rate;
  private final ByteBuffer event = ByteBuffer.allocate(JournalBenchmark.EVENT_BYTES);

  /** A load; {@code rate} is that of each stream, in events a second. */
  PacedAppends(Journal journal, int streams, int rate) throws InterruptedException {
    this.journal = journal;
    this.rate = rate;
    ids = new StreamId[streams];
    next = new long[streams];
    var random = new Random(2);
    random.nextBytes(event.array());
    var created = new CountDownLatch(streams);
    for (int i = 0; i < streams; i++) {
      ids[i] = StreamId.draw(random);
      journal.create(
          new NewStream(ids[i], 1, ByteBuffer.allocate(64), Duration.ofHours(1), true),
          JournalTicks.counting(created));
    }
    created.await();
  }

  /** {@return how long each event of so many seconds took until it was stored, sorted} */
  List<Long> run(int seconds) throws InterruptedException {
    long period = 1_000_000_000L / ((long) ids.length * rate);
    int events = (int) (seconds * 1_000_000_000L / period);
    var nanos = new AtomicLongArray(events);
    var stored = new CountDownLatch(events);
    long start = System.nanoTime();
    for (int i = 0; i < events; i++) {
      long due = start + i * period;
      // A pause costs tens of microseconds of its own: several events may be due after it.
      long left = due - System.nanoTime();
      if (left > 0) {
        LockSupport.parkNanos(left);
      }
      int stream = i % ids.length;
      var batch =
          JournalBatch.of(
              1, next[stream]++, List.of(new JournalEntry(1, event.duplicate().rewind())));
      journal.append(ids[stream], batch, new Stored(nanos, i, stored));
    }
    stored.await();
    return LongStream.range(0, events).map(i -> nanos.get((int) i)).sorted().boxed().toList();
  }

  /** Takes the time of one event. */
  private static final class Stored implements Journal.Receipt {
    private final long begun = System.nanoTime();
    private final AtomicLongArray nanos;
    private final int index;
    private final CountDownLatch stored;

    Stored(AtomicLongArray nanos, int index, CountDownLatch stored) {
      this.nanos = nanos;
      this.index = index;
      this.stored = stored;
    }

    @Override
    public void onStored(JournalOffset tail) {
      nanos.set(index, System.nanoTime() - begun);
      stored.countDown();
    }

    @Override
    public void onRefused(JournalRefusal refusal) {
      throw new AssertionError(refusal.toString());
    }
  }
}
