package dev.holdfast.core.spi;

import dev.holdfast.core.stream.Check;
import org.jspecify.annotations.Nullable;

/**
 * Receives the facts of streams: which there are, how they fare and how they end. Never their
 * content: no prompt, answer, key or provider's text passes this port.
 *
 * <p>The rule that every driver keeps: <b>an observer cannot harm a stream.</b> Exceptions are
 * caught, and a failing observer is dropped for that stream. An observer that {@linkplain
 * #neverBlocks never blocks} is called on the stream's own thread. Every other is called on a
 * thread of its own, through a bounded queue. What does not fit is dropped and counted, except
 * {@link Observation.Ended}, which always arrives. Thread-safe: streams begin and end on many
 * threads.
 */
public interface StreamObserver {
  /**
   * A stream begins.
   *
   * @param first the intended first target; {@link Observation.AttemptOpened} contains the actual
   *     one
   * @param nanos time on the stream's own clock; only differences mean something
   * @return the watch of this stream; null for none
   */
  @Nullable Watch begun(Target first, long nanos);

  /**
   * {@return whether every call, including watches, returns at once: no long-held lock, no I/O, no
   * waiting} An observer that promises it is called on the stream's thread, and a breach slows that
   * stream down.
   */
  default boolean neverBlocks() {
    return false;
  }

  /**
   * Where a request is sent.
   *
   * @param upstream the upstream's display name; empty if unknown
   * @param host its host; empty if unknown
   * @param port its port, or 0
   * @param dialect the id of the protocol it is asked in
   * @param model the model as requested there; empty if unknown. Untrusted text
   */
  record Target(String upstream, String host, int port, String dialect, String model) {
    /** Checks the port. */
    public Target {
      Check.that(port >= 0 && port <= 65535, "port", "must be 0 to 65535", port);
    }
  }

  /**
   * Receives the facts of one stream, one call at a time, though not always on the same thread. The
   * two calls for every piece of the body take only numbers; all else is rare.
   *
   * <p>{@code nanos} is the time on the stream's own clock and never goes back.
   */
  interface Watch {
    /**
     * Body bytes of an attempt arrived and were read.
     *
     * @param attempt its number, from 1
     * @param bytes how many
     * @param frames how many frames they completed
     */
    default void received(int attempt, int bytes, int frames, long nanos) {}

    /**
     * Content is about to be handed to the consumer: text, reasoning, a refusal or a tool call. The
     * content of one piece of the body is reported in one call, unless another event comes in
     * between. A fast server sends hundreds of events at a time.
     *
     * @param events how many content events, at least 1
     * @param characters their length together in UTF-16 units; may be 0 in fragments of tool calls
     */
    default void delivered(int events, long characters, long nanos) {}

    /** Anything else. {@link Observation.Ended} comes exactly once and last. */
    void observed(Observation observation, long nanos);
  }
}
