package dev.holdfast.client.transport;

import java.time.Clock;
import java.util.concurrent.locks.Condition;

/** Time and waiting for the driver; tests have their own. */
public interface TimeSource {
  /** {@return nanoseconds since some moment, never negative, never going back} */
  long nanoTime();

  /** {@return wall-clock time in milliseconds since 1970} */
  long epochMillis();

  /**
   * Waits until {@code changed} is signalled, {@code nanos} have passed, or for no reason.
   *
   * @param nanos how long at most; {@link Long#MAX_VALUE} for ever
   */
  void await(Condition changed, long nanos) throws InterruptedException;

  /**
   * Waits until the thread is unparked or interrupted, {@code nanos} have passed, or for no reason:
   * what a stream does for every event.
   *
   * @param mailbox where the calling thread waits
   * @param nanos how long at most; {@link Long#MAX_VALUE} for ever
   */
  void park(Mailbox mailbox, long nanos) throws InterruptedException;

  /** The machine's own time. */
  TimeSource SYSTEM =
      new TimeSource() {
        private final long origin = System.nanoTime();
        private final Clock clock = Clock.systemUTC();

        @Override
        public long nanoTime() {
          return System.nanoTime() - origin;
        }

        @Override
        public long epochMillis() {
          return clock.millis();
        }

        @Override
        @SuppressWarnings({"WaitNotInLoop", "AwaitReturnValueIgnored"}) // The caller loops.
        public void await(Condition changed, long nanos) throws InterruptedException {
          if (nanos == Long.MAX_VALUE) {
            changed.await();
          } else {
            long unused = changed.awaitNanos(nanos);
          }
        }

        @Override
        public void park(Mailbox mailbox, long nanos) throws InterruptedException {
          CoarseTicker.SHARED.park(mailbox, nanos);
        }
      };
}
