package dev.holdfast.testkit.proxy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;

/** Cuts a body into its events: to the blank line of SSE, or to the end of a line of NDJSON. */
final class EventSplitter {
  /** Takes whole events. */
  interface Sink {
    /** {@return whether more is wanted} */
    boolean take(byte[] event) throws IOException;
  }

  private final boolean lines;
  private final Sink sink;
  private final ByteArrayOutputStream event = new ByteArrayOutputStream();
  private boolean blank = true;

  /**
   * A splitter.
   *
   * @param lines whether each line is an event
   */
  EventSplitter(boolean lines, Sink sink) {
    this.lines = lines;
    this.sink = sink;
  }

  /** {@return whether more is wanted} */
  boolean take(byte[] piece, int length) throws IOException {
    for (int i = 0; i < length; i++) {
      event.write(piece[i]);
      if (piece[i] == '\n') {
        if ((blank || lines) && !flush()) {
          return false;
        }
        blank = true;
      } else if (piece[i] != '\r') {
        blank = false;
      }
    }
    return true;
  }

  /** Hands on what is left at the end of the body. */
  boolean flush() throws IOException {
    byte[] whole = event.toByteArray();
    event.reset();
    return whole.length == 0 || sink.take(whole);
  }
}
