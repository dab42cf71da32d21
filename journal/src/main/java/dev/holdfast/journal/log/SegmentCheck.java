package dev.holdfast.journal.log;

import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.RecordHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Reads every byte of a segment: checksums, authentication tags, the links from each batch to the
 * one before it, and whether the footer is the index of these records.
 */
final class SegmentCheck {
  private final Segment segment;
  private final Runnable counter;
  private final RecordSource source = new RecordSource(new RecentBytes(0));
  private final List<Damage> damages = new ArrayList<>();
  private final Map<StreamId, Long> lastBatch = new HashMap<>();

  SegmentCheck(Segment segment, Runnable counter) {
    this.segment = segment;
    this.counter = counter;
  }

  List<Damage> check() throws IOException {
    var head = segment.head;
    var rebuilt = new Segment(segment.path, head, segment.file, segment.cipher);
    var scan = new SegmentScan(segment.file, head.tag(), segment.end);
    for (var record = scan.next(); record != null; record = scan.next()) {
      counter.run();
      record(rebuilt, record, scan.position() - record.limit());
    }
    String fault = scan.fault();
    if (fault != null) {
      add(scan.position(), fault);
    } else {
      footer(rebuilt);
    }
    return damages;
  }

  private void record(Segment rebuilt, ByteBuffer record, long position) throws IOException {
    var head = SegmentScan.head(record);
    if (head.kind() < Layout.KIND_CREATE || head.kind() >= Layout.KIND_FOOTER) {
      add(position, "a record of the unknown kind " + head.kind());
      return;
    }
    if (head.kind() == Layout.KIND_COMMIT) {
      return;
    }
    rebuilt.add(head, position);
    if (head.kind() == Layout.KIND_CREATE) {
      lastBatch.remove(head.id());
    } else if (head.kind() == Layout.KIND_BATCH) {
      link(head, position);
    }
    try {
      if (head.kind() == Layout.KIND_BATCH && isReadable(head)) {
        source.batch(segment, position, record);
      } else if (isReadable(head)) {
        source.payload(segment, position, record);
      }
    } catch (DamagedException e) {
      add(position, "a payload that cannot be read");
    }
  }

  private boolean isReadable(RecordHead head) {
    return !head.has(Layout.FLAG_ENCRYPTED) || segment.cipher != null;
  }

  private void link(RecordHead head, long position) {
    long before = Objects.requireNonNullElse(lastBatch.get(head.id()), position);
    if (position - before != head.previous()) {
      add(position, "a link to another place than the batch before");
    }
    if (head.count() > 0) {
      lastBatch.put(head.id(), position);
    }
  }

  private void footer(Segment rebuilt) throws IOException {
    var found = ShardLoader.footer(segment.file, segment.head, segment.length);
    if (found == null) {
      return; // Read record by record, as every byte was here.
    }
    long millis = found.record().getLong(48);
    var expected = Footer.encode(rebuilt.spans, segment.head.tag(), found.position(), millis);
    if (!expected.equals(found.record().duplicate().rewind())) {
      add(found.position(), "a footer that is not the index of its records");
    }
  }

  private void add(long position, String what) {
    damages.add(new Damage(segment.path, position, what));
  }
}
