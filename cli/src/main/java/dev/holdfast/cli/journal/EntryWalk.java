package dev.holdfast.cli.journal;

import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.JournalInspection;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads the entries of a stream page by page. */
final class EntryWalk {
  private static final int PAGE = 1 << 20;

  private EntryWalk() {}

  /** {@return why a walk over all entries stopped early; empty if it did not} */
  static Optional<JournalRefusal> walk(
      JournalInspection journal, StreamId id, JournalOffset after, Consumer<StoredEntry> entries) {
    var next = after;
    while (true) {
      switch (journal.read(id, next, PAGE)) {
        case JournalRead.Refused refused -> {
          return Optional.of(refused.refusal());
        }
        case JournalRead.Page page -> {
          page.entries().forEach(entries);
          next = page.next();
          if (page.atTail()) {
            return Optional.empty();
          }
        }
      }
    }
  }
}
