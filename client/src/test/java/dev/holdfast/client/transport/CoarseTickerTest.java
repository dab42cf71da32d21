package dev.holdfast.client.transport;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.engine.Signal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.concurrent.Callable;
import java.util.concurrent.ForkJoinPool;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.Condition;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

final class CoarseTickerTest {
  private final CoarseTicker ticker = new CoarseTicker();

  /** The machine's time, by this ticker. */
  private final TimeSource time =
      new TimeSource() {
        @Override
        public long nanoTime() {
          return TimeSource.SYSTEM.nanoTime();
        }

        @Override
        public long epochMillis() {
          return TimeSource.SYSTEM.epochMillis();
        }

        @Override
        public void await(Condition changed, long nanos) throws InterruptedException {
          TimeSource.SYSTEM.await(changed, nanos);
        }

        @Override
        public void park(Mailbox mailbox, long nanos) throws InterruptedException {
          ticker.park(mailbox, nanos);
        }
      };

  private @Nullable Signal taken(Mailbox mailbox, Duration limit) throws InterruptedException {
    return mailbox.take(time.nanoTime() + limit.toNanos(), time);
  }

  /** {@return how long a wait without mail took} */
  private long waited(Mailbox mailbox, Duration limit) throws InterruptedException {
    long begun = System.nanoTime();
    assertThat(taken(mailbox, limit)).isNull();
    return System.nanoTime() - begun;
  }

  private static <T> FutureTask<T> started(Callable<T> task) {
    var future = new FutureTask<>(task);
    Thread.ofVirtual().start(future);
    return future;
  }

  private static void awaitReader(Mailbox mailbox) {
    while (!mailbox.isAwaited()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void noWaitEndsForeverAndNoneTooEarly() throws Exception {
    var mailbox = new Mailbox();
    for (int millis : new int[] {1, 250, 350, 450, 900}) {
      var limit = Duration.ofMillis(millis);
      assertThat(waited(mailbox, limit)).isGreaterThanOrEqualTo(limit.toNanos());
    }
  }

  @Test
  void manyWaitsShareTheThreadAndItEndsAfterTheLast() throws Exception {
    var waits = new ArrayList<FutureTask<Long>>();
    for (int i = 0; i < 200; i++) {
      int millis = 400 + i;
      waits.add(started(() -> waited(new Mailbox(), Duration.ofMillis(millis))));
    }
    for (var wait : waits) {
      assertThat(wait.get()).isGreaterThanOrEqualTo(Duration.ofMillis(400).toNanos());
    }
    while (ticker.isTicking()) {
      Thread.onSpinWait();
    }
    assertThat(waited(new Mailbox(), Duration.ofMillis(350))).isPositive(); // And begins again.
  }

  /** Waits that follow one another meet the moment at which the ticker forgets their mailbox. */
  @Test
  void aMailboxThatIsForgottenBetweenTwoWaitsIsKnownAgain() throws Exception {
    var waits = new ArrayList<FutureTask<Long>>();
    for (int i = 0; i < 100; i++) {
      int millis = 301 + i;
      waits.add(
          started(() -> {
            var mailbox = new Mailbox();
            long shortest = Long.MAX_VALUE;
            for (int wait = 0; wait < 5; wait++) {
              shortest = Math.min(shortest, waited(mailbox, Duration.ofMillis(millis)));
            }
            return shortest;
          }));
    }
    for (var wait : waits) {
      assertThat(wait.get()).isGreaterThanOrEqualTo(Duration.ofMillis(301).toNanos());
    }
  }

  @Test
  void mailEndsAWaitLongBeforeItsLimit() throws Exception {
    var mailbox = new Mailbox();
    for (int i = 0; i < 1000; i++) {
      var taken = started(() -> taken(mailbox, Duration.ofDays(1)));
      if (i % 2 == 0) {
        awaitReader(mailbox);
      }
      mailbox.put(new Signal.EndOfBody(i));
      assertThat(taken.get()).isEqualTo(new Signal.EndOfBody(i));
    }
  }

  @Test
  void mailComesInItsOrder() throws Exception {
    var mailbox = new Mailbox();
    int letters = 20_000;
    var last =
        started(() -> {
          for (int i = 0; i < letters; i++) {
            assertThat(taken(mailbox, Duration.ofDays(1))).isEqualTo(new Signal.EndOfBody(i));
          }
          return letters;
        });
    for (int i = 0; i < letters; i++) {
      mailbox.put(new Signal.EndOfBody(i));
    }
    assertThat(last.get()).isEqualTo(letters);
  }

  @Test
  void aStirredMailboxIsNotWaitedAtAnyMore() throws Exception {
    var mailbox = new Mailbox();
    var taken = started(() -> taken(mailbox, Duration.ofDays(1)));
    awaitReader(mailbox);
    mailbox.wake();
    assertThat(taken.get()).isNull();
    mailbox.put(new Signal.EndOfBody(1));
    assertThat(mailbox.take(Long.MAX_VALUE, time)).isNull();
  }

  @Test
  void anInterruptEndsAWait() throws Exception {
    var mailbox = new Mailbox();
    var interrupted = new FutureTask<>(() -> taken(mailbox, Duration.ofDays(1)));
    var thread = Thread.ofVirtual().start(interrupted);
    awaitReader(mailbox);
    thread.interrupt();
    assertThatThrownBy(interrupted::get).hasCauseInstanceOf(InterruptedException.class);
  }

  /** Else streams that are read by the common pool would wait for one another. */
  @Test
  void aForkJoinPoolRunsOthersWhileItsOnlyWorkerWaits() throws Exception {
    var mailbox = new Mailbox();
    try (var pool = new ForkJoinPool(1)) {
      var taken = pool.submit(() -> taken(mailbox, Duration.ofDays(1)));
      awaitReader(mailbox);
      assertThat(pool.submit(() -> 7).get()).isEqualTo(7);
      mailbox.put(new Signal.EndOfBody(1));
      assertThat(taken.get()).isEqualTo(new Signal.EndOfBody(1));
    }
  }

  @Test
  void aThreadThatWasInterruptedTakesNoMail() throws Exception {
    var mailbox = new Mailbox();
    mailbox.put(new Signal.EndOfBody(1));
    Thread.currentThread().interrupt();
    assertThatThrownBy(() -> taken(mailbox, Duration.ofDays(1)))
        .isInstanceOf(InterruptedException.class);
    assertThat(taken(mailbox, Duration.ofDays(1))).isEqualTo(new Signal.EndOfBody(1));
  }
}
