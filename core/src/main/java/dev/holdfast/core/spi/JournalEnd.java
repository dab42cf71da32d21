package dev.holdfast.core.spi;

import dev.holdfast.core.stream.Check;

/**
 * How a stream ended. Readers receive it after the last entry, and never guess an end.
 *
 * @param kind in one word
 * @param detail for people and programs, such as the id of a cause; at most 1,000 characters
 */
public record JournalEnd(Kind kind, String detail) {
  /** The longest detail. */
  public static final int MAX_DETAIL = 1000;

  /** Checks the length of the detail. */
  public JournalEnd {
    Check.that(
        detail.length() <= MAX_DETAIL,
        "detail",
        "must have at most 1,000 characters",
        detail.length());
  }

  /** {@return an end without detail} */
  public static JournalEnd of(Kind kind) {
    return new JournalEnd(kind, "");
  }

  /** The kinds of an end, by their number in stored records. */
  public enum Kind {
    /** The producer proved that the stream is complete. */
    COMPLETE,
    /** A caller stopped it. */
    CANCELLED,
    /** It was cut; what is stored is a prefix. */
    TRUNCATED,
    /** The producer, the provider or the journal failed. */
    FAILED,
    /** Its time to live passed while it was read; only the journal sets this. */
    EXPIRED
  }
}
