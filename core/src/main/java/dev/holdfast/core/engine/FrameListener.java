package dev.holdfast.core.engine;

/**
 * Receives the places in an attempt's body up to which it has been read: for a driver that passes
 * the bytes on. Only attempts that read an answer from its start, as a stream, are reported.
 */
public interface FrameListener {
  /**
   * Whether the bytes up to a place may be passed on, while the answer is not known to be whole.
   */
  enum Hold {
    /** They may: the events in them were delivered. */
    NONE,

    /** They carry half a character, or a finish that a later frame may withdraw. */
    BRIEFLY,

    /**
     * They carry a finish, what follows a finish, or a tool call that is not delivered yet, or the
     * body ended in them.
     */
    TO_THE_END,

    /** They cannot be read, and were passed over. */
    SKIPPED
  }

  /**
   * A frame was read, or bytes between two frames.
   *
   * @param attempt whose body it is
   * @param actions how many actions of this signal come before; the events of the frame are among
   *     them
   * @param end how many bytes of the body are whole; never inside a frame
   */
  void read(int attempt, int actions, long end, Hold hold);
}
