package dev.holdfast.testkit.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One follower. The thread that wakes it first calls it, until nothing is left to deliver. */
final class MemoryFollow implements Journal.Subscription {
  private final ReentrantLock lock;
  private final @Nullable MemoryStream stream;
  private final Journal.Follower follower;
  private final AtomicInteger wakes = new AtomicInteger();

  /** Guarded by the lock. */
  private JournalOffset next;

  private long demand;
  private boolean over;
  private @Nullable Runnable ending;

  MemoryFollow(
      ReentrantLock lock,
      @Nullable MemoryStream stream,
      JournalOffset after,
      Journal.Follower follower) {
    this.lock = lock;
    this.stream = stream;
    this.follower = follower;
    next = after;
  }

  @Override
  public void demand(long entries) {
    lock.lock();
    try {
      demand = demand + entries < 0 ? Long.MAX_VALUE : demand + entries;
    } finally {
      lock.unlock();
    }
    wake();
  }

  @Override
  public void cancel() {
    lock.lock();
    try {
      leave();
    } finally {
      lock.unlock();
    }
  }

  /** Ends it with a refusal at the next wake. Under the lock. */
  void refuse(JournalRefusal refusal) {
    ending = ending == null ? () -> follower.onRefused(refusal) : ending;
  }

  /** Ends it at the next wake, because the stream expired. Under the lock. */
  void expire() {
    ending = ending == null ? () -> follower.onEnd(MemoryJournal.expired()) : ending;
  }

  void wake() {
    if (wakes.getAndIncrement() != 0) {
      return;
    }
    int seen = 1;
    while (seen != 0) {
      try {
        for (var call = next(); call != null; call = next()) {
          call.run();
        }
      } catch (RuntimeException e) {
        cancel(); // A follower that fails receives nothing more.
      }
      seen = wakes.addAndGet(-seen);
    }
  }

  private @Nullable Runnable next() {
    lock.lock();
    try {
      if (over) {
        return null;
      }
      if (ending != null || stream == null) {
        leave();
        return ending;
      }
      if (next.sequence() < stream.entries.size()) {
        if (demand == 0) {
          return null;
        }
        demand--;
        var entry = stream.entries.get((int) next.sequence());
        next = entry.offset();
        return () -> follower.onEntry(entry);
      }
      var end = stream.end;
      if (end == null) {
        return null;
      }
      leave();
      return () -> follower.onEnd(end);
    } finally {
      lock.unlock();
    }
  }

  private void leave() {
    over = true;
    if (stream != null) {
      stream.followers.remove(this);
    }
  }
}
