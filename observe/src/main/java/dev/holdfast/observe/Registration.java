package dev.holdfast.observe;

/** A listener that was added. Thread-safe. */
public interface Registration extends AutoCloseable {
  /** Removes the listener: no call begins afterwards. A second time has no effect. */
  @Override
  void close();
}
