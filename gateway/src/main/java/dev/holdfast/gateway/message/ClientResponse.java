package dev.holdfast.gateway.message;

import dev.holdfast.core.spi.JournalEnd;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;

/** The response to one request of a client. Belongs to the event loop of its connection. */
public interface ClientResponse {
  /** The length of a body that ends with {@link #end}. */
  long UNKNOWN = -1;

  /** The length of a response without a body. */
  long NONE = -2;

  /** {@return the event loop of the connection} */
  EventLoop loop();

  /** {@return an empty buffer, which may not grow far; for {@link #body} or to be released} */
  ByteBuf allocate(int size);

  /** {@return whether the client reads fast enough for more} */
  boolean isWritable();

  /** Stops or resumes reading the request's body. */
  void reading(boolean on);

  /** {@return whether the head has been written} */
  boolean hasBegun();

  /**
   * Writes the head; the framing is the connection's business.
   *
   * @param length of the body, or {@link #UNKNOWN}, or {@link #NONE}
   */
  void head(int status, HttpHeaders headers, long length);

  /** Writes a piece of the body, which it releases; it leaves at the next {@link #flush}. */
  void body(ByteBuf bytes);

  /** Sends what was written. */
  void flush();

  /** Ends the body. */
  void end(HttpHeaders trailers);

  /** Closes the connection, so that the client sees that the body is not whole. */
  void abort();

  /** Writes a whole response of the gateway's own. Not after the head. */
  void refuse(Refusal refusal);

  /** {@return whether it is written to the journal, from where its clients read it} */
  default boolean isRecorded() {
    return false;
  }

  /** {@return whether a client reads it} Of the journal's alone; others report their client. */
  default boolean hasReaders() {
    return true;
  }

  /** Decides how the stream ends, before its last byte is written. */
  default void ending(JournalEnd how) {}

  /** Writes no end: another process continues the stream. */
  default void suspend() {}

  /** Nothing more is written. */
  default void over() {}

  /**
   * Calls this once what was written is stored, or cannot be; at once where nothing is stored. Not
   * if another process continues the stream.
   */
  default void whenStored(Stored action) {
    action.accept("");
  }

  /** Receives why what was written could not be stored, as a stable name; empty if it was. */
  interface Stored {
    void accept(String cause);
  }

  /** What the journal keeps of the request besides itself, before the head. */
  default void opening(byte[] stored) {}

  /**
   * Calls this once the client has shown that it has the whole response: it asks again on the same
   * connection, or ends that in order. Where it does not, this is never called.
   */
  default void whenReceived(Runnable action) {}

  /**
   * {@return whether the client's machine has acknowledged every byte that was written} Of any
   * thread. False where that cannot be known.
   */
  default boolean isAcknowledged() {
    return false;
  }
}
