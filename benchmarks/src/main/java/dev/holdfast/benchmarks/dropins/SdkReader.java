package dev.holdfast.benchmarks.dropins;

/** An SDK that reads one answer after another. Thread-safe. */
interface SdkReader extends AutoCloseable {
  /**
   * {@return how many content events an answer had}
   *
   * @throws Exception if the SDK reports that the answer broke
   */
  long read() throws Exception;

  @Override
  default void close() {}
}
