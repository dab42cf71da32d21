package dev.holdfast.journal.log;

import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.format.EndNumber;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.PayloadCipher;
import dev.holdfast.journal.format.RecordHead;
import dev.holdfast.journal.format.Records;
import java.nio.ByteBuffer;
import java.util.List;

/** Turns operations into the bytes of one commit. Its buffer is used again. */
final class RecordEncoder {
  private static final int FIRST = 64 << 10;
  private static final int KEPT = 16 << 20;
  private static final int COMMIT = Layout.RECORD_HEAD + 8;
  private static final StreamId NO_STREAM = new StreamId(0, 0);

  private final boolean content;
  private ByteBuffer out = ByteBuffer.allocateDirect(FIRST);
  private long commits;

  RecordEncoder(boolean content) {
    this.content = content;
  }

  /** {@return the bytes of a commit to be written at the end of {@code segment}} */
  ByteBuffer encode(List<Op> ops, Segment segment, long millis) {
    long room = COMMIT;
    for (Op op : ops) {
      room += op.room;
    }
    reserve(Math.toIntExact(room));
    commit(segment, millis);
    for (Op op : ops) {
      int at = out.position();
      op.position = segment.end + at;
      out.position(at + Layout.RECORD_HEAD);
      switch (op.kind) {
        case Layout.KIND_CREATE -> out.put(op.metadata());
        case Layout.KIND_BATCH -> Records.putBatch(out, op.entries, op.end, !content);
        default -> {
          // Its header is all.
        }
      }
      finish(op, at, segment, millis);
    }
    return out.flip();
  }

  private void finish(Op op, int at, Segment segment, long millis) {
    var stream = op.stream;
    int previous =
        op.kind == Layout.KIND_BATCH && stream.writtenSegment == segment.head.number()
            ? (int) (op.position - stream.writtenLast)
            : 0;
    int payload = out.position() - at - Layout.RECORD_HEAD;
    var cipher = payload == 0 ? null : segment.cipher;
    int flags =
        (cipher == null ? 0 : Layout.FLAG_ENCRYPTED)
            | (op.kind == Layout.KIND_BATCH && !content ? Layout.FLAG_OMITTED : 0)
            | (op.kind == Layout.KIND_CREATE && stream.sliding ? Layout.FLAG_SLIDING : 0)
            | (op.end == null ? 0 : EndNumber.of(op.end.kind()) << Layout.END_SHIFT);
    int length = Layout.RECORD_HEAD + payload + (cipher == null ? 0 : PayloadCipher.TAG);
    var head =
        new RecordHead(
            length,
            Records.place(segment.head.tag(), op.position),
            op.kind,
            flags,
            op.entries.size(),
            op.epoch,
            previous,
            stream.id,
            op.kind == Layout.KIND_CREATE ? stream.ttlMillis : op.sequence,
            millis);
    if (cipher != null) {
      encrypt(cipher, at, head, op.position);
    }
    Records.finish(out, at, head);
    op.head = head;
    if (op.kind == Layout.KIND_BATCH && !op.entries.isEmpty()) {
      stream.writtenLast = op.position;
      stream.writtenSegment = segment.head.number();
    }
  }

  private void encrypt(PayloadCipher cipher, int at, RecordHead head, long position) {
    int end = out.position();
    int from = at + Layout.RECORD_HEAD;
    byte[] sealed = cipher.encrypt(position, Records.associated(head), out.slice(from, end - from));
    out.position(from).put(sealed);
  }

  /** Notes how far the segment is on the storage, so that damage there is no torn tail. */
  private void commit(Segment segment, long millis) {
    int at = out.position();
    out.position(at + Layout.RECORD_HEAD).putLong(segment.synced);
    int place = Records.place(segment.head.tag(), segment.end + at);
    Records.finish(
        out,
        at,
        new RecordHead(
            COMMIT, place, Layout.KIND_COMMIT, 0, 0, 0, 0, NO_STREAM, ++commits, millis));
  }

  private void reserve(int room) {
    if (out.capacity() < room || (out.capacity() > KEPT && room <= KEPT)) {
      out = ByteBuffer.allocateDirect(Math.max(room, Math.min(KEPT, 2 * out.capacity())));
    }
    out.clear();
  }
}
