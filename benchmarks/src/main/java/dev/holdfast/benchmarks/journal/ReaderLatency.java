package dev.holdfast.benchmarks.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** From the call of append to the call of the reader: 50 streams, each with 50 events a second. */
final class ReaderLatency {
  private static final int READ_STREAMS = 50;
  private static final long PERIOD_NANOS = 400_000;

  private final Journal journal;
  private final StreamId[] ids = new StreamId[READ_STREAMS];
  private final long[] next = new long[READ_STREAMS];
  private final long[] nanos = new long[1 << 20];
  private final AtomicInteger received = new AtomicInteger();

  ReaderLatency(Journal journal) throws InterruptedException {
    this.journal = journal;
    var created = new CountDownLatch(ids.length);
    for (int i = 0; i < ids.length; i++) {
      ids[i] = new StreamId(9, i);
      var none = ByteBuffer.allocate(0);
      journal.create(
          new NewStream(ids[i], 1, none, Duration.ofHours(1), true),
          JournalTicks.counting(created));
    }
    created.await();
    for (StreamId id : ids) {
      journal.follow(id, JournalOffset.START, new Reader()).demand(Long.MAX_VALUE);
    }
  }

  private final class Reader implements Journal.Follower {
    @Override
    public void onEntry(StoredEntry entry) {
      long sent = entry.entry().payload().getLong();
      nanos[received.getAndIncrement()] = System.nanoTime() - sent;
    }

    @Override
    public void onEnd(JournalEnd end) {}

    @Override
    public void onRefused(JournalRefusal refusal) {
      // The journal is closed at the end of the run.
    }
  }

  String run(int seconds) throws InterruptedException {
    send(2);
    received.set(0);
    int sent = send(seconds);
    int count = received.get();
    Arrays.sort(nanos, 0, count);
    return "p50 %.2f ms, p99 %.2f ms, max %.1f ms (%d of %d events)"
        .formatted(
            nanos[count / 2] / 1e6,
            nanos[count * 99 / 100] / 1e6,
            nanos[count - 1] / 1e6,
            count,
            sent);
  }

  private int send(int seconds) throws InterruptedException {
    int events = (int) (seconds * 1_000_000_000L / PERIOD_NANOS);
    var stored = new CountDownLatch(events);
    var receipt = JournalTicks.counting(stored);
    long start = System.nanoTime();
    for (int i = 0; i < events; i++) {
      long due = start + i * PERIOD_NANOS;
      for (long left = due - System.nanoTime(); left > 0; left = due - System.nanoTime()) {
        LockSupport.parkNanos(left);
      }
      int stream = i % ids.length;
      var bytes = ByteBuffer.allocate(JournalBenchmark.EVENT_BYTES);
      bytes.putLong(0, System.nanoTime());
      var batch = JournalBatch.of(1, next[stream]++, List.of(new JournalEntry(1, bytes)));
      journal.append(ids[stream], batch, receipt);
    }
    stored.await();
    while (received.get() < events) {
      Thread.onSpinWait();
    }
    return events;
  }
}
