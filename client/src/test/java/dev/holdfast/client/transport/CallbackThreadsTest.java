package dev.holdfast.client.transport;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

final class CallbackThreadsTest {
  private final CallbackThreads threads = new CallbackThreads();

  @AfterEach
  void close() {
    threads.close();
  }

  /** One of the JDK's tasks. */
  private final class Reading implements Runnable {
    private final CallbackThreads.Body body;
    private final AtomicReference<@Nullable Thread> ranOn = new AtomicReference<>();
    private volatile CountDownLatch ran = new CountDownLatch(1);

    Reading(CallbackThreads.Body body) {
      this.body = body;
    }

    @Override
    public void run() {
      ranOn.set(Thread.currentThread());
      body.arrived();
      ran.countDown();
    }

    /** {@return whether it ran on the thread that submitted it} */
    boolean runsInPlace() throws InterruptedException {
      ran = new CountDownLatch(1);
      threads.execute(this);
      ran.await();
      return Thread.currentThread().equals(ranOn.get());
    }
  }

  @Test
  void aTaskThatBroughtBytesRunsInPlaceUntilItsExchangeEnds() throws Exception {
    var body = threads.body();
    var task = new Reading(body);
    assertThat(task.runsInPlace()).isFalse();
    assertThat(task.runsInPlace()).isTrue();
    assertThat(new Reading(threads.body()).runsInPlace()).isFalse();
    body.ended();
    assertThat(task.runsInPlace()).isFalse();
    assertThat(threads.inPlace()).isOne(); // That of the exchange which continues.
  }

  @Test
  void bytesThatComeAfterTheEndMakeNoTaskKnown() throws Exception {
    var body = threads.body();
    body.ended();
    var task = new Reading(body);
    assertThat(task.runsInPlace()).isFalse();
    assertThat(task.runsInPlace()).isFalse();
    assertThat(threads.inPlace()).isZero();
  }

  @Test
  void anExchangeKnowsThreeTasksAtMost() throws Exception {
    var body = threads.body();
    for (int i = 0; i < 10; i++) {
      assertThat(new Reading(body).runsInPlace()).isFalse();
    }
    assertThat(threads.inPlace()).isEqualTo(3);
  }
}
