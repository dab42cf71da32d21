package dev.holdfast.journal.log;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.RecordHead;
import dev.holdfast.journal.format.Records;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.util.List;
import java.util.Optional;

/** Reads single records, from memory or from their file, and checks each. Thread-safe. */
final class RecordSource {
  private static final int GUESS = 4 << 10;

  private final RecentBytes recent;

  RecordSource(RecentBytes recent) {
    this.recent = recent;
  }

  /**
   * What a batch holds.
   *
   * @param entries in order
   * @param end that it brings
   */
  record Batch(List<JournalEntry> entries, Optional<JournalEnd> end) {}

  /**
   * {@return the record of this stream at that place}
   *
   * @throws DamagedException if it is not what was written
   */
  ByteBuffer load(Segment segment, long position, StreamId id) throws IOException {
    var bytes = recent.find(segment.head.number(), position);
    if (bytes == null) {
      bytes = read(segment, position, GUESS);
      if (bytes.limit() >= Layout.RECORD_HEAD
          && bytes.getInt(4) > bytes.limit()
          && bytes.getInt(4) <= Layout.MAX_RECORD) {
        bytes = read(segment, position, bytes.getInt(4));
      }
    }
    String fault = Records.fault(bytes, 0, segment.head.tag(), position);
    if (fault != null) {
      throw damaged(segment, position, fault);
    }
    var record = bytes.slice(0, bytes.getInt(4));
    if (!RecordHead.read(record, 0).id().equals(id)) {
      throw damaged(segment, position, "a record of another stream");
    }
    return record;
  }

  private static ByteBuffer read(Segment segment, long position, int length) throws IOException {
    var bytes = ByteBuffer.allocate(length);
    segment.file.read(bytes, position);
    return bytes.flip();
  }

  /** {@return the payload in clear} */
  ByteBuffer payload(Segment segment, long position, ByteBuffer record) throws IOException {
    var head = RecordHead.read(record, 0);
    var payload = record.slice(Layout.RECORD_HEAD, head.length() - Layout.RECORD_HEAD);
    if (!head.has(Layout.FLAG_ENCRYPTED)) {
      return payload;
    }
    if (segment.cipher == null) {
      throw damaged(segment, position, "an encrypted record, and no key was given");
    }
    try {
      byte[] clear = segment.cipher.decrypt(position, Records.associated(head), payload);
      return ByteBuffer.wrap(clear);
    } catch (GeneralSecurityException e) {
      throw damaged(segment, position, "a payload that does not match its authentication tag");
    }
  }

  /** {@return what a batch's record holds} */
  Batch batch(Segment segment, long position, ByteBuffer record) throws IOException {
    var head = RecordHead.read(record, 0);
    var payload = payload(segment, position, record);
    try {
      var entries = Records.entries(head, payload);
      return new Batch(entries, Records.end(head, payload));
    } catch (RuntimeException e) {
      throw damaged(segment, position, "a payload that cannot be read");
    }
  }

  static DamagedException damaged(Segment segment, long position, String what) {
    return new DamagedException(new Damage(segment.path, position, what));
  }
}
