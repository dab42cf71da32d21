package dev.holdfast.testkit.journal;

import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StoredEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** One stream. Guarded by the lock of its journal. */
final class MemoryStream {
  final NewStream created;
  final long createdMillis;
  final List<StoredEntry> entries = new ArrayList<>();
  final List<MemoryFollow> followers = new CopyOnWriteArrayList<>();
  int epoch;
  long bytes;
  long usedMillis;
  @Nullable JournalEnd end;

  MemoryStream(NewStream created, long now) {
    this.created = created;
    createdMillis = now;
    usedMillis = now;
    epoch = created.epoch();
  }

  boolean isExpired(long now) {
    return expiresMillis() <= now;
  }

  private long expiresMillis() {
    return created.ttl().isZero()
        ? Long.MAX_VALUE
        : (created.sliding() ? usedMillis : createdMillis) + created.ttl().toMillis();
  }

  JournalOffset tail() {
    return entries.isEmpty() ? JournalOffset.START : entries.getLast().offset();
  }

  boolean accepts(JournalOffset offset) {
    return offset.sequence() == 0
        || (offset.sequence() <= entries.size()
            && entries.get((int) offset.sequence() - 1).offset().equals(offset));
  }

  JournalRead page(JournalOffset after, int maxBytes) {
    var page = new ArrayList<StoredEntry>();
    long size = 0;
    for (var stored : entries.subList((int) after.sequence(), entries.size())) {
      size += stored.entry().size();
      if (!page.isEmpty() && size > maxBytes) {
        break;
      }
      page.add(stored);
    }
    var next = page.isEmpty() ? after : page.getLast().offset();
    boolean atTail = next.sequence() == entries.size();
    return new JournalRead.Page(
        page, next, atTail, atTail ? Optional.ofNullable(end) : Optional.empty());
  }

  JournalStream head() {
    return new JournalStream(
        created.id(),
        epoch,
        tail(),
        bytes,
        createdMillis,
        expiresMillis(),
        Optional.ofNullable(end),
        created.metadata());
  }

  /** Lets the followers see what changed; not under the lock. */
  void wake() {
    followers.forEach(MemoryFollow::wake);
  }
}
