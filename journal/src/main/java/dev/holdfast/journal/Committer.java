package dev.holdfast.journal;

import dev.holdfast.journal.log.Shard;
import java.util.concurrent.locks.LockSupport;

/** The thread of a shard: commits, syncs by the clock, and removes what has expired. */
final class Committer {
  private static final long EXPIRE_NANOS = 1_000_000_000;

  /** So much is written without waiting for more. */
  private static final long WORTH_WRITING = 64 << 10;

  private final Shard shard;
  private final long lingerNanos;

  /** Zero where nothing is synced by the clock. */
  private final long syncNanos;

  private final Thread thread;
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
  }

  void start() {
    thread.start();
  }

  private void run() {
    long synced = System.nanoTime();
    long expired = synced;
    boolean dirty = false;
    while (!stopped) {
      boolean syncs = dirty && syncNanos > 0;
      try {
        shard.await(syncs ? syncNanos : EXPIRE_NANOS);
      } catch (InterruptedException e) {
        continue; // Only stop ends it.
      }
      long pending = shard.pendingBytes();
      if (pending > 0 && pending < WORTH_WRITING && lingerNanos > 0) {
        LockSupport.parkNanos(lingerNanos);
      }
      dirty |= shard.commit();
      var thrown = shard.takeThrown();
      if (thrown != null) {
        thread.getUncaughtExceptionHandler().uncaughtException(thread, thrown);
      }
      long now = System.nanoTime();
      if (dirty && syncNanos > 0 && now - synced >= syncNanos) {
        shard.sync();
        synced = now;
        dirty = false;
      }
      if (now - expired >= EXPIRE_NANOS) {
        shard.expire();
        expired = now;
      }
    }
  }

  /** Asks the thread to end after its commit. */
  void stop() {
    stopped = true;
    LockSupport.unpark(thread);
  }

  /** Waits for the end of the thread; what waits to be written is left. */
  void join() {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
