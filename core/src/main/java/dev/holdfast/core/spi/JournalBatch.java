package dev.holdfast.core.spi;

import dev.holdfast.core.stream.Check;
import java.util.List;
import java.util.Optional;

/**
 * What is appended at once: stored as a whole, or not at all, also over a crash.
 *
 * @param epoch of the producer; refused unless it is the stream's
 * @param expected how many entries the stream must have, or {@link #ANYWHERE}
 * @param entries in order; may be empty if there is an end
 * @param end ends the stream after the entries
 */
public record JournalBatch(
    int epoch, long expected, List<JournalEntry> entries, Optional<JournalEnd> end) {
  /** Appends wherever the stream is, for a stop that does not know how far the producer got. */
  public static final long ANYWHERE = -1;

  /** The largest number of entries. */
  public static final int MAX_ENTRIES = 65_535;

  /** Checks that the batch holds something. */
  public JournalBatch {
    entries = List.copyOf(entries);
    Check.that(epoch > 0, "epoch", "must be at least 1", epoch);
    Check.that(expected >= ANYWHERE, "expected", "must be at least -1", expected);
    Check.that(entries.size() <= MAX_ENTRIES, "entries", "must be at most 65,535", entries.size());
    Check.that(
        !entries.isEmpty() || end.isPresent(), "entries", "must be there without an end", "none");
  }

  /** {@return a batch that does not end the stream} */
  public static JournalBatch of(int epoch, long expected, List<JournalEntry> entries) {
    return new JournalBatch(epoch, expected, entries, Optional.empty());
  }

  /** {@return a batch that only ends the stream, wherever it is} */
  public static JournalBatch ending(int epoch, JournalEnd end) {
    return new JournalBatch(epoch, ANYWHERE, List.of(), Optional.of(end));
  }

  /** {@return the bytes of all payloads} */
  public long size() {
    long size = 0;
    for (JournalEntry entry : entries) {
      size += entry.size();
    }
    return size;
  }
}
