package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.StoredEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The answers to reads. */
final class Pages {
  private static final int FIRST_BATCH = 6;

  private Pages() {}

  /** {@return the entries of an answer after a place; null if one is damaged or missing} */
  static @Nullable List<StoredEntry> entries(Reply reply, JournalOffset after) {
    var entries = new ArrayList<StoredEntry>();
    long expected = after.sequence() + 1;
    for (int i = FIRST_BATCH; i + 1 < reply.size(); i += 2) {
      var batch = BatchCodec.decode(reply.bytes(i), reply.bytes(i + 1));
      if (batch == null) {
        return null;
      }
      for (StoredEntry entry : batch) {
        long sequence = entry.offset().sequence();
        if (sequence > expected) {
          return null;
        }
        if (sequence == expected) {
          entries.add(entry);
          expected++;
        }
      }
    }
    return entries;
  }

  /** {@return the answer as a page with so many bytes of payloads, or at least one entry} */
  static JournalRead page(Reply reply, JournalOffset after, int maxBytes) {
    if (!reply.is("PAGE")) {
      var reason = Reason.valueOf(reply.text(0));
      return new JournalRead.Refused(
          reason == Reason.UNKNOWN
              ? RedisContext.unknown()
              : new JournalRefusal(reason, "offset: must be of this stream as it is stored"));
    }
    var found = entries(reply, after);
    long tail = reply.number(2);
    if (found == null || (found.isEmpty() && after.sequence() < tail)) {
      return new JournalRead.Refused(
          new JournalRefusal(Reason.DAMAGED, "entries: must be whole, were not"));
    }
    var page = new ArrayList<StoredEntry>();
    long size = 0;
    for (StoredEntry entry : found) {
      size += entry.entry().size();
      if (!page.isEmpty() && size > maxBytes) {
        break;
      }
      page.add(entry);
    }
    var next = page.isEmpty() ? after : page.getLast().offset();
    boolean atTail = next.sequence() == tail;
    return new JournalRead.Page(page, next, atTail, atTail ? reply.end(3) : Optional.empty());
  }
}
