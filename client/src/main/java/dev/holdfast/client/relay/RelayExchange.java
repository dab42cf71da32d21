package dev.holdfast.client.relay;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.ResponseHead;
import java.io.IOException;

/**
 * One HTTP exchange of a host's client. {@link #head} and {@link #read} are called by one thread at
 * a time.
 */
public interface RelayExchange {
  /** Sends requests with the host's client, or one like it. */
  @FunctionalInterface
  interface Sender {
    /**
     * {@return the exchange} Returns at once: {@link RelayExchange#head} waits.
     *
     * @param request a continuation; the headers are those of the first request with the protocol's
     */
    RelayExchange send(Transport.Request request);
  }

  /**
   * {@return the response head, waiting for it}
   *
   * @throws IOException if the exchange failed or was aborted
   */
  ResponseHead head() throws IOException;

  /**
   * {@return how many bytes of the body were read, waiting for at least one; -1 at its end}
   *
   * @throws IOException if the connection broke or was aborted
   */
  int read(byte[] bytes, int offset, int length) throws IOException;

  /**
   * Closes the connection; the server notices within a second. Any thread; never blocks; wakes
   * {@link #head} and {@link #read}.
   */
  void abort();

  /**
   * Lets go of an exchange whose answer is whole: its connection may serve another request. Never
   * blocks.
   */
  default void release() {
    abort();
  }

  /** {@return whether the host itself gave the exchange up: then its answer is not continued} */
  default boolean isCancelled() {
    return false;
  }
}
