package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.JournalEnd;
import java.util.Locale;

/** The headers of streams that are kept. */
public final class StreamHeaders {
  /** The stream of an answer. */
  public static final String ID = "holdfast-stream-id";

  /** The place after what is stored. */
  public static final String OFFSET = "holdfast-stream-offset";

  /** How the stream ended, or {@code open}. */
  public static final String END = "holdfast-stream-end";

  /** In a request: whether events have ids, {@code on} or {@code off}. */
  public static final String IDS = "holdfast-event-ids";

  private StreamHeaders() {}

  /** {@return the name of an end, for example {@code truncated}} */
  public static String name(JournalEnd.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
