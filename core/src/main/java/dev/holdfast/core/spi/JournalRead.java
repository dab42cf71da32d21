package dev.holdfast.core.spi;

import java.util.List;
import java.util.Optional;

/** The answer to one read. */
public sealed interface JournalRead {
  /**
   * Entries in order, without a gap.
   *
   * @param entries what follows the offset; empty at the tail
   * @param next where the next read begins
   * @param atTail whether nothing is stored after {@code next} at this moment
   * @param end how the stream ended; only at the tail
   */
  record Page(
      List<StoredEntry> entries, JournalOffset next, boolean atTail, Optional<JournalEnd> end)
      implements JournalRead {}

  /**
   * Nothing was read.
   *
   * @param refusal why
   */
  record Refused(JournalRefusal refusal) implements JournalRead {}
}
