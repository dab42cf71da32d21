package dev.holdfast.core.spi;

import dev.holdfast.core.stream.Check;
import org.jspecify.annotations.Nullable;

/**
 * Is told about streams: which there are, how they fare and how they end. Never what they say: no
 * prompt, no answer, no key and nothing that a provider wrote passes this port.
 *
 * <p>The rule that every driver keeps: <b>a stream is not hurt by who watches it.</b> Whatever an
 * observer throws is caught, and it hears no more of that stream. An observer that {@linkplain
 * #neverBlocks never blocks} is called on the stream's own thread. Every other is called on a
 * thread of its own, behind a bounded queue; what does not fit is left out and counted, but for
 * {@link Observation.Ended}, which always comes. Thread-safe: streams begin and end on many
 * threads.
 */
public interface StreamObserver {
  /**
   * A stream begins.
   *
   * @param first whom it means to ask first; {@link Observation.AttemptOpened} tells who is asked
   * @param nanos time on the stream's own clock; only differences mean something
   * @return who is told the rest; null for nobody
   */
  @Nullable Watch begun(Target first, long nanos);

  /**
   * {@return whether every call, of the watches too, returns at once: no lock that is held for
   * long, no I/O, no waiting} Whoever promises it is called on the stream's thread, and a breach
   * slows that stream down.
   */
  default boolean neverBlocks() {
    return false;
  }

  /**
   * Whom a request goes to.
   *
   * @param upstream what people call the upstream; empty if unknown
   * @param host its host; empty if unknown
   * @param port its port, or 0
   * @param dialect the id of the protocol it is asked in
   * @param model the model as it is asked for there, which is the caller's or even a stranger's
   *     text; empty if unknown
   */
  record Target(String upstream, String host, int port, String dialect, String model) {
    /** Checks the port. */
    public Target {
      Check.that(port >= 0 && port <= 65535, "port", "must be 0 to 65535", port);
    }
  }

  /**
   * Is told about one stream, one call at a time, though not always by the same thread. The two
   * calls that come with every piece of the body take nothing but numbers; all else is rare.
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
     * Content is about to be handed to the consumer: text, reasoning, a refusal or a tool call.
     * What came in one piece of the body is told in one call, unless something else happened in
     * between: a server that writes fast brings hundreds of events at a time.
     *
     * @param events how many content events, at least 1
     * @param characters their length together in UTF-16 units; may be 0 in fragments of tool calls
     */
    default void delivered(int events, long characters, long nanos) {}

    /** Anything else. {@link Observation.Ended} comes exactly once and last. */
    void observed(Observation observation, long nanos);
  }
}
