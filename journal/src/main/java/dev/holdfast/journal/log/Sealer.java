package dev.holdfast.journal.log;

import java.io.IOException;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Writes the footers of segments to which nothing is added any more, beside the commits: a footer
 * takes as long as several of them. Nothing depends on it but the time of the next start. All
 * records of such a segment are on the storage, and its successor notes where they end.
 * Thread-safe.
 */
final class Sealer {
  /** A segment, and when its last record was written. */
  private record Full(Segment segment, long millis) {}

  private final LogSettings settings;

  /** Of the shard's streams. */
  private final ReentrantLock lock;

  private final ConcurrentLinkedQueue<Full> full = new ConcurrentLinkedQueue<>();
  private final ReentrantLock sealing = new ReentrantLock();

  Sealer(LogSettings settings, ReentrantLock lock) {
    this.settings = settings;
    this.lock = lock;
  }

  /** Notes a segment whose records are on the storage. {@link #wake} follows. */
  void add(Segment segment, long millis) {
    full.add(new Full(segment, millis));
  }

  /** Has the footers written, on another thread where there is one. */
  void wake() {
    if (full.isEmpty()) {
      return;
    }
    try {
      settings.readers().execute(this::run);
    } catch (RejectedExecutionException e) {
      run(); // The journal closes.
    }
  }

  /** Writes the footers that are missing, and waits for those under way. */
  void run() {
    sealing.lock();
    try {
      for (var next = full.poll(); next != null; next = full.poll()) {
        var segment = next.segment();
        try {
          write(segment, next.millis());
        } catch (IOException e) {
          truncateQuietly(segment); // It is read record by record at the next start.
        }
        settings.bytes().addAndGet(segment.length - segment.end);
        lock.lock();
        try {
          segment.seal();
          segment.forgetSpans();
        } finally {
          lock.unlock();
        }
      }
    } finally {
      sealing.unlock();
    }
  }

  private static void truncateQuietly(Segment segment) {
    try {
      segment.file.truncate(segment.end);
    } catch (IOException e) {
      // Its successor notes where it ends.
    }
  }

  /** Writes the footer of a segment to which nothing is added any more. */
  static void write(Segment segment, long millis) throws IOException {
    var footer = Footer.encode(segment.spans, segment.head.tag(), segment.end, millis);
    long length = segment.end + footer.remaining();
    if (segment.synced < segment.end) {
      // A footer on the storage vouches for all records before it.
      segment.syncedTo(segment.end);
    }
    segment.file.write(footer, segment.end);
    segment.syncedTo(segment.end);
    segment.length = length;
  }
}
