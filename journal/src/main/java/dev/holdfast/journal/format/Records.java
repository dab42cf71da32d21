package dev.holdfast.journal.format;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/** Writes and checks records, and reads their payloads. */
public final class Records {
  private Records() {}

  /** {@return the place field of a record: wrong in any other segment or position} */
  public static int place(int tag, long position) {
    return tag ^ (int) position;
  }

  /** Completes a record at {@code at}, whose payload reaches to the buffer's position. */
  public static void finish(ByteBuffer out, int at, RecordHead head) {
    head.write(out, at);
    out.putInt(at, checksum(out, at, head.length()));
  }

  /** {@return what encryption binds a payload to: bytes 8 to 56 of the header} */
  public static byte[] associated(RecordHead head) {
    var bytes = ByteBuffer.allocate(Layout.RECORD_HEAD);
    head.write(bytes, 0);
    return Arrays.copyOfRange(bytes.array(), 8, Layout.RECORD_HEAD);
  }

  /** {@return the CRC32C of a record at {@code at}, over all but its first four bytes} */
  static int checksum(ByteBuffer bytes, int at, int length) {
    var crc = new CRC32C();
    crc.update(bytes.slice(at + 4, length - 4));
    return (int) crc.getValue();
  }

  /**
   * {@return what is wrong with the record at {@code at}, of which all bytes up to the limit are
   * there; null if nothing is}
   */
  public static @Nullable String fault(ByteBuffer in, int at, int tag, long position) {
    int there = in.limit() - at;
    if (there < Layout.RECORD_HEAD) {
      return "a record of which only %d bytes are there".formatted(there);
    }
    int length = in.getInt(at + 4);
    if (length < Layout.RECORD_HEAD || length > Layout.MAX_RECORD) {
      return "a record with the impossible length %d".formatted(length);
    }
    if (length > there) {
      return "a record of %d bytes of which only %d are there".formatted(length, there);
    }
    if (checksum(in, at, length) != in.getInt(at)) {
      return "a record that does not match its checksum";
    }
    if (in.getInt(at + 8) != place(tag, position)) {
      return "a record that belongs to another place";
    }
    return null;
  }

  /** {@return the length of a batch's payload} */
  public static int sizeOf(List<JournalEntry> entries, @Nullable JournalEnd end, boolean omit) {
    int size = end == null ? 0 : 2 + end.detail().length() * 3;
    for (int i = 0; i < entries.size(); i++) {
      size += 5 + (omit ? 0 : entries.get(i).size());
    }
    return size;
  }

  /** Writes a batch's payload: type and length of each entry, its bytes, then the end's detail. */
  public static void putBatch(
      ByteBuffer out, List<JournalEntry> entries, @Nullable JournalEnd end, boolean omit) {
    for (int i = 0; i < entries.size(); i++) {
      var entry = entries.get(i);
      out.put((byte) entry.type());
      out.putInt(entry.size());
      if (!omit) {
        out.put(entry.payload());
      }
    }
    if (end != null) {
      byte[] detail = end.detail().getBytes(StandardCharsets.UTF_8);
      out.putShort((short) detail.length);
      out.put(detail);
    }
  }

  /** {@return the entries of a batch's payload, which {@code in} is moved past} */
  public static List<JournalEntry> entries(RecordHead head, ByteBuffer in) {
    var entries = new ArrayList<JournalEntry>(head.count());
    for (int i = 0; i < head.count(); i++) {
      int type = in.get() & 0xff;
      int length = in.getInt();
      if (head.has(Layout.FLAG_OMITTED)) {
        entries.add(new JournalEntry(type, ByteBuffer.allocate(0)));
      } else {
        entries.add(new JournalEntry(type, in.slice(in.position(), length)));
        in.position(in.position() + length);
      }
    }
    return entries;
  }

  /** {@return the end that a batch brings; {@code in} is after its entries} */
  public static Optional<JournalEnd> end(RecordHead head, ByteBuffer in) {
    return head.end()
        .map(kind -> {
          byte[] detail = new byte[in.getShort() & 0xffff];
          in.get(detail);
          return new JournalEnd(kind, new String(detail, StandardCharsets.UTF_8));
        });
  }
}
