package dev.holdfast.journal.format;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The first 128 bytes of a segment.
 *
 * @param flags {@code FLAG_ENCRYPTED}, {@code FLAG_OMITTED}
 * @param number of the segment, from 1 on
 * @param tag random; part of every record's place
 * @param shard its number
 * @param millis when it was created
 * @param previous the number of the segment before it; zero for none
 * @param previousEnd where the records of that one end; what follows there does not count
 * @param salt random; 32 bytes, from which the key is derived
 * @param check eight bytes by which a wrong key is recognised
 */
@SuppressWarnings("ArrayRecordComponent") // Never compared.
public record SegmentHead(
    int flags,
    long number,
    int tag,
    int shard,
    long millis,
    long previous,
    long previousEnd,
    byte[] salt,
    long check) {
  private static final int CRC_AT = Layout.SEGMENT_HEAD - 4;

  /** {@return the header as bytes} */
  public ByteBuffer bytes() {
    var out = ByteBuffer.allocate(Layout.SEGMENT_HEAD);
    out.putLong(Layout.MAGIC).putInt(Layout.VERSION).putInt(flags).putLong(number).putInt(tag);
    out.putInt(shard).putLong(millis).putLong(previous).putLong(previousEnd).put(salt);
    out.putLong(check);
    return out.putInt(CRC_AT, crc(out)).rewind();
  }

  /** {@return what is wrong with these bytes; null if nothing is} */
  public static @Nullable String fault(ByteBuffer in) {
    if (in.limit() < Layout.SEGMENT_HEAD) {
      return "a header of which only %d of 128 bytes are there".formatted(in.limit());
    }
    if (crc(in) != in.getInt(CRC_AT)) {
      return in.getLong(0) == Layout.MAGIC
          ? "a header that does not match its checksum"
          : "no header of a journal's segment";
    }
    return in.getInt(8) == Layout.VERSION
        ? null
        : "version %d of the format, not %d".formatted(in.getInt(8), Layout.VERSION);
  }

  /** {@return the header that these bytes hold} */
  public static SegmentHead read(ByteBuffer in) {
    byte[] salt = new byte[32];
    in.get(56, salt);
    return new SegmentHead(
        in.getInt(12),
        in.getLong(16),
        in.getInt(24),
        in.getInt(28),
        in.getLong(32),
        in.getLong(40),
        in.getLong(48),
        salt,
        in.getLong(88));
  }

  /** {@return whether a bit of the flags is set} */
  public boolean has(int flag) {
    return (flags & flag) != 0;
  }

  private static int crc(ByteBuffer bytes) {
    var crc = new CRC32C();
    crc.update(bytes.slice(0, CRC_AT));
    return (int) crc.getValue();
  }
}
