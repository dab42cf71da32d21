package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.StoredEntry;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The newest entries that this process stored in one stream, for its readers in this process.
 * Guarded by the lock of the stream.
 */
final class Recent {
  private static final long MOST_BYTES = 64 << 10;

  private final AtomicLong memory;
  private final long mostMemory;
  private final ArrayDeque<StoredEntry> entries = new ArrayDeque<>();
  private JournalOffset start = JournalOffset.START;
  private JournalOffset tail = JournalOffset.START;
  private @Nullable JournalEnd end;
  private boolean known;
  private long bytes;

  /** {@code memory} counts the bytes of all streams. */
  Recent(AtomicLong memory, long mostMemory) {
    this.memory = memory;
    this.mostMemory = mostMemory;
  }

  /**
   * What follows a place.
   *
   * @param entries up to the tail
   * @param end of the stream, if it has one
   */
  record After(List<StoredEntry> entries, @Nullable JournalEnd end) {}

  /** Adds what was stored after a place. */
  void add(JournalOffset before, List<StoredEntry> stored, @Nullable JournalEnd end) {
    if (!known || !tail.equals(before)) {
      clear();
      start = before;
      tail = before;
      known = true;
    }
    for (StoredEntry entry : stored) {
      entries.add(entry);
      tail = entry.offset();
      count(entry.entry().size());
    }
    this.end = end;
    boolean crowded = memory.get() > mostMemory;
    while (!entries.isEmpty() && (crowded || bytes > MOST_BYTES)) {
      var oldest = entries.remove();
      start = oldest.offset();
      count(-oldest.entry().size());
    }
  }

  private void count(long size) {
    bytes += size;
    memory.addAndGet(size);
  }

  void clear() {
    count(-bytes);
    entries.clear();
    end = null;
    known = false;
  }

  /** {@return what follows a place; null if that is not known here} */
  @Nullable After after(JournalOffset place) {
    if (!known) {
      return null;
    }
    if (place.equals(tail)) {
      return new After(List.of(), end);
    }
    boolean found = place.equals(start);
    var after = new ArrayList<StoredEntry>();
    for (StoredEntry entry : entries) {
      if (found) {
        after.add(entry);
      }
      found |= entry.offset().equals(place);
    }
    return found && !after.isEmpty() ? new After(after, end) : null;
  }
}
