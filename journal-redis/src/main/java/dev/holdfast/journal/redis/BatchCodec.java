package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.StoredEntry;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A batch as one entry of a Redis Stream. Its id is the sequence after the batch and the epoch; its
 * field {@code b} has the version 1, a time in milliseconds, and of each entry type, length and
 * payload. Integers are big-endian.
 */
final class BatchCodec {
  private static final byte VERSION = 1;
  private static final int HEAD_BYTES = 1 + Long.BYTES;
  private static final int ENTRY_BYTES = 1 + Integer.BYTES;

  private BatchCodec() {}

  static byte[] encode(long millis, List<JournalEntry> entries) {
    int size = HEAD_BYTES;
    for (JournalEntry entry : entries) {
      size += ENTRY_BYTES + entry.size();
    }
    var bytes = ByteBuffer.allocate(size);
    bytes.put(VERSION).putLong(millis);
    for (JournalEntry entry : entries) {
      bytes.put((byte) entry.type()).putInt(entry.size()).put(entry.payload());
    }
    return bytes.array();
  }

  /** {@return the entries of a batch; null if it is damaged} */
  static @Nullable List<StoredEntry> decode(byte[] id, byte[] batch) {
    String text = new String(id, StandardCharsets.US_ASCII);
    int dash = text.indexOf('-');
    var bytes = ByteBuffer.wrap(batch);
    try {
      long tail = Long.parseLong(text, 0, dash, 10);
      int epoch = Integer.parseInt(text, dash + 1, text.length(), 10);
      if (bytes.get() != VERSION) {
        return null;
      }
      long millis = bytes.getLong();
      var entries = new ArrayList<JournalEntry>();
      while (bytes.hasRemaining()) {
        int type = bytes.get() & 0xff;
        int length = bytes.getInt();
        if (length < 0 || length > bytes.remaining()) {
          return null;
        }
        entries.add(new JournalEntry(type, bytes.slice(bytes.position(), length)));
        bytes.position(bytes.position() + length);
      }
      return stored(entries, epoch, tail - entries.size(), millis);
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
      return null;
    }
  }

  /** {@return entries as readers receive them} */
  static List<StoredEntry> stored(List<JournalEntry> entries, int epoch, long before, long millis) {
    var stored = new ArrayList<StoredEntry>(entries.size());
    long sequence = before;
    for (JournalEntry entry : entries) {
      sequence++;
      stored.add(new StoredEntry(new JournalOffset(epoch, sequence), millis, entry));
    }
    return stored;
  }
}
