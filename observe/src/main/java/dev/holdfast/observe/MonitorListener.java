package dev.holdfast.observe;

/**
 * Receives the state of streams, on a thread of its own and one call at a time. A listener that is
 * slower than its streams gets fewer calls, each with the stream as it is then; the last call
 * for a stream reports its end, and no other does. Its exceptions are caught.
 */
@FunctionalInterface
public interface MonitorListener {
  /** A stream has changed. */
  void updated(StreamMetrics stream);

  /**
   * The listener was so slow that changes were dropped.
   *
   * @param streams how many streams it will not receive again, unless they change again
   */
  default void missed(long streams) {}
}
