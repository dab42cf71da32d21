package dev.holdfast.blackbox.rotten.client;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Waits on the JDK's own thread for delays. */
public final class DelaysByTheJdk {
  private DelaysByTheJdk() {}

  /** Runs a task a second later. */
  public static void later(Runnable task) {
    CompletableFuture.delayedExecutor(1, TimeUnit.SECONDS).execute(task);
  }
}
