package dev.holdfast.gateway.durable;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * What a client asks for when it creates a stream.
 *
 * @param contentType null for the default, and in a fork for that of its source
 * @param ttlSeconds after the last use; -1 for none
 * @param expiresAt when it ends, as sent; null for never
 * @param closed whether it has no more appends
 * @param forkedFrom the path of the source; null if it is no fork
 * @param forkOffset where the fork begins; null for the source's tail
 * @param forkSubOffset values of JSON, or bytes, of the append after that place
 */
record StreamSpec(
    @Nullable String contentType,
    long ttlSeconds,
    @Nullable String expiresAt,
    boolean closed,
    @Nullable String forkedFrom,
    @Nullable DurableOffset forkOffset,
    long forkSubOffset) {
  static final String DEFAULT_TYPE = "application/octet-stream";

  /** {@return whether a stream of {@code there} is what this asks for} */
  boolean matches(StreamSpec there, String contentType, boolean closed) {
    boolean sameType =
        (this.contentType == null && forkedFrom != null)
            || essence(this.contentType == null ? DEFAULT_TYPE : this.contentType)
                .equals(essence(contentType));
    boolean sameLife =
        ttlSeconds == there.ttlSeconds
            && (expiresAt == null ? there.expiresAt == null : expiresAt.equals(there.expiresAt));
    boolean sameSource =
        (forkedFrom == null ? there.forkedFrom == null : forkedFrom.equals(there.forkedFrom))
            && (forkOffset == null || forkOffset.equals(there.forkOffset))
            && forkSubOffset == there.forkSubOffset;
    return sameType && sameLife && sameSource && this.closed == closed;
  }

  /** {@return a content type without parameters, in lower case} */
  static String essence(String contentType) {
    int end = contentType.indexOf(';');
    return (end < 0 ? contentType : contentType.substring(0, end)).strip().toLowerCase(Locale.ROOT);
  }

  static boolean isJson(String contentType) {
    return essence(contentType).equals("application/json");
  }

  /** {@return whether its bytes are sent as they are in server-sent events, else in base64} */
  static boolean isText(String contentType) {
    return essence(contentType).startsWith("text/") || isJson(contentType);
  }
}
