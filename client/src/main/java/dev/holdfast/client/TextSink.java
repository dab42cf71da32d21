package dev.holdfast.client;

import java.io.IOException;
import java.io.Reader;

/**
 * Where an answer's text goes as it is delivered, so that memory stays bounded. One sink serves one
 * stream. Calls come one at a time, though not always from the same thread.
 *
 * <p>A sink that throws ends its stream with the cause {@code journal-failed}: text that could not
 * be kept is not handed to the consumer either.
 */
public interface TextSink extends AutoCloseable {
  /**
   * Takes more text, before the consumer sees it.
   *
   * @throws IOException if it cannot be kept
   */
  void append(String text) throws IOException;

  /**
   * Ends the text; what was taken must now be where it lasts. Called once, however the stream
   * ended.
   *
   * @throws IOException if something cannot be kept
   */
  default void finish() throws IOException {}

  /**
   * {@return a reader of everything taken so far, from the start} Each call gives a reader of its
   * own. Called after {@link #finish}.
   *
   * @throws IOException if the text cannot be read, for example because the sink is closed and kept
   *     it only for as long as it was open
   */
  Reader reader() throws IOException;

  /** Releases what the sink holds. Must not block. Idempotent. Exceptions are ignored. */
  @Override
  void close();
}
