package dev.holdfast.journal.log;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.RecordHead;
import java.util.Arrays;
import java.util.Optional;

/**
 * One stream within one segment: which entries are there, and a sparse index of their places.
 * Guarded by the shard's lock once it is shared. A footer holds the spans of its segment.
 */
final class Span {
  /** One record of the index for so many batches, or so many bytes. */
  private static final int BATCHES_PER_MARK = 64;

  private static final int BYTES_PER_MARK = 16 << 10;
  private static final long[] NONE = {};

  final StreamId id;
  boolean creates;
  boolean sliding;
  boolean deleted;

  /** Entries are missing within this segment; what follows them does not count. */
  boolean gap;

  long ttlMillis;
  long createPosition;
  long createdMillis;
  long changedMillis;
  int epoch;
  long first = -1;
  long next;

  /** Where the last batch is; zero for none. */
  long last;

  long bytes;
  Optional<JournalEnd.Kind> end = Optional.empty();
  long endPosition;

  /** Pairs: an epoch, and the sequence from which on entries have it. */
  long[] runs = NONE;

  /** Pairs: the sequence of a batch, and its position. */
  long[] marks = NONE;

  int runLength;
  int markLength;
  private int batchesSinceMark;
  private long bytesSinceMark;

  Span(StreamId id) {
    this.id = id;
  }

  /** Adds a record that is stored at {@code position}. */
  void add(RecordHead head, long position) {
    changedMillis = head.millis();
    switch (head.kind()) {
      case Layout.KIND_CREATE -> {
        creates = true;
        createPosition = position;
        createdMillis = head.millis();
        sliding = head.has(Layout.FLAG_SLIDING);
        ttlMillis = head.sequence();
        epoch = head.epoch();
      }
      case Layout.KIND_BATCH -> addBatch(head, position);
      case Layout.KIND_FENCE -> epoch = Math.max(epoch, head.epoch());
      case Layout.KIND_DELETE -> deleted = true;
      default -> {
        // A touch is its time only.
      }
    }
  }

  private void addBatch(RecordHead head, long position) {
    if (first < 0) {
      first = head.sequence();
      next = first;
    }
    if (gap || head.sequence() != next) {
      gap = true;
      return;
    }
    epoch = Math.max(epoch, head.epoch());
    if (head.count() > 0) {
      if (runLength == 0 || runs[runLength - 2] != head.epoch()) {
        runs = grown(runs, runLength);
        runs[runLength++] = head.epoch();
        runs[runLength++] = next;
      }
      mark(head, position);
      last = position;
      next += head.count();
    }
    bytes += head.length();
    if (head.end().isPresent()) {
      end = head.end();
      endPosition = position;
    }
  }

  private void mark(RecordHead head, long position) {
    batchesSinceMark++;
    bytesSinceMark += head.length();
    if (batchesSinceMark >= BATCHES_PER_MARK || bytesSinceMark >= BYTES_PER_MARK) {
      marks = grown(marks, markLength);
      marks[markLength++] = head.sequence();
      marks[markLength++] = position;
      batchesSinceMark = 0;
      bytesSinceMark = 0;
    }
  }

  private static long[] grown(long[] pairs, int length) {
    return length < pairs.length ? pairs : Arrays.copyOf(pairs, Math.max(2, length * 2));
  }

  /** {@return whether it has entries} */
  boolean hasEntries() {
    return last > 0;
  }

  /** {@return where a walk back to the batch with entry {@code sequence} begins} */
  long after(long sequence) {
    int low = 0;
    int high = markLength / 2;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (marks[middle * 2] > sequence) {
        high = middle;
      } else {
        low = middle + 1;
      }
    }
    return low * 2 < markLength ? marks[low * 2 + 1] : last;
  }

  /** {@return under which epoch the entry {@code sequence} was written} */
  int epochOf(long sequence) {
    for (int i = runLength - 2; i >= 0; i -= 2) {
      if (runs[i + 1] <= sequence) {
        return (int) runs[i];
      }
    }
    throw new IllegalStateException("sequence: must be in the span, was " + sequence);
  }
}
