package dev.holdfast.gateway.durable;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.StoredEntry;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The writers of a stream, as its stored appends show them. Entries with the state of all writers
 * are in between, so that the last few are enough.
 *
 * @param producers by their last appends
 * @param writerSequence the last {@code Stream-Seq}; null for none
 */
record WriterState(Producers producers, @Nullable String writerSequence) {
  private static final int PAGE_BYTES = 1 << 20;

  /** Epochs that are tried for the place from which the last entries are read. */
  private static final int MAX_EPOCHS = 256;

  /**
   * {@return the state} Reads from the storage, and waits for it.
   *
   * @throws IllegalStateException if the journal cannot read it
   */
  static WriterState read(Journal journal, JournalStream stream) {
    long tail = stream.tail().sequence();
    var entries = last(journal, stream, StreamLog.SNAPSHOT_EVERY + 1L);
    if (first(entries) < 0 && entries.size() < tail) {
      entries = last(journal, stream, Producers.MAX + 1L);
    }
    if (first(entries) < 0 && entries.size() < tail) {
      entries = last(journal, stream, tail);
    }
    var producers = new Producers();
    String writerSequence = null;
    for (var entry : entries.subList(Math.max(0, first(entries)), entries.size())) {
      writerSequence =
          AppendRecord.replay(entry.entry(), entry.millis(), producers, writerSequence);
    }
    var end = stream.end();
    if (end.isPresent() && end.get().kind() == JournalEnd.Kind.COMPLETE) {
      var closing = Producer.ofDetail(end.get().detail());
      if (closing != null) {
        producers.accepted(closing, stream.createdMillis());
      }
    }
    return new WriterState(producers, writerSequence);
  }

  /** {@return the index of the last entry with the state of all writers; -1 for none} */
  private static int first(List<StoredEntry> entries) {
    for (int i = entries.size() - 1; i >= 0; i--) {
      if (AppendRecord.hasSnapshot(entries.get(i).entry())) {
        return i;
      }
    }
    return -1;
  }

  private static List<StoredEntry> last(Journal journal, JournalStream stream, long count) {
    long from = stream.tail().sequence() - count;
    if (from > 0) {
      // Which epoch wrote the entry before is not known; few restarts are between.
      for (int epoch = stream.epoch(); epoch > stream.epoch() - MAX_EPOCHS && epoch > 0; epoch--) {
        var entries = from(journal, stream, new JournalOffset(epoch, from));
        if (entries != null) {
          return entries;
        }
      }
    }
    var entries = from(journal, stream, JournalOffset.START);
    if (entries == null) {
      throw new IllegalStateException("stream: must be readable from its beginning");
    }
    return entries;
  }

  /** {@return the entries after an offset; null if it is none of the stream} */
  private static @Nullable List<StoredEntry> from(
      Journal journal, JournalStream stream, JournalOffset after) {
    var heads = new ArrayList<StoredEntry>();
    var next = after;
    while (next.sequence() < stream.tail().sequence()) {
      switch (journal.read(stream.id(), next, PAGE_BYTES)) {
        case JournalRead.Page page -> {
          if (page.entries().isEmpty()) {
            throw new IllegalStateException("stream: must have its entries");
          }
          for (var entry : page.entries()) {
            heads.add(
                new StoredEntry(entry.offset(), entry.millis(), AppendRecord.head(entry.entry())));
          }
          next = page.next();
        }
        case JournalRead.Refused refused -> {
          return null;
        }
      }
    }
    return heads;
  }

  /** Brings empty producers to this state. */
  void into(Producers empty) {
    empty.addAll(producers);
  }
}
