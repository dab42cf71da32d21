package dev.holdfast.gateway.durable;

import dev.holdfast.core.spi.JournalEntry;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One append as an entry of a journal: its head, then its bytes. Data and the state of its producer
 * are one entry, so that both are stored or neither is. {@code docs/durable-streams.md} draws it.
 *
 * @param producer null where the client sent none
 * @param writerSequence the client's {@code Stream-Seq}; null where it sent none
 * @param snapshot what is known of all producers before this append; null in most entries
 * @param data the bytes that readers receive
 */
record AppendRecord(
    @Nullable Producer producer,
    @Nullable String writerSequence,
    @Nullable Snapshot snapshot,
    ByteBuffer data) {
  /** The type of these entries. */
  static final int TYPE = 'D';

  private static final int HAS_PRODUCER = 1;
  private static final int HAS_SEQUENCE = 2;
  private static final int HAS_SNAPSHOT = 4;

  /** The bytes before a head: its length. */
  private static final int PREFIX = 4;

  /**
   * The state of a stream's writers, so that not every entry must be read to know it.
   *
   * @param writerSequence the last {@code Stream-Seq}; null for none
   */
  record Snapshot(Producers producers, @Nullable String writerSequence) {}

  JournalEntry toEntry() {
    var head = new ByteArrayOutputStream(64);
    try (var out = new DataOutputStream(head)) {
      out.writeByte(
          (producer == null ? 0 : HAS_PRODUCER)
              | (writerSequence == null ? 0 : HAS_SEQUENCE)
              | (snapshot == null ? 0 : HAS_SNAPSHOT));
      if (producer != null) {
        out.writeUTF(producer.id());
        out.writeLong(producer.epoch());
        out.writeLong(producer.sequence());
      }
      if (writerSequence != null) {
        out.writeUTF(writerSequence);
      }
      if (snapshot != null) {
        snapshot.producers.write(out);
        out.writeBoolean(snapshot.writerSequence != null);
        if (snapshot.writerSequence != null) {
          out.writeUTF(snapshot.writerSequence);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    var entry = ByteBuffer.allocate(PREFIX + head.size() + data.remaining());
    entry.putInt(head.size()).put(head.toByteArray()).put(data.duplicate()).flip();
    return new JournalEntry(TYPE, entry);
  }

  /** {@return the bytes of an append, without its head} */
  static ByteBuffer data(JournalEntry entry) {
    var payload = entry.payload();
    int length = payload.getInt(payload.position());
    return payload.position(payload.position() + PREFIX + length).slice();
  }

  /** {@return an entry with the head of this one, and without its bytes} */
  static JournalEntry head(JournalEntry entry) {
    var payload = entry.payload();
    byte[] head = new byte[PREFIX + payload.getInt(payload.position())];
    payload.get(head);
    return new JournalEntry(TYPE, ByteBuffer.wrap(head));
  }

  /** Brings {@code into} up to an entry, the older entries having been read before. */
  static @Nullable String replay(
      JournalEntry entry, long millis, Producers into, @Nullable String writerSequence) {
    var payload = entry.payload();
    byte[] head = new byte[payload.getInt()];
    payload.get(head);
    String last = writerSequence;
    try (var in = new DataInputStream(new ByteArrayInputStream(head))) {
      int flags = in.readByte();
      Producer producer =
          (flags & HAS_PRODUCER) == 0
              ? null
              : new Producer(in.readUTF(), in.readLong(), in.readLong());
      String own = (flags & HAS_SEQUENCE) == 0 ? null : in.readUTF();
      if ((flags & HAS_SNAPSHOT) != 0) {
        into.read(in);
        last = in.readBoolean() ? in.readUTF() : null;
      }
      if (producer != null) {
        into.accepted(producer, millis);
      }
      return own == null ? last : own;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@return whether an entry has the state of all writers} */
  static boolean hasSnapshot(JournalEntry entry) {
    var payload = entry.payload();
    return (payload.get(payload.position() + PREFIX) & HAS_SNAPSHOT) != 0;
  }
}
