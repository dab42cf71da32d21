package dev.holdfast.core.spi;

/**
 * Why an operation was not done.
 *
 * @param reason in one word
 * @param detail the rule and the value; free of content
 */
public record JournalRefusal(Reason reason, String detail) {
  /** Which rule was broken, or what failed. */
  public enum Reason {
    /** No such stream: never created, deleted or expired. These are not distinguished. */
    UNKNOWN,
    /** The id is taken. */
    EXISTS,
    /** A higher epoch owns the stream. The producer must stop. */
    FENCED,
    /** The batch was meant for another sequence. */
    WRONG_SEQUENCE,
    /** The stream has ended. */
    ENDED,
    /** No entry is before that offset, or it was written under another epoch. */
    WRONG_OFFSET,
    /** Over a limit of {@link JournalLimits} that concerns one stream. */
    TOO_LARGE,
    /** No space: on the disk, or over a limit of {@link JournalLimits} of the whole journal. */
    FULL,
    /** Too much waits to be written; try again when a receipt arrived. */
    BUSY,
    /** The storage failed; the stream has been ended as failed. */
    STORAGE,
    /** What is stored does not match its checksum. */
    DAMAGED,
    /** The journal keeps no content. */
    NO_CONTENT,
    /** The journal is closed. */
    CLOSED
  }
}
