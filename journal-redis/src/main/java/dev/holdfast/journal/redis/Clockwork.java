package dev.holdfast.journal.redis;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;

/** The time of one process, and what it does later. A simulation has its own. Thread-safe. */
interface Clockwork {
  /** {@return nanoseconds since any moment} */
  long nanoTime();

  /** Runs an action later, unless this has been closed by then. */
  void later(Duration delay, Runnable action);

  /** Runs an action again and again, until this is closed. */
  void every(Duration period, Runnable action);

  /** Waits until a number is zero, at most so long. Its change to zero notifies its monitor. */
  void awaitZero(AtomicInteger number, Duration most);

  /** Runs nothing more. */
  void close();
}
