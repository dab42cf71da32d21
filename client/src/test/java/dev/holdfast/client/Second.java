package dev.holdfast.client;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * A second as a busy machine grants it: a hundred turns of ten milliseconds, after each of which a
 * virtual thread of this JVM must have run. A machine that stood still for a while is so not taken
 * for a client that dawdled, and a client that waits for a clock of its own is still found out.
 */
final class Second {
  private static final int TURNS = 100;
  private static final Duration TURN = Duration.ofMillis(10);

  private Second() {}

  /** What is waited for. */
  interface Awaited {
    /** {@return whether it came within the time} */
    boolean within(Duration time) throws InterruptedException;
  }

  /** {@return whether a latch opened within the second} */
  static boolean isEnoughFor(CountDownLatch latch) throws InterruptedException {
    return isEnoughFor(time -> latch.await(time.toNanos(), TimeUnit.NANOSECONDS));
  }

  /** {@return whether it came within the second} */
  static boolean isEnoughFor(Awaited awaited) throws InterruptedException {
    for (int turn = 0; turn < TURNS; turn++) {
      if (awaited.within(TURN)) {
        return true;
      }
      Thread.ofVirtual().start(() -> {}).join();
    }
    return awaited.within(Duration.ZERO);
  }
}
