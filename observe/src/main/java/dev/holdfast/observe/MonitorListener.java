package dev.holdfast.observe;

/**
 * Is told how streams stand, on a thread of its own and one call at a time. A listener that is
 * slower than its streams gets fewer calls, each with the stream as it stands then; the last call
 * for a stream tells its end, and no other does. Whatever it throws is caught.
 */
@FunctionalInterface
public interface MonitorListener {
  /** A stream has changed. */
  void updated(StreamMetrics stream);

  /**
   * The listener was so slow that changes were dropped.
   *
   * @param streams how many streams it will hear no more of, unless they change again
   */
  default void missed(long streams) {}
}
