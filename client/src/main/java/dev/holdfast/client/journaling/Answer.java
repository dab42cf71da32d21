package dev.holdfast.client.journaling;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Waits for what the journal reports of one operation. */
final class Answer implements Journal.Receipt {
  /** Longer than any disk needs that works; a stream does not wait for one that hangs. */
  private static final Duration LIMIT = Duration.ofSeconds(10);

  private static final long BUSY_NANOS = Duration.ofMillis(2).toNanos();

  private final CountDownLatch there = new CountDownLatch(1);
  private volatile @Nullable JournalRefusal refusal;

  private Answer() {}

  /**
   * {@return why an operation was not done; null if it is stored} Waits for it, at most ten
   * seconds, also where the thread is interrupted. A journal that is busy is asked again.
   */
  static @Nullable JournalRefusal to(Consumer<Journal.Receipt> operation) {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        var answer = new Answer();
        operation.accept(answer);
        long left = deadline - System.nanoTime();
        while (true) {
          try {
            if (!answer.there.await(left, TimeUnit.NANOSECONDS)) {
              return failed("no answer within 10 s");
            }
            break;
          } catch (InterruptedException e) {
            interrupted = true;
            left = deadline - System.nanoTime();
          }
        }
        var refused = answer.refusal;
        boolean busy = refused != null && refused.reason() == JournalRefusal.Reason.BUSY;
        if (!busy || System.nanoTime() - deadline >= 0) {
          return refused;
        }
        LockSupport.parkNanos(BUSY_NANOS);
        interrupted |= Thread.interrupted();
      }
    } catch (RuntimeException e) {
      // A journal of the caller's. Its message may quote what was written.
      return failed("it threw " + e.getClass().getSimpleName());
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static JournalRefusal failed(String detail) {
    return new JournalRefusal(JournalRefusal.Reason.STORAGE, detail);
  }

  @Override
  public void onStored(JournalOffset tail) {
    there.countDown();
  }

  @Override
  public void onRefused(JournalRefusal refusal) {
    this.refusal = refusal;
    there.countDown();
  }
}
