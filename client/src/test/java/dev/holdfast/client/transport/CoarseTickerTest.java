package dev.holdfast.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.Test;

final class CoarseTickerTest {
  private final CoarseTicker ticker = new CoarseTicker();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Waits as the mailbox does, until its time has come. */
  private long waited(Duration limit) throws InterruptedException {
    long begun = System.nanoTime();
    lock.lock();
    try {
      for (long left = limit.toNanos(); left > 0; ) {
        ticker.await(lock, changed, left);
        left = limit.toNanos() - (System.nanoTime() - begun);
      }
    } finally {
      lock.unlock();
    }
    return System.nanoTime() - begun;
  }

  @Test
  void noWaitEndsForeverAndNoneTooEarly() throws Exception {
    for (int millis : new int[] {1, 250, 350, 450, 900}) {
      var limit = Duration.ofMillis(millis);
      assertThat(waited(limit)).isGreaterThanOrEqualTo(limit.toNanos());
    }
  }

  @Test
  void manyWaitsShareTheThreadAndItEndsAfterTheLast() throws Exception {
    var waits = new ArrayList<FutureTask<Long>>();
    for (int i = 0; i < 200; i++) {
      int millis = 400 + i;
      var task = new FutureTask<>(() -> waited(Duration.ofMillis(millis)));
      waits.add(task);
      Thread.ofVirtual().start(task);
    }
    for (var wait : waits) {
      assertThat(wait.get()).isGreaterThanOrEqualTo(Duration.ofMillis(400).toNanos());
    }
    while (ticker.isTicking()) {
      Thread.onSpinWait();
    }
    assertThat(waited(Duration.ofMillis(350))).isPositive(); // And begins again.
  }

  @Test
  void aSignalEndsAWaitLongBeforeItsLimit() throws Exception {
    var waiting = new CountDownLatch(1);
    var woken =
        new FutureTask<>(() -> {
          lock.lock();
          try {
            waiting.countDown();
            ticker.await(lock, changed, Duration.ofDays(1).toNanos());
            return true;
          } finally {
            lock.unlock();
          }
        });
    Thread.ofVirtual().start(woken);
    waiting.await();
    lock.lock();
    try {
      changed.signal();
    } finally {
      lock.unlock();
    }
    assertThat(woken.get()).isTrue();
  }

  @Test
  void anInterruptEndsAWait() throws Exception {
    var waiting = new CountDownLatch(1);
    var interrupted =
        new FutureTask<>(() -> {
          lock.lock();
          try {
            waiting.countDown();
            ticker.await(lock, changed, Duration.ofDays(1).toNanos());
            return false;
          } catch (InterruptedException e) {
            return true;
          } finally {
            lock.unlock();
          }
        });
    var thread = Thread.ofVirtual().start(interrupted);
    waiting.await();
    thread.interrupt();
    assertThat(interrupted.get()).isTrue();
  }
}
