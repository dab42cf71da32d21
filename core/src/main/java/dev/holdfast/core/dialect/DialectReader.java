package dev.holdfast.core.dialect;

import dev.holdfast.core.frame.Frame;
import dev.holdfast.core.stream.StreamEvent;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
   * Ends the body, hands on what was held back, and returns the final proof.
   *
   * <p>Under {@link CompletionPolicy#EOF} a clean end proves completion. In a body without proof, a
   * tool call that was never closed is reported as received ({@code {}}, half its arguments). It is
   * for diagnostics only; never execute it.
   */
  Proof end(Consumer<? super StreamEvent> out);

  /**
   * {@return whether text was read that has not been handed on: half a character, whose other half
   * comes with the next frame}
   */
  default boolean isHolding() {
    return false;
  }

  /**
   * {@return where the same generation can be resumed after what was read; null if the protocol has
   * no such place or it is unknown yet}
   */
  default @Nullable Cursor cursor() {
    return null;
  }

  /**
   * Announces that the body broke and that another one brings the rest of the same generation:
   * {@link #read} continues. Events that were read before may come again, and are skipped by their
   * numbers.
   */
  default void resumed() {}

  /** {@return how well a resumed body is proven to be the rest} */
  default Continuity continuity() {
    return new Continuity.Shown();
  }
}
