package dev.holdfast.langchain4j;

import dev.langchain4j.model.chat.response.StreamingHandle;
import org.jspecify.annotations.Nullable;

/** Cancels one stream, which may begin later. Thread-safe. */
final class StreamHandle implements StreamingHandle {
  private boolean cancelled;
  private @Nullable Runnable abort;

  /** The stream has begun. */
  void follow(Runnable aborting) {
    synchronized (this) {
      abort = aborting;
      if (!cancelled) {
        return;
      }
    }
    aborting.run();
  }

  @Override
  public void cancel() {
    Runnable aborting;
    synchronized (this) {
      cancelled = true;
      aborting = abort;
    }
    if (aborting != null) {
      aborting.run();
    }
  }

  @Override
  public synchronized boolean isCancelled() {
    return cancelled;
  }
}
