package dev.holdfast.observe;

/** A listener that was added. Thread-safe. */
public interface Registration extends AutoCloseable {
  /**
   * Removes the listener. Does not wait for it: a call that was on its way, at most one, may come
   * yet. A second time has no effect.
   */
  @Override
  void close();
}
