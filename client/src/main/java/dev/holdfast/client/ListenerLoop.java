package dev.holdfast.client;

import dev.holdfast.core.stream.StreamEvent;

/** Reads a stream for a listener. */
record ListenerLoop(StreamDriver driver, StreamListener listener) implements Runnable {
  @Override
  public void run() {
    try {
      StreamEvent event = driver.next();
      while (event != null) {
        deliver(event);
        event = driver.next();
      }
    } catch (RuntimeException | Error e) {
      // Its class alone: the message may quote the answer.
      driver.cancel("the listener threw " + e.getClass().getName());
    }
    // An Error passes too: after any failure the listener still receives its end.
    Outcome outcome = driver.outcome();
    try {
      listener.onComplete(outcome);
    } finally {
      driver.release();
    }
  }

  private void deliver(StreamEvent event) {
    listener.onEvent(event);
    switch (event) {
      case StreamEvent.Started(var id, var model) -> listener.onStart(id, model);
      case StreamEvent.TextDelta(int choice, var text) when choice == 0 -> listener.onToken(text);
      case StreamEvent.ReasoningDelta(int choice, var text) when choice == 0 ->
          listener.onReasoning(text);
      case StreamEvent.ToolCallReady(var call) -> listener.onToolCall(call);
      case StreamEvent.FrameRejected(var failure) -> listener.onError(failure);
      case StreamEvent.AttemptFailed(int attempt, var failure) -> listener.onError(failure);
      case StreamEvent.Retrying(int retry, int max, var delay, var rung) ->
          listener.onRetry(retry, max, delay);
      case StreamEvent.SeamMarked(var seam) -> listener.onSeam(seam);
      default -> {} // onEvent has reported the rest.
    }
  }
}
