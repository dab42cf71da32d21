package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.stream.StreamEvent;
import java.util.function.Consumer;

/**
 * Reads the frames of one attempt. Not thread-safe. Never throws on input: what cannot be read
 * becomes a {@link StreamEvent.FrameRejected}.
 */
public interface DialectReader {
  /** Hands the events of one frame to {@code out}, in order. */
  void read(Frame frame, Consumer<? super StreamEvent> out);

  /** {@return what is proven so far} */
  Proof proof();

  /**
   * Says that the body has ended, hands on what was held back, and returns the final proof.
   *
   * <p>Under {@link CompletionPolicy#EOF} a clean end proves completion.
   */
  Proof end(Consumer<? super StreamEvent> out);
}
