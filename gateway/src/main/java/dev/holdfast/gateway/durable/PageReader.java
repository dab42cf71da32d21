package dev.holdfast.gateway.durable;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.StoredEntry;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Reads one page of a stream, through the logs that its forks share. The journal calls it on one
 * thread at a time.
 */
final class PageReader implements Journal.Follower {
  /**
   * Appends in order.
   *
   * @param next after the last one; where the page begins if there is none
   * @param refusal why nothing was read; null if it was
   */
  record Page(List<Item> items, DurableOffset next, @Nullable Reply refusal) {
    long bytes() {
      long bytes = 0;
      for (var item : items) {
        bytes += item.data().remaining();
      }
      return bytes;
    }

    /** {@return what it takes in memory} */
    long memoryBytes() {
      return bytes() + (long) ITEM_BYTES * items.size();
    }
  }

  /** Appends of one page. */
  private static final int MAX_ITEMS = 1_000;

  /** What an append takes in memory besides its data. */
  private static final int ITEM_BYTES = 256;

  /** One append, and the place after it. */
  record Item(DurableOffset offset, ByteBuffer data) {}

  /** A part of one log: entries after {@code after} until {@code end}. */
  private record Part(StreamLog log, JournalOffset after, long end) {}

  private final Journal journal;
  private final int maxBytes;
  private final Consumer<? super Page> receiver;
  private final ArrayDeque<Part> parts = new ArrayDeque<>();
  private final List<Item> items = new ArrayList<>();
  private DurableOffset next;
  private long bytes;
  private @Nullable Part part;
  private boolean done;
  private Journal.@Nullable Subscription subscription;

  private PageReader(
      Journal journal, DurableOffset from, int maxBytes, Consumer<? super Page> receiver) {
    this.journal = journal;
    this.maxBytes = maxBytes;
    this.receiver = receiver;
    next = from;
  }

  /**
   * Reads the appends between two places, as many as fit; at least one if there is one.
   *
   * @param from a place of the stream, see {@link StreamLog#has}
   * @param receiver called once, on any thread
   */
  static void read(
      Journal journal,
      StreamLog log,
      DurableOffset from,
      DurableOffset to,
      int maxBytes,
      Consumer<? super Page> receiver) {
    var reader = new PageReader(journal, from, maxBytes, receiver);
    reader.plan(log, from, to.position());
    reader.follow();
  }

  private void plan(StreamLog last, DurableOffset from, long to) {
    StreamLog log = last;
    long end = to;
    while (log != null) {
      long base = log.base.position();
      if (end > base) {
        var after =
            from.position() <= base
                ? JournalOffset.START
                : new JournalOffset(from.epoch(), from.position() - base);
        if (after.sequence() < end - base) {
          parts.addFirst(new Part(log, after, end - base));
        }
      }
      end = Math.min(end, base);
      log = from.position() < base ? log.source : null;
    }
  }

  private void follow() {
    var current = parts.poll();
    part = current;
    if (current == null) {
      finish(null);
      return;
    }
    var following = journal.follow(current.log().id, current.after(), this);
    subscription = following;
    if (done) {
      following.cancel();
      return;
    }
    following.demand(current.end() - current.after().sequence());
  }

  private void finish(@Nullable Reply refusal) {
    if (!done) {
      done = true;
      if (subscription != null) {
        subscription.cancel();
      }
      receiver.accept(new Page(List.copyOf(items), next, refusal));
    }
  }

  @Override
  public void onEntry(StoredEntry entry) {
    var current = part;
    if (done || current == null) {
      return;
    }
    var data = AppendRecord.data(entry.entry());
    boolean full = items.size() >= MAX_ITEMS || bytes + data.remaining() > maxBytes;
    if (!items.isEmpty() && full) {
      finish(null);
      return;
    }
    bytes += data.remaining();
    next = current.log().after(entry.offset());
    items.add(new Item(next, data));
    if (entry.offset().sequence() >= current.end()) {
      var subscribed = subscription;
      if (subscribed != null) {
        subscribed.cancel();
      }
      follow();
    }
  }

  @Override
  public void onEnd(JournalEnd end) {
    var current = part;
    if (!done && current != null) {
      finish(Reply.unknown());
    }
  }

  @Override
  public void onRefused(JournalRefusal refusal) {
    finish(
        switch (refusal.reason()) {
          case WRONG_OFFSET ->
              Reply.refused(
                  400, "bad-offset", "offset: must be a place of this stream, was another one");
          default -> StreamLog.refused(refusal);
        });
  }
}
