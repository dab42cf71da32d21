package dev.holdfast.testkit.transport;

import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;

/**
 * A second as a busy machine grants it: a hundred turns of ten milliseconds, after each of which a
 * virtual thread of this JVM must have run. So a machine that stood still for a while does not fail
 * a test. A transport that waits for a clock of its own does.
 */
public final class BusySecond {
  private static final int TURNS = 100;
  private static final int STILL_TURNS = 20;
  private static final Duration TURN = Duration.ofMillis(10);

  private BusySecond() {}

  /** {@return whether a latch opened within the second} */
  public static boolean isEnoughFor(CountDownLatch latch) throws InterruptedException {
    for (int turn = 0; turn < TURNS; turn++) {
      if (latch.await(TURN.toNanos(), TimeUnit.NANOSECONDS)) {
        return true;
      }
      Thread.ofVirtual().start(() -> {}).join();
    }
    return latch.getCount() == 0;
  }

  /** {@return a number once it has not changed for a fifth of such a second} */
  public static long settled(LongSupplier number) throws InterruptedException {
    var never = new CountDownLatch(1);
    long last = number.getAsLong();
    for (int still = 0; still < STILL_TURNS; still++) {
      boolean unused = never.await(TURN.toNanos(), TimeUnit.NANOSECONDS);
      Thread.ofVirtual().start(() -> {}).join();
      long now = number.getAsLong();
      if (now != last) {
        still = 0;
        last = now;
      }
    }
    return last;
  }
}
