package dev.holdfast.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

final class FixedDelayTest {
  private static final Duration DELAY = Duration.ofMillis(20);

  private final FixedDelay later = new FixedDelay(DELAY);

  private void awaitEnd() {
    while (later.isRunning()) {
      Thread.onSpinWait();
    }
  }

  @Test
  void tasksRunInOrderAndNoneTooEarly() throws Exception {
    Queue<Integer> ran = new ConcurrentLinkedQueue<>();
    Queue<Long> waited = new ConcurrentLinkedQueue<>();
    var all = new CountDownLatch(100);
    for (int i = 0; i < 100; i++) {
      int number = i;
      long begun = System.nanoTime();
      later.execute(() -> {
        ran.add(number);
        waited.add(System.nanoTime() - begun);
        all.countDown();
      });
    }
    all.await();
    assertThat(List.copyOf(ran)).isSorted().hasSize(100);
    assertThat(waited).allMatch(nanos -> nanos >= DELAY.toNanos());
  }

  @Test
  void theThreadEndsAfterTheLastTaskAndBeginsAgain() throws Exception {
    for (int i = 0; i < 3; i++) {
      var ran = new CountDownLatch(1);
      later.execute(ran::countDown);
      ran.await();
      awaitEnd();
    }
  }

  @Test
  void aTaskThatThrowsHoldsUpNoOther() throws Exception {
    var ran = new CountDownLatch(1);
    later.execute(() -> {
      throw new IllegalStateException("a transport");
    });
    later.execute(ran::countDown);
    ran.await();
    awaitEnd();
  }
}
