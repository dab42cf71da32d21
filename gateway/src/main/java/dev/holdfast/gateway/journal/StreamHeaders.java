package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.JournalEnd;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.Locale;

/** The headers of streams that are kept. */
public final class StreamHeaders {
  /** The stream of an answer. */
  public static final String ID = "holdfast-stream-id";

  /** The place after what is stored. */
  public static final String OFFSET = "holdfast-stream-offset";

  /** How the stream ended, or {@code open}. */
  public static final String END = "holdfast-stream-end";

  /**
   * In a request: whether events have ids, {@code on} or {@code off}. A client that sends {@code
   * on} also reads the comment that names the end.
   */
  public static final String IDS = "holdfast-event-ids";

  private StreamHeaders() {}

  /** {@return whether a client reads the comment that names the end} */
  public static boolean readsTypedEnd(HttpHeaders request) {
    return request.get(IDS, "").equals("on");
  }

  /** {@return the name of an end, for example {@code truncated}} */
  public static String name(JournalEnd.Kind kind) {
    return kind.name().toLowerCase(Locale.ROOT);
  }
}
