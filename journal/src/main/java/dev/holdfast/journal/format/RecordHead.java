package dev.holdfast.journal.format;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.util.Optional;

/**
 * The header of a record, without its checksum.
 *
 * @param length of the record, header included
 * @param place the segment's tag, exclusive-or the position of the record
 * @param kind a {@code KIND_} of {@link Layout}
 * @param flags {@code FLAG_}s of {@link Layout}, and the kind of an end
 * @param count the entries of a batch
 * @param epoch of the producer
 * @param previous bytes back to the stream's previous batch in this segment; zero for none
 * @param id the stream
 * @param sequence the entries before a batch or fence; of a created stream, its time to live in
 *     milliseconds
 * @param millis when it was written
 */
public record RecordHead(
    int length,
    int place,
    int kind,
    int flags,
    int count,
    int epoch,
    int previous,
    StreamId id,
    long sequence,
    long millis) {
  /** {@return the header at the buffer's position, unchecked} */
  public static RecordHead read(ByteBuffer in, int at) {
    return new RecordHead(
        in.getInt(at + 4),
        in.getInt(at + 8),
        in.get(at + 12) & 0xff,
        in.get(at + 13) & 0xff,
        in.getShort(at + 14) & 0xffff,
        in.getInt(at + 16),
        in.getInt(at + 20),
        new StreamId(in.getLong(at + 24), in.getLong(at + 32)),
        in.getLong(at + 40),
        in.getLong(at + 48));
  }

  /** Writes the header at {@code at}, with room for the checksum. */
  void write(ByteBuffer out, int at) {
    out.putInt(at + 4, length);
    out.putInt(at + 8, place);
    out.put(at + 12, (byte) kind);
    out.put(at + 13, (byte) flags);
    out.putShort(at + 14, (short) count);
    out.putInt(at + 16, epoch);
    out.putInt(at + 20, previous);
    out.putLong(at + 24, id.high());
    out.putLong(at + 32, id.low());
    out.putLong(at + 40, sequence);
    out.putLong(at + 48, millis);
  }

  /** {@return whether a bit of the flags is set} */
  public boolean has(int flag) {
    return (flags & flag) != 0;
  }

  /** {@return the kind of the end that a batch brings} */
  public Optional<JournalEnd.Kind> end() {
    return EndNumber.kind((flags >>> Layout.END_SHIFT) & 7);
  }
}
