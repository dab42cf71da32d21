package dev.holdfast.observe;

/**
 * Receives the state of streams, on a thread of its own and one call at a time. A slow listener
 * gets fewer calls, each with the state at that time. The last call for a stream reports its end,
 * and no other does. Exceptions are caught.
 */
@FunctionalInterface
public interface MonitorListener {
  /** A stream has changed. */
  void updated(StreamMetrics stream);

  /**
   * The listener was so slow that changes were dropped.
   *
   * @param streams how many streams it receives no more, unless they change again
   */
  default void missed(long streams) {}
}
