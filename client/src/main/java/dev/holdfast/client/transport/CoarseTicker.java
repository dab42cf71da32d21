package dev.holdfast.client.transport;

import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.ForkJoinWorkerThread;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;

/**
 * Waits with a limit, without a timer for each wait: a stream waits anew for every event, and
 * nearly every wait ends by the event. One thread wakes the waits whose limit is near, and these
 * wait for the rest with a timer of their own. The thread ends when nothing waits.
 *
 * <p>A mailbox stays known from wait to wait, until the ticker finds that none waits there. So a
 * wait costs a write and a read.
 *
 * <p>Concurrency: a wait writes that it waits, and then reads whether its mailbox is known. The
 * ticker writes that a mailbox is not known, and then reads whether a thread waits there. So one of
 * them enters it, and {@code known} decides which.
 */
final class CoarseTicker {
  private static final Duration TICK = Duration.ofMillis(100);

  /** Limits that are nearer have a timer of their own; a tick may come late. */
  private static final long NEAR_NANOS = TICK.toNanos() * 3;

  /** Longer than any wait, and far from an overflow. */
  private static final long NEVER_NANOS = Long.MAX_VALUE / 4;

  /** Only each so many ticks look whether a mailbox whose limit is far is awaited at all. */
  private static final int SWEEP = 10;

  /** The one of this process. */
  static final CoarseTicker SHARED = new CoarseTicker();

  private final Set<Mailbox> entered = ConcurrentHashMap.newKeySet();
  private final AtomicBoolean ticking = new AtomicBoolean();

  /**
   * Waits until the thread is unparked or interrupted, the limit has come, or for no reason.
   *
   * @param mailbox where the calling thread waits, which is written there
   * @param nanos how long at most; {@link Long#MAX_VALUE} for ever
   */
  void park(Mailbox mailbox, long nanos) throws InterruptedException {
    boolean isNear = nanos <= NEAR_NANOS;
    mailbox.untilNanos = System.nanoTime() + (isNear ? NEVER_NANOS : Math.min(nanos, NEVER_NANOS));
    if (!isNear && nanos != Long.MAX_VALUE && !mailbox.known.get()) {
      enter(mailbox);
    }
    var wait = new Wait(isNear ? nanos : Long.MAX_VALUE);
    if (Thread.currentThread() instanceof ForkJoinWorkerThread) {
      ForkJoinPool.managedBlock(wait);
    } else {
      wait.block();
    }
  }

  /** A pool whose worker waits takes another one, as it does for the waits of the JDK. */
  private record Wait(long nanos) implements ForkJoinPool.ManagedBlocker {
    @Override
    public boolean block() {
      if (nanos == Long.MAX_VALUE) {
        LockSupport.park();
      } else {
        LockSupport.parkNanos(nanos);
      }
      return true;
    }

    @Override
    public boolean isReleasable() {
      return false;
    }
  }

  private void enter(Mailbox mailbox) {
    if (!mailbox.known.compareAndSet(false, true)) {
      return;
    }
    entered.add(mailbox);
    if (!ticking.get() && ticking.compareAndSet(false, true)) {
      Thread.ofVirtual().name("holdfast-ticker").start(this::tick);
    }
  }

  /** {@return whether its thread runs} */
  boolean isTicking() {
    return ticking.get();
  }

  private void tick() {
    do {
      int ticks = 0;
      do {
        try {
          TimeUnit.NANOSECONDS.sleep(TICK.toNanos());
        } catch (InterruptedException e) {
          // Nothing has this thread to interrupt it; a tick that is early does no harm.
        }
        boolean sweeps = ++ticks % SWEEP == 0;
        long now = System.nanoTime();
        for (var mailbox : entered) {
          if (sweeps || mailbox.untilNanos - now <= NEAR_NANOS) {
            look(mailbox, now);
          }
        }
      } while (!entered.isEmpty());
      ticking.set(false);
      // A wait that came meanwhile may have seen the thread run.
    } while (!entered.isEmpty() && ticking.compareAndSet(false, true));
  }

  private void look(Mailbox mailbox, long now) {
    if (!mailbox.isAwaited()) {
      entered.remove(mailbox);
      mailbox.known.set(false);
      if (mailbox.isAwaited()) {
        enter(mailbox); // The wait has just begun, and may have read that its mailbox is known.
      }
    } else if (mailbox.untilNanos - now <= NEAR_NANOS) {
      mailbox.rouse();
    }
  }
}
