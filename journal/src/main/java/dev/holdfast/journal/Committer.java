package dev.holdfast.journal;

import dev.holdfast.journal.log.Shard;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The threads of a shard. One commits, and removes what has expired. Where bytes are synced by the
 * clock, another one does that: a sync takes as long as several commits, which need not wait.
 */
final class Committer {
  private static final long EXPIRE_NANOS = 1_000_000_000;

  /** So much is written without waiting for more. */
  private static final long WORTH_WRITING = 64 << 10;

  private final Shard shard;
  private final long lingerNanos;

  /** Zero where nothing is synced by the clock. */
  private final long syncNanos;

  private final Thread thread;

  /** Null where nothing is synced by the clock. */
  private final @Nullable Thread syncer;

  /** Whether something was written since the syncer began its last sync. */
  private final AtomicBoolean dirty = new AtomicBoolean();

  private volatile boolean stopped;

  Committer(Shard shard, JournalOptions options) {
    this.shard = shard;
    lingerNanos = options.linger.toNanos();
    syncNanos =
        switch (options.fsync) {
          case FsyncPolicy.Interval policy -> policy.interval().toNanos();
          case FsyncPolicy.Never never -> 0;
          case FsyncPolicy.EveryCommit every -> 0;
        };
    thread = Thread.ofPlatform().daemon().name("holdfast-journal-", 0).unstarted(this::run);
    syncer =
        syncNanos == 0
            ? null
            : Thread.ofPlatform().daemon().name("holdfast-sync-", 0).unstarted(this::sync);
  }

  void start() {
    thread.start();
    if (syncer != null) {
      syncer.start();
    }
  }

  private void sync() {
    long synced = System.nanoTime() - syncNanos;
    while (!stopped) {
      if (!dirty.get()) {
        LockSupport.park(this);
        continue;
      }
      long early = synced + syncNanos - System.nanoTime();
      if (early > 0) {
        LockSupport.parkNanos(this, early);
        continue;
      }
      synced = System.nanoTime();
      dirty.set(false);
      shard.sync();
    }
  }

  private void run() {
    long expired = System.nanoTime();
    while (!stopped) {
      try {
        shard.await(EXPIRE_NANOS);
      } catch (InterruptedException e) {
        continue; // Only stop ends it.
      }
      long pending = shard.pendingBytes();
      if (pending > 0 && pending < WORTH_WRITING && lingerNanos > 0) {
        LockSupport.parkNanos(lingerNanos);
      }
      if (shard.commit() && syncer != null && dirty.compareAndSet(false, true)) {
        LockSupport.unpark(syncer);
      }
      var thrown = shard.takeThrown();
      if (thrown != null) {
        thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
      }
      long now = System.nanoTime();
      if (now - expired >= EXPIRE_NANOS) {
        shard.expire();
        expired = now;
      }
    }
  }

  /** Asks the threads to end after what they are at. */
  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
    LockSupport.unpark(syncer);
  }

  /** Waits for the end of the threads; what waits to be written is left. */
  void join() {
    boolean interrupted = join(thread);
    if (syncer != null) {
      interrupted |= join(syncer);
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** {@return whether this thread was interrupted meanwhile} */
  private static boolean join(Thread ending) {
    boolean interrupted = false;
    while (ending.isAlive()) {
      try {
        ending.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    return interrupted;
  }
}
