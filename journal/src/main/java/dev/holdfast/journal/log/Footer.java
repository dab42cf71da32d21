package dev.holdfast.journal.log;

import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.format.EndNumber;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.RecordHead;
import dev.holdfast.journal.format.Records;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * The last record of a sealed segment: its spans, then the record's length and four magic bytes, so
 * that it is found from the end of the file. It makes a journal quick to open.
 */
final class Footer {
  private static final int FIXED = 106;
  private static final int TRAILER = 8;
  private static final int CREATES = 1;
  private static final int SLIDING = 2;
  private static final int DELETED = 4;
  private static final int GAP = 8;

  private Footer() {}

  /** {@return the record for a segment that ends at {@code position}} */
  static ByteBuffer encode(List<Span> spans, int tag, long position, long millis) {
    int length = Layout.RECORD_HEAD + 4 + TRAILER;
    for (Span span : spans) {
      length = Math.addExact(length, FIXED + 8 * (span.runLength + span.markLength));
    }
    var out = ByteBuffer.allocate(length).position(Layout.RECORD_HEAD);
    out.putInt(spans.size());
    spans.forEach(span -> put(out, span));
    out.putInt(length).putInt(Layout.FOOTER_MAGIC);
    var none = new StreamId(0, 0);
    int place = Records.place(tag, position);
    Records.finish(
        out, 0, new RecordHead(length, place, Layout.KIND_FOOTER, 0, 0, 0, 0, none, 0, millis));
    return out.flip();
  }

  private static void put(ByteBuffer out, Span span) {
    int flags =
        (span.creates ? CREATES : 0)
            | (span.sliding ? SLIDING : 0)
            | (span.deleted ? DELETED : 0)
            | (span.gap ? GAP : 0);
    out.putLong(span.id.high()).putLong(span.id.low());
    out.put((byte) flags).put((byte) span.end.map(EndNumber::of).orElse(0).intValue());
    out.putInt(span.epoch).putLong(span.createPosition).putLong(span.ttlMillis);
    out.putLong(span.first).putLong(span.next).putLong(span.last).putLong(span.endPosition);
    out.putLong(span.createdMillis).putLong(span.changedMillis).putLong(span.bytes);
    out.putInt(span.runLength).putInt(span.markLength).putInt(0);
    for (int i = 0; i < span.runLength; i++) {
      out.putLong(span.runs[i]);
    }
    for (int i = 0; i < span.markLength; i++) {
      out.putLong(span.marks[i]);
    }
  }

  /** {@return the spans in a footer whose checksum is right} */
  static List<Span> decode(ByteBuffer record) {
    var in = record.duplicate().position(Layout.RECORD_HEAD);
    int size = in.getInt();
    var spans = new ArrayList<Span>(size);
    for (int i = 0; i < size; i++) {
      spans.add(span(in));
    }
    return spans;
  }

  private static Span span(ByteBuffer in) {
    var span = new Span(new StreamId(in.getLong(), in.getLong()));
    int flags = in.get();
    span.creates = (flags & CREATES) != 0;
    span.sliding = (flags & SLIDING) != 0;
    span.deleted = (flags & DELETED) != 0;
    span.gap = (flags & GAP) != 0;
    span.end = EndNumber.kind(in.get());
    span.epoch = in.getInt();
    span.createPosition = in.getLong();
    span.ttlMillis = in.getLong();
    span.first = in.getLong();
    span.next = in.getLong();
    span.last = in.getLong();
    span.endPosition = in.getLong();
    span.createdMillis = in.getLong();
    span.changedMillis = in.getLong();
    span.bytes = in.getLong();
    span.runLength = in.getInt();
    span.markLength = in.getInt();
    in.getInt();
    span.runs = longs(in, span.runLength);
    span.marks = longs(in, span.markLength);
    return span;
  }

  private static long[] longs(ByteBuffer in, int length) {
    long[] read = new long[length];
    for (int i = 0; i < length; i++) {
      read[i] = in.getLong();
    }
    return read;
  }
}
