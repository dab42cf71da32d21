package dev.holdfast.gateway.journal;

import dev.holdfast.core.spi.JournalEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/** The entries of a recording that are not stored yet, in order. */
final class PendingEntries {
  private static final int MOST_ENTRIES = 4_096;

  private final ArrayDeque<JournalEntry> waiting = new ArrayDeque<>();
  private long bytes;

  void add(JournalEntry entry) {
    waiting.add(entry);
    bytes += entry.size();
  }

  /** {@return the payloads of what waits and of what is being stored} */
  long bytes() {
    return bytes;
  }

  /** {@return whether nothing waits; something may be being stored} */
  boolean isEmpty() {
    return waiting.isEmpty();
  }

  /**
   * {@return the next batch, at least one entry if any waits}
   *
   * @param most bytes of payloads
   */
  List<JournalEntry> next(int most) {
    if (waiting.size() == 1) {
      return List.of(waiting.remove()); // As a rule.
    }
    var batch = new ArrayList<JournalEntry>();
    long size = 0;
    while (!waiting.isEmpty()
        && batch.size() < MOST_ENTRIES
        && (batch.isEmpty() || size + waiting.element().size() <= most)) {
      size += waiting.element().size();
      batch.add(waiting.remove());
    }
    return batch;
  }

  /** A batch is stored. */
  void stored(List<JournalEntry> batch) {
    for (JournalEntry entry : batch) {
      bytes -= entry.size();
    }
  }

  /** A batch could not be stored for now: it is the next one again. */
  void again(List<JournalEntry> batch) {
    for (JournalEntry entry : batch.reversed()) {
      waiting.addFirst(entry);
    }
  }

  void clear() {
    waiting.clear();
    bytes = 0;
  }
}
