package dev.holdfast.client.journal;

/**
 * There is no such stream. An id that is malformed, was never given, belongs to another program or
 * has expired has this one exception, with one message.
 */
public final class UnknownStreamException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** The one message. */
  public UnknownStreamException() {
    super("stream id: must be of a stream in the journal that has not expired, was none");
  }
}
