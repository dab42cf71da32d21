package dev.holdfast.client;

import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import java.time.Duration;

/**
 * Receives one stream, one call at a time, on a virtual thread of its own. Blocking in a call holds
 * the provider back, nothing else.
 *
 * <p>{@link #onComplete} comes exactly once and last, at every end; nothing else is terminal. A
 * listener that throws cancels its stream and still gets {@link #onComplete}.
 */
public interface StreamListener {
  /** Every event, before the call below that is made for it. */
  default void onEvent(StreamEvent event) {}

  /** The provider accepted the request. */
  default void onStart(String responseId, String model) {}

  /** More text of choice 0. Never empty, never taken back. */
  void onToken(String text);

  /** More reasoning of choice 0. */
  default void onReasoning(String text) {}

  /** A whole tool call, of any choice. */
  default void onToolCall(ToolCall call) {}

  /** An attempt failed, or a frame could not be read. Not terminal. */
  default void onError(Failure failure) {}

  /** Another attempt comes: the {@code n}th in a row of {@code max}, after {@code delay}. */
  default void onRetry(int n, int max, Duration delay) {}

  /** From here on the text is another attempt's. */
  default void onSeam(Seam seam) {}

  /** The stream is over. */
  void onComplete(Outcome outcome);
}
