package dev.holdfast.client.transport;

import java.time.Duration;

/**
 * Runs tasks later, each on a virtual thread that waits. The delayed executors of {@code
 * CompletableFuture} would do. But on JDK 25 they start a thread in the thread group of the caller,
 * and what owns that group waits for it: {@code mvn exec:java} for 15 s.
 */
public final class Later {
  private Later() {}

  /** Runs {@code task} on a thread of its own after {@code delay}. Returns at once. */
  public static void run(Duration delay, Runnable task) {
    Thread.ofVirtual()
        .start(() -> {
          try {
            Thread.sleep(delay);
          } catch (InterruptedException e) {
            // Nothing has this thread to interrupt it; were it so, early is better than never.
            Thread.currentThread().interrupt();
          }
          task.run();
        });
  }
}
