package dev.holdfast.journal.log;

import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.file.JournalFile;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.PayloadCipher;
import dev.holdfast.journal.format.RecordHead;
import dev.holdfast.journal.format.SegmentHead;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/** One file of a shard. What changes is guarded by the shard's lock. */
final class Segment {
  final String path;
  final SegmentHead head;
  final JournalFile file;

  /** Null where nothing is encrypted, or no key was given. */
  final @Nullable PayloadCipher cipher;

  /** In the order of their first records. */
  List<Span> spans = new ArrayList<>();

  /** Where the records end: stored and visible. */
  long end = Layout.SEGMENT_HEAD;

  /** Up to where the file is known to be on the storage. */
  volatile long synced = Layout.SEGMENT_HEAD;

  /**
   * A sync failed: a later one that succeeds proves nothing about what was written before. Guarded
   * by {@code syncing}.
   */
  private boolean suspect;

  /** One sync at a time: of two, the system reports a failure to one. */
  private final ReentrantLock syncing = new ReentrantLock();

  /** The file's length, a footer included. */
  long length = Layout.SEGMENT_HEAD;

  boolean sealed;

  /** Spans of streams that can be read. */
  int live;

  long lastMillis;
  private final Map<StreamId, Span> latest = new HashMap<>();

  Segment(String path, SegmentHead head, JournalFile file, @Nullable PayloadCipher cipher) {
    this.path = path;
    this.head = head;
    this.file = file;
    this.cipher = cipher;
    lastMillis = head.millis();
  }

  /** Syncs the file, whose records reach to {@code position}. Waits for a sync under way. */
  void syncedTo(long position) throws IOException {
    syncing.lock();
    try {
      boolean before = suspect;
      suspect = true;
      file.sync();
      suspect = before;
      if (!before) {
        synced = Math.max(synced, position);
      }
    } finally {
      syncing.unlock();
    }
  }

  /** Syncs as {@link #syncedTo}, unless a sync has failed, after which none proves anything. */
  void syncIfTrusted(long position) throws IOException {
    syncing.lock();
    try {
      if (!suspect) {
        syncedTo(position);
      }
    } finally {
      syncing.unlock();
    }
  }

  /** Adds a record to the span of its stream, and returns the span. */
  Span add(RecordHead record, long position) {
    var span = latest.get(record.id());
    if (span == null || record.kind() == Layout.KIND_CREATE) {
      span = new Span(record.id());
      latest.put(record.id(), span);
      spans.add(span);
    }
    add(span, record, position);
    return span;
  }

  /** Adds a record to a span of this segment. */
  void add(Span span, RecordHead record, long position) {
    lastMillis = Math.max(lastMillis, record.millis());
    span.add(record, position);
  }

  /** Frees what only the footer, which is written, and the building of streams need. */
  void forgetSpans() {
    spans = List.of();
  }

  /** Nothing is added any more: frees what only adding needs. */
  void seal() {
    sealed = true;
    latest.clear();
  }
}
