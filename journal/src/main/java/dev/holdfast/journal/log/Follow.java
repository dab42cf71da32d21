package dev.holdfast.journal.log;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import java.io.IOException;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One follower of one stream. Holds its place and its demand, and no entries: what it is late for
 * is read again. At most one thread drains it at a time.
 */
final class Follow implements Journal.Subscription {
  private static final int PAGE_BYTES = 64 << 10;
  private static final int PAGE_ENTRIES = 256;

  private final StreamState state;
  private final ShardStreams streams;
  private final ShardReader reader;
  private final Journal.Follower follower;
  private final Executor executor;
  private final AtomicLong demand = new AtomicLong();
  private final AtomicInteger wakes = new AtomicInteger();

  /** What ends it from outside; the first wins. */
  private final AtomicReference<@Nullable Runnable> ending = new AtomicReference<>();

  private JournalOffset next;
  private volatile boolean over;

  Follow(
      StreamState state,
      ShardStreams streams,
      ShardReader reader,
      JournalOffset after,
      Journal.Follower follower,
      Executor executor) {
    this.state = state;
    this.streams = streams;
    this.reader = reader;
    this.follower = follower;
    this.executor = executor;
    next = after;
  }

  @Override
  public void demand(long entries) {
    if (entries > 0) {
      demand.accumulateAndGet(entries, (now, more) -> now + more < 0 ? Long.MAX_VALUE : now + more);
      wake();
    }
  }

  @Override
  public void cancel() {
    over = true;
    leave();
  }

  /** Ends it with a refusal. */
  void refuse(JournalRefusal refusal) {
    ending.compareAndSet(null, () -> follower.onRefused(refusal));
    wake();
  }

  /** Ends it because the stream's time has passed. */
  void expire() {
    ending.compareAndSet(null, () -> follower.onEnd(JournalEnd.of(JournalEnd.Kind.EXPIRED)));
    wake();
  }

  /** Something may have changed. */
  void wake() {
    if (over || wakes.getAndIncrement() != 0) {
      return;
    }
    try {
      executor.execute(this::drain);
    } catch (RejectedExecutionException e) {
      drain(); // The journal closes, and its threads have ended.
    }
  }

  private void drain() {
    int seen = 1;
    while (seen != 0) {
      try {
        while (!over && step()) {
          // Each step delivers something.
        }
      } catch (RuntimeException e) {
        cancel(); // A follower that fails receives nothing more.
      } catch (Error e) {
        cancel();
        var thread = Thread.currentThread();
        thread.getUncaughtExceptionHandler().uncaughtException(thread, e);
      }
      seen = wakes.addAndGet(-seen);
    }
  }

  private boolean step() {
    var ended = ending.get();
    if (ended != null) {
      finish(ended);
      return false;
    }
    if (reader.hasEntries(state, next)) {
      long wanted = demand.get();
      return wanted > 0 && deliver((int) Math.min(wanted, PAGE_ENTRIES));
    }
    try {
      var end = reader.end(state);
      if (end != null && !reader.hasEntries(state, next)) {
        finish(() -> follower.onEnd(end));
      }
    } catch (IOException e) {
      var refusal = new JournalRefusal(Reason.DAMAGED, String.valueOf(e.getMessage()));
      finish(() -> follower.onRefused(refusal));
    }
    return false;
  }

  private boolean deliver(int wanted) {
    switch (reader.read(state, next, wanted, PAGE_BYTES)) {
      case JournalRead.Page page -> {
        for (var entry : page.entries()) {
          if (over) {
            return false;
          }
          demand.decrementAndGet();
          next = entry.offset();
          follower.onEntry(entry);
        }
        return true;
      }
      case JournalRead.Refused refused -> {
        var ended = ending.get();
        boolean expired = ended == null && refused.refusal().reason() == Reason.UNKNOWN;
        if (expired) {
          finish(() -> follower.onEnd(JournalEnd.of(JournalEnd.Kind.EXPIRED)));
        } else {
          finish(ended != null ? ended : () -> follower.onRefused(refused.refusal()));
        }
        return false;
      }
    }
  }

  private void finish(Runnable last) {
    over = true;
    leave();
    last.run();
  }

  private void leave() {
    streams.lock.lock();
    try {
      state.followers.remove(this);
    } finally {
      streams.lock.unlock();
    }
  }
}
