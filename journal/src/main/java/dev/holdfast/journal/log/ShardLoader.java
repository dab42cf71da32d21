package dev.holdfast.journal.log;

import dev.holdfast.journal.file.JournalFile;
import dev.holdfast.journal.file.JournalFiles;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.PayloadCipher;
import dev.holdfast.journal.format.Records;
import dev.holdfast.journal.format.SegmentHead;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Reads the segments of a shard, and changes nothing. A sealed segment is known by its footer; the
 * records of another one are read one by one, up to where its successor notes that it ends. Without
 * a successor, the first record that is not whole is a torn tail: the end of the segment.
 */
public final class ShardLoader {
  private final JournalFiles files;
  private final String directory;
  private final byte @Nullable [] key;
  private final boolean writable;

  /** What is damaged; the journal must not be opened then. */
  final List<Damage> damages = new ArrayList<>();

  /** What was never reported as stored, and is dropped. */
  final List<Damage> torn = new ArrayList<>();

  /** Files that no segment refers to; remains of failed writes. */
  final List<String> strays = new ArrayList<>();

  final List<Segment> segments = new ArrayList<>();

  /** The highest number of any file. */
  long highest;

  ShardLoader(JournalFiles files, String directory, byte @Nullable [] key, boolean writable) {
    this.files = files;
    this.directory = directory;
    this.key = key == null ? null : key.clone();
    this.writable = writable;
  }

  /** A file whose header is right. */
  private record Candidate(String path, SegmentHead head, JournalFile file, long size) {}

  void load() throws IOException {
    var chain = chain(candidates());
    for (int i = 0; i < chain.size(); i++) {
      var next = i + 1 < chain.size() ? chain.get(i + 1).head() : null;
      segments.add(segment(chain.get(i), next));
    }
  }

  private Map<Long, Candidate> candidates() throws IOException {
    var candidates = new HashMap<Long, Candidate>();
    var names = files.list(directory).stream().filter(n -> SegmentNames.number(n).isPresent());
    for (String name : names.toList()) {
      long number = SegmentNames.number(name).orElseThrow();
      highest = Math.max(highest, number);
      String path = directory + "/" + name;
      var file = writable ? files.openToWrite(path) : files.open(path);
      var bytes = ByteBuffer.allocate(Layout.SEGMENT_HEAD);
      file.read(bytes, 0);
      String fault = SegmentHead.fault(bytes.flip());
      if (fault == null && SegmentHead.read(bytes).number() != number) {
        fault = "the header of segment " + SegmentHead.read(bytes).number();
      }
      if (fault == null) {
        candidates.put(number, new Candidate(path, SegmentHead.read(bytes), file, file.size()));
      } else {
        // Records follow a header only after it is on the storage.
        boolean begun = file.size() <= Layout.SEGMENT_HEAD;
        (begun ? torn : damages).add(new Damage(path, 0, fault));
        if (begun) {
          strays.add(path);
        }
        file.close();
      }
    }
    return candidates;
  }

  /** {@return the segments that refer to each other, from the oldest to the newest} */
  private List<Candidate> chain(Map<Long, Candidate> candidates) throws IOException {
    var chain = new ArrayList<Candidate>();
    var left = new ArrayList<>(candidates.keySet().stream().sorted().toList());
    var newest = left.isEmpty() ? null : candidates.get(left.getLast());
    while (newest != null) {
      chain.addFirst(newest);
      left.remove(newest.head().number());
      long previous = newest.head().previous();
      long oldest = left.isEmpty() ? Long.MAX_VALUE : left.getFirst();
      if (previous != 0 && !candidates.containsKey(previous) && oldest < previous) {
        damages.add(
            new Damage(SegmentNames.path(directory, previous), 0, "the segment is missing"));
        previous = left.stream().filter(n -> n < newest(chain)).max(Long::compare).orElse(0L);
      }
      newest = candidates.get(previous);
    }
    for (long number : left) {
      var stray = candidates.get(number);
      if (stray != null) {
        strays.add(stray.path());
        stray.file().close();
      }
    }
    return chain;
  }

  private static long newest(List<Candidate> chain) {
    return chain.getFirst().head().number();
  }

  private Segment segment(Candidate file, @Nullable SegmentHead next) throws IOException {
    var head = file.head();
    var segment = new Segment(file.path(), head, file.file(), cipher(file));
    segment.length = file.size();
    long known = next != null && next.previous() == head.number() ? next.previousEnd() : -1;
    var footer = footer(file);
    if (footer != null && (known < 0 || footer.position() == known)) {
      segment.spans = Footer.decode(footer.record());
      segment.end = footer.position();
      segment.lastMillis = footer.record().getLong(48);
      segment.seal();
    } else if (footer != null) {
      damages.add(
          new Damage(file.path(), footer.position(), "a footer where its successor notes none"));
    } else {
      scan(segment, known);
    }
    segment.synced = segment.end;
    return segment;
  }

  private @Nullable PayloadCipher cipher(Candidate file) {
    if (!file.head().has(Layout.FLAG_ENCRYPTED) || key == null) {
      return null;
    }
    var cipher = new PayloadCipher(key, file.head().salt());
    if (cipher.check() != file.head().check()) {
      damages.add(new Damage(file.path(), 88, "written with another key"));
    }
    return cipher;
  }

  /** A footer whose checksum is right, and where it is. */
  record Found(long position, ByteBuffer record) {}

  private static @Nullable Found footer(Candidate file) throws IOException {
    return footer(file.file(), file.head(), file.size());
  }

  static @Nullable Found footer(JournalFile file, SegmentHead head, long size) throws IOException {
    var trailer = ByteBuffer.allocate(8);
    if (size < Layout.SEGMENT_HEAD + Layout.RECORD_HEAD + 12
        || file.read(trailer, size - 8) < 8
        || trailer.getInt(4) != Layout.FOOTER_MAGIC) {
      return null;
    }
    int length = trailer.getInt(0);
    if (length < Layout.RECORD_HEAD + 12 || length > size - Layout.SEGMENT_HEAD) {
      return null;
    }
    long position = size - length;
    var record = ByteBuffer.allocate(length);
    file.read(record, position);
    record.flip();
    boolean right =
        Records.fault(record, 0, head.tag(), position) == null
            && record.getInt(4) == length
            && record.get(12) == Layout.KIND_FOOTER;
    return right ? new Found(position, record) : null;
  }

  /** Reads all records; {@code known} is where they end, or -1. */
  private void scan(Segment segment, long known) throws IOException {
    long size = known < 0 ? segment.length : known;
    var scan = new SegmentScan(segment.file, segment.head.tag(), size);
    segment.sealed = known >= 0;
    for (var record = scan.next(); record != null; record = scan.next()) {
      var head = SegmentScan.head(record);
      if (head.kind() == Layout.KIND_FOOTER) {
        break;
      }
      segment.end = scan.position();
      if (head.kind() != Layout.KIND_COMMIT) {
        segment.add(head, scan.position() - head.length());
      }
    }
    String fault = scan.fault();
    if (fault == null && known > segment.length) {
      fault = "the file ends, but its successor notes records up to byte " + known;
    }
    if (fault == null && known >= 0 && segment.end != known) {
      fault = "a footer where its successor notes records";
    }
    if (fault != null) {
      boolean damage = known >= 0 || scan.isDamage();
      (damage ? damages : torn).add(new Damage(segment.path, scan.position(), fault));
    } else if (segment.end < size) {
      torn.add(new Damage(segment.path, segment.end, "a footer without its last bytes"));
    }
  }
}
