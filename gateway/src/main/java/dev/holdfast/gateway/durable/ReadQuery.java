package dev.holdfast.gateway.durable;

import io.netty.handler.codec.http.QueryStringDecoder;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * From where a client reads, and how.
 *
 * @param from null for the tail
 * @param given the offset as it was sent; null if it was not
 * @param cursor as the client sends it; null for none
 */
record ReadQuery(
    @Nullable DurableOffset from, @Nullable String given, Live live, @Nullable String cursor) {
  /** 2024-10-09T00:00:00Z. */
  private static final long EPOCH_MILLIS = 1_728_432_000_000L;

  private static final long INTERVAL_SECONDS = 20;
  private static final int MAX_JITTER_SECONDS = 3_600;
  private static final int MAX_DIGITS = 15;

  /** How a client waits for what follows. */
  enum Live {
    NO,
    LONG_POLL,
    SSE
  }

  /**
   * {@return the query of a request}
   *
   * @param lastEventId what a browser sends when it reads on; null for none
   * @throws IllegalArgumentException "name: rule, was value"
   */
  static ReadQuery of(String query, @Nullable String lastEventId) {
    Map<String, List<String>> parameters;
    try {
      parameters = new QueryStringDecoder(query, false).parameters();
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException("query: must be encoded as RFC 3986 requires", e);
    }
    var offsets = parameters.getOrDefault("offset", List.of());
    if (offsets.size() > 1) {
      throw new IllegalArgumentException("offset: must be there once, was there again");
    }
    String given = offsets.isEmpty() ? null : offsets.getFirst();
    Live live =
        switch (parameters.getOrDefault("live", List.of("")).getFirst()) {
          case "long-poll" -> Live.LONG_POLL;
          case "sse" -> Live.SSE;
          default -> Live.NO;
        };
    if (live != Live.NO && given == null) {
      throw new IllegalArgumentException("offset: must be given for a live read, was missing");
    }
    String place =
        live == Live.SSE && lastEventId != null && !lastEventId.isEmpty() ? lastEventId : given;
    var from = place == null || place.equals("-1") ? DurableOffset.START : parse(place);
    return new ReadQuery(from, given, live, cursor(parameters));
  }

  private static @Nullable String cursor(Map<String, List<String>> parameters) {
    var cursors = parameters.get("cursor");
    return cursors == null ? null : cursors.getFirst();
  }

  private static @Nullable DurableOffset parse(String place) {
    if (place.equals("now")) {
      return null;
    }
    var offset = DurableOffset.parse(place);
    if (offset == null) {
      throw new IllegalArgumentException(
          "offset: must be -1, now or an offset of this stream, was another text");
    }
    return offset;
  }

  /**
   * {@return the cursor for a reply: a number of intervals, by which caches keep readers apart} It
   * is above the client's, so that no cache answers again. Source: the protocol, section 8.1.
   */
  static String nextCursor(@Nullable String ofClient, long nowMillis) {
    long now = (nowMillis - EPOCH_MILLIS) / (INTERVAL_SECONDS * 1_000);
    if (ofClient == null || !ofClient.matches("\\d{1," + MAX_DIGITS + "}")) {
      return Long.toString(now);
    }
    long before = Long.parseLong(ofClient);
    if (before < now) {
      return Long.toString(now);
    }
    long jitter = 1L + ThreadLocalRandom.current().nextInt(MAX_JITTER_SECONDS);
    return Long.toString(before + Math.max(1, Math.ceilDiv(jitter, INTERVAL_SECONDS)));
  }
}
