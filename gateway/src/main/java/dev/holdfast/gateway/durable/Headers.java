package dev.holdfast.gateway.durable;

import io.netty.handler.codec.http.HttpHeaders;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** The headers of the protocol, in lower case, and what requests that write have in them. */
final class Headers {
  static final String NEXT_OFFSET = "stream-next-offset";
  static final String UP_TO_DATE = "stream-up-to-date";
  static final String CLOSED = "stream-closed";
  static final String CURSOR = "stream-cursor";
  static final String TTL = "stream-ttl";
  static final String EXPIRES_AT = "stream-expires-at";
  static final String SEQ = "stream-seq";
  static final String FORKED_FROM = "stream-forked-from";
  static final String FORK_OFFSET = "stream-fork-offset";
  static final String FORK_SUB_OFFSET = "stream-fork-sub-offset";
  static final String SSE_ENCODING = "stream-sse-data-encoding";
  static final String PRODUCER_ID = "producer-id";
  static final String PRODUCER_EPOCH = "producer-epoch";
  static final String PRODUCER_SEQ = "producer-seq";
  static final String PRODUCER_EXPECTED = "producer-expected-seq";
  static final String PRODUCER_RECEIVED = "producer-received-seq";

  /** Longest content type, {@code Stream-Seq} or time. */
  private static final int MAX_VALUE = 256;

  /** The last year of RFC 3339. */
  private static final int MAX_YEAR = 9_999;

  private static final Pattern TYPE = Pattern.compile("[\\w-]+/[\\w-].*");
  private static final Pattern COUNT = Pattern.compile("0|[1-9][0-9]{0,15}");
  private static final Pattern DIGITS = Pattern.compile("[0-9]{1,16}");
  private static final long MAX_INTEGER = (1L << 53) - 1;

  private Headers() {}

  /**
   * {@return what a request to create a stream asks for}
   *
   * @throws IllegalArgumentException "name: rule, was value"
   */
  static StreamSpec spec(HttpHeaders headers) {
    String type = text(headers, "content-type");
    String ttl = text(headers, TTL);
    String expires = text(headers, EXPIRES_AT);
    if (ttl != null && expires != null) {
      throw bad(TTL + ": must not come with " + EXPIRES_AT + ", was with it");
    }
    if (expires != null) {
      try {
        int year = OffsetDateTime.parse(expires).getYear();
        if (year < 1 || year > MAX_YEAR) {
          throw bad(EXPIRES_AT + ": must be in a year of four digits, was " + year);
        }
      } catch (DateTimeParseException e) {
        throw bad(EXPIRES_AT + ": must be a time of RFC 3339, was another text");
      }
    }
    String from = text(headers, FORKED_FROM, DurableExchange.MAX_PATH);
    String offset = text(headers, FORK_OFFSET);
    String sub = headers.get(FORK_SUB_OFFSET);
    if (from == null && (offset != null || sub != null)) {
      throw bad(FORKED_FROM + ": must come with the place of a fork, was missing");
    }
    var place = offset == null ? null : DurableOffset.parse(offset);
    if (offset != null && place == null) {
      throw bad(FORK_OFFSET + ": must be an offset, was another text");
    }
    boolean typed = type != null && TYPE.matcher(type).matches();
    return new StreamSpec(
        typed ? type : null,
        ttl == null ? -1 : count(TTL, ttl),
        expires,
        closes(headers),
        from,
        place,
        sub == null ? 0 : count(FORK_SUB_OFFSET, sub));
  }

  static boolean closes(HttpHeaders headers) {
    return "true".equals(headers.get(CLOSED));
  }

  /** {@return the value of a header; null if it is missing or empty} */
  static @Nullable String text(HttpHeaders headers, String name) {
    return text(headers, name, MAX_VALUE);
  }

  private static @Nullable String text(HttpHeaders headers, String name, int longest) {
    String value = headers.get(name);
    if (value != null && value.length() > longest) {
      throw bad(name + ": must have at most " + longest + " characters, had " + value.length());
    }
    return value == null || value.isBlank() ? null : value;
  }

  private static long count(String name, String value) {
    if (!COUNT.matcher(value).matches() || Long.parseLong(value) > MAX_INTEGER) {
      throw bad(
          name + ": must be a whole number without a sign or leading zeros, was another text");
    }
    return Long.parseLong(value);
  }

  /**
   * {@return the producer of an append; null if it has none}
   *
   * @throws IllegalArgumentException "name: rule, was value"
   */
  static @Nullable Producer producer(HttpHeaders headers) {
    String id = headers.get(PRODUCER_ID);
    String epoch = headers.get(PRODUCER_EPOCH);
    String sequence = headers.get(PRODUCER_SEQ);
    if (id == null && epoch == null && sequence == null) {
      return null;
    }
    if (id == null || epoch == null || sequence == null) {
      throw bad("producer-id: must come with epoch and sequence, was not");
    }
    if (id.isEmpty() || id.length() > Producer.MAX_ID) {
      throw bad("producer-id: must have 1 to 256 characters, had " + id.length());
    }
    return new Producer(id, integer(PRODUCER_EPOCH, epoch), integer(PRODUCER_SEQ, sequence));
  }

  private static long integer(String name, String value) {
    if (!DIGITS.matcher(value).matches() || Long.parseLong(value) > MAX_INTEGER) {
      throw bad(name + ": must be a whole number below 2^53, was another text");
    }
    return Long.parseLong(value);
  }

  private static IllegalArgumentException bad(String sentence) {
    return new IllegalArgumentException(sentence);
  }
}
