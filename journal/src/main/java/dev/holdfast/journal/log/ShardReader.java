package dev.holdfast.journal.log;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.RecordHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Reads the streams of a shard. Thread-safe; no lock is held while it reads from the storage. */
final class ShardReader {
  private final ShardStreams streams;
  private final RecordSource source;

  ShardReader(ShardStreams streams, RecordSource source) {
    this.streams = streams;
    this.source = source;
  }

  /** Where a walk back begins, and what was stored at that moment. */
  private record Start(StreamState.Part part, long position, long stored) {}

  /** A batch on the way back. */
  private record Step(long position, RecordHead head, ByteBuffer record) {}

  Optional<JournalStream> find(StreamId id) {
    var state = streams.streams.get(id);
    if (state == null) {
      return Optional.empty();
    }
    try {
      var metadata = metadata(state);
      var end = Optional.ofNullable(end(state));
      streams.lock.lock();
      try {
        return state.isReadable(streams.now())
            ? Optional.of(
                new JournalStream(
                    id,
                    state.epoch,
                    state.tail(),
                    state.bytes,
                    state.createdMillis,
                    state.expiresMillis(),
                    end,
                    metadata))
            : Optional.empty();
      } finally {
        streams.lock.unlock();
      }
    } catch (IOException e) {
      return Optional.empty(); // Without its metadata it is not known whose it is.
    }
  }

  private ByteBuffer metadata(StreamState state) throws IOException {
    var part = createPart(state);
    if (part == null) {
      return state.metadata().orElseGet(() -> ByteBuffer.allocate(0));
    }
    long position = part.span().createPosition;
    var record = source.load(part.segment(), position, state.id);
    var read = source.payload(part.segment(), position, record);
    var copy = ByteBuffer.allocate(read.remaining()).put(read).flip();
    streams.lock.lock();
    try {
      state.metadata(copy);
    } finally {
      streams.lock.unlock();
    }
    return copy;
  }

  private StreamState.@Nullable Part createPart(StreamState state) {
    streams.lock.lock();
    try {
      return state.createPart;
    } finally {
      streams.lock.unlock();
    }
  }

  /** {@return how the stream ended; null while it is open} */
  @Nullable JournalEnd end(StreamState state) throws IOException {
    StreamState.Part part;
    streams.lock.lock();
    try {
      part = state.endPart;
      if (part == null) {
        return state.end;
      }
    } finally {
      streams.lock.unlock();
    }
    long position = part.span().endPosition;
    var batch =
        source.batch(part.segment(), position, source.load(part.segment(), position, state.id));
    streams.lock.lock();
    try {
      state.end = batch.end().orElse(state.end);
      state.endPart = null;
      return state.end;
    } finally {
      streams.lock.unlock();
    }
  }

  JournalRead read(StreamId id, JournalOffset after, int maxEntries, int maxBytes) {
    var state = streams.streams.get(id);
    return state == null
        ? new JournalRead.Refused(ShardStreams.unknown())
        : read(state, after, maxEntries, maxBytes);
  }

  JournalRead read(StreamState state, JournalOffset after, int maxEntries, int maxBytes) {
    Start start;
    streams.lock.lock();
    try {
      var refusal = refusalOf(state, after);
      if (refusal != null) {
        return new JournalRead.Refused(refusal);
      }
      start = start(state, after);
    } finally {
      streams.lock.unlock();
    }
    try {
      if (start == null) {
        return new JournalRead.Page(List.of(), after, true, Optional.ofNullable(end(state)));
      }
      return page(state, start, after, maxEntries, maxBytes);
    } catch (DamagedException e) {
      return refused(Reason.DAMAGED, String.valueOf(e.getMessage()));
    } catch (IOException e) {
      return state.dead
          ? new JournalRead.Refused(ShardStreams.unknown())
          : refused(Reason.STORAGE, "storage: must be readable, was not");
    }
  }

  /** {@return why nothing can be read from there; null if it can. Under the lock} */
  @Nullable JournalRefusal refusalOf(StreamState state, JournalOffset after) {
    if (streams.isClosed()) {
      return ShardStreams.closedNow();
    }
    if (!state.isReadable(streams.now())) {
      return ShardStreams.unknown();
    }
    return state.accepts(after)
        ? null
        : new JournalRefusal(
            Reason.WRONG_OFFSET,
            "offset: must be an offset of this stream, was epoch %d, sequence %d"
                .formatted(after.epoch(), after.sequence()));
  }

  private static @Nullable Start start(StreamState state, JournalOffset after) {
    if (after.sequence() == state.stored) {
      return null;
    }
    var part = state.partWith(after.sequence());
    return new Start(part, part.span().after(after.sequence()), state.stored);
  }

  private JournalRead page(
      StreamState state, Start start, JournalOffset after, int maxEntries, int maxBytes)
      throws IOException {
    var segment = start.part().segment();
    var entries = new ArrayList<StoredEntry>();
    long bytes = 0;
    for (Step step : walkBack(state, start, after.sequence())) {
      if (step.head().has(Layout.FLAG_OMITTED)) {
        return refused(Reason.NO_CONTENT, "content: must be kept by the journal, was not");
      }
      var batch = source.batch(segment, step.position(), step.record());
      long sequence = step.head().sequence();
      for (JournalEntry entry : batch.entries()) {
        sequence++;
        boolean wanted = sequence > after.sequence() && sequence <= start.stored();
        boolean full = !entries.isEmpty() && bytes + entry.size() > maxBytes;
        if (wanted && (full || entries.size() >= maxEntries)) {
          return new JournalRead.Page(entries, last(entries, after), false, Optional.empty());
        }
        if (wanted) {
          var offset = new JournalOffset(step.head().epoch(), sequence);
          entries.add(new StoredEntry(offset, step.head().millis(), entry));
          bytes += entry.size();
        }
      }
    }
    if (entries.isEmpty()) {
      throw RecordSource.damaged(
          segment, start.position(), "a batch without the entry that its index notes");
    }
    var next = last(entries, after);
    streams.lock.lock();
    try {
      if (next.sequence() < state.stored) {
        return new JournalRead.Page(entries, next, false, Optional.empty());
      }
    } finally {
      streams.lock.unlock();
    }
    var end = end(state);
    streams.lock.lock();
    try {
      // The end counts only if nothing was stored meanwhile.
      boolean tail = next.sequence() == state.stored;
      return new JournalRead.Page(
          entries, next, tail, tail ? Optional.ofNullable(end) : Optional.empty());
    } finally {
      streams.lock.unlock();
    }
  }

  private static JournalOffset last(List<StoredEntry> entries, JournalOffset after) {
    return entries.isEmpty() ? after : entries.getLast().offset();
  }

  /**
   * {@return the batches from the one with the next entry on, by the links from each to the one
   * before}
   */
  private Deque<Step> walkBack(StreamState state, Start start, long sequence) throws IOException {
    var segment = start.part().segment();
    var steps = new ArrayDeque<Step>();
    long position = start.position();
    while (true) {
      var record = source.load(segment, position, state.id);
      var head = RecordHead.read(record, 0);
      if (head.kind() != Layout.KIND_BATCH) {
        throw RecordSource.damaged(
            segment, position, "a record of another kind than its index notes");
      }
      steps.addFirst(new Step(position, head, record));
      if (head.sequence() <= sequence) {
        return steps;
      }
      if (head.previous() <= 0 || head.previous() > position) {
        throw RecordSource.damaged(segment, position, "a batch without the one before it");
      }
      position -= head.previous();
    }
  }

  /** {@return whether an entry follows that place} */
  boolean hasEntries(StreamState state, JournalOffset after) {
    streams.lock.lock();
    try {
      return after.sequence() < state.stored;
    } finally {
      streams.lock.unlock();
    }
  }

  private static JournalRead refused(Reason reason, String detail) {
    return new JournalRead.Refused(new JournalRefusal(reason, detail));
  }
}
