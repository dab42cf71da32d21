package dev.holdfast.testkit.judge;

import java.util.ArrayList;
import java.util.List;

/** A client's statements while it is judged. Thread-safe. */
public final class ClientOutput {
  /** No answer of the judge is near this long; a client may repeat itself without end. */
  private static final int MAX_TEXT = 1 << 20;

  private final StringBuilder text = new StringBuilder();
  private final List<String> tools = new ArrayList<>();
  private final Runnable onCancel;
  private boolean cancelled;
  private long peakBytes;

  ClientOutput(Runnable onCancel) {
    this.onCancel = onCancel;
  }

  /** More of the answer's text. */
  public synchronized void text(String piece) {
    int room = MAX_TEXT - text.length();
    text.append(piece, 0, Math.min(room, piece.length()));
  }

  /**
   * A tool call that the client would act upon now.
   *
   * @param json {@code {"name": .., "arguments": ..}}; arguments as an object or as its text
   */
  public synchronized void tool(String json) {
    tools.add(json);
  }

  /**
   * The client has cancelled, and keeps running: its process must not be what closes the
   * connection. Returns once the judge has seen enough.
   */
  public void cancelled() {
    synchronized (this) {
      cancelled = true;
    }
    onCancel.run();
  }

  /** The most memory the client's process took so far, in bytes. */
  public synchronized void memory(long bytes) {
    peakBytes = Math.max(peakBytes, bytes);
  }

  /** {@return the text so far, without line ends at its end} */
  synchronized String text() {
    return text.toString().stripTrailing();
  }

  synchronized List<String> tools() {
    return List.copyOf(tools);
  }

  synchronized boolean hasCancelled() {
    return cancelled;
  }

  /** {@return the most memory taken in bytes; 0 if unknown} */
  synchronized long peakBytes() {
    return peakBytes;
  }
}
