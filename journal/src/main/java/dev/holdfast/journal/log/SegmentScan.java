package dev.holdfast.journal.log;

import dev.holdfast.journal.file.JournalFile;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.RecordHead;
import dev.holdfast.journal.format.Records;
import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/** Reads the records of one segment in order, from the first to the first that is not whole. */
final class SegmentScan {
  private static final int WINDOW = 1 << 20;

  private final JournalFile file;
  private final int tag;
  private final long size;
  private ByteBuffer window = ByteBuffer.allocate(0);
  private long windowAt;
  private long position = Layout.SEGMENT_HEAD;
  private @Nullable String fault;

  /** A scan of {@code file} up to {@code size}. */
  SegmentScan(JournalFile file, int tag, long size) {
    this.file = file;
    this.tag = tag;
    this.size = size;
  }

  /** Where the record begins that {@link #next} reads. */
  long position() {
    return position;
  }

  /** {@return what is wrong at the position; null if nothing is} */
  @Nullable String fault() {
    return fault;
  }

  /**
   * {@return the next record from position to limit, valid until the next call; null at the end}
   */
  @Nullable ByteBuffer next() throws IOException {
    if (position >= size || fault != null) {
      return null;
    }
    fill(Layout.RECORD_HEAD);
    int at = (int) (position - windowAt);
    if (window.limit() - at >= Layout.RECORD_HEAD) {
      int length = window.getInt(at + 4);
      if (length >= Layout.RECORD_HEAD
          && length <= Layout.MAX_RECORD
          && length <= size - position) {
        fill(length);
        at = (int) (position - windowAt);
      }
    }
    fault = Records.fault(window, at, tag, position);
    if (fault != null) {
      return null;
    }
    var record = window.slice(at, window.getInt(at + 4));
    position += record.limit();
    return record;
  }

  /** Makes {@code length} bytes at the position available, as far as the file has them. */
  private void fill(int length) throws IOException {
    long end = windowAt + window.limit();
    if (position + length <= end) {
      return;
    }
    int wanted = (int) Math.min(Math.max(length, WINDOW), size - position);
    if (window.capacity() < wanted) {
      window = ByteBuffer.allocate(wanted);
    }
    window.clear().limit(wanted);
    windowAt = position;
    file.read(window, position);
    window.flip();
  }

  /**
   * {@return whether the fault is damage rather than a torn tail: a later commit notes that the
   * bytes at the fault were on the storage before it was written}
   */
  boolean isDamage() throws IOException {
    for (long from = position; from < size; from += WINDOW - Layout.RECORD_HEAD - 8) {
      var bytes = ByteBuffer.allocate((int) Math.min(WINDOW, size - from));
      file.read(bytes, from);
      bytes.flip();
      for (int at = 0; at + Layout.RECORD_HEAD + 8 <= bytes.limit(); at++) {
        boolean commit =
            bytes.get(at + 12) == Layout.KIND_COMMIT
                && bytes.getInt(at + 8) == Records.place(tag, from + at)
                && Records.fault(bytes, at, tag, from + at) == null;
        if (commit && bytes.getLong(at + Layout.RECORD_HEAD) > position) {
          return true;
        }
      }
    }
    return false;
  }

  /** {@return the header of a record that {@link #next} returned} */
  static RecordHead head(ByteBuffer record) {
    return RecordHead.read(record, 0);
  }
}
