package dev.holdfast.client.journaling;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Reads one stream from a place on: what is stored, what is appended, the end. At most {@value
 * #WINDOW} entries wait here.
 *
 * <p>Concurrency: one thread takes; {@link #close} may come from any. The lock guards what they
 * share with the journal's threads.
 */
public final class StreamReader {
  private static final int WINDOW = 64;

  /** What comes next. */
  public sealed interface Item {
    /** An event, which an entry holds. */
    record Event(StreamEvent event) implements Item {}

    /** The facts of the outcome; the end follows. */
    record Facts(StoredEnding ending) implements Item {}

    /** The end. */
    record End(JournalEnd end) implements Item {}

    /** Nothing more can be read, for that reason. */
    record Refused(JournalRefusal.Reason reason) implements Item {}

    /** An entry is not what the client writes. */
    record Damaged() implements Item {}

    /** The reader was closed. */
    record Closed() implements Item {}
  }

  private final StreamId id;
  private final Optional<JournalEnd> read;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final ArrayDeque<StoredEntry> entries = new ArrayDeque<>();
  private JournalOffset offset;
  private int taken;
  private boolean closed;

  /** What follows the entries; null while it is not known. */
  private @Nullable Item last;

  private Journal.@Nullable Subscription subscription;

  StreamReader(StreamId id, JournalOffset after, Optional<JournalEnd> read) {
    this.id = id;
    this.offset = after;
    this.read = read;
  }

  void follow(Journal journal) {
    var following = journal.follow(id, offset, new Inbox());
    boolean late;
    lock.lock();
    try {
      subscription = following;
      late = closed;
    } finally {
      lock.unlock();
    }
    if (late) {
      following.cancel();
    } else {
      following.demand(WINDOW);
    }
  }

  /** {@return the stream's id} */
  public String id() {
    return id.toString();
  }

  /** {@return how the stream ended, if nothing was left of it when this reader was made} */
  public Optional<JournalEnd> readToTheEnd() {
    return read;
  }

  /** {@return the place after what was taken} */
  public String offset() {
    lock.lock();
    try {
      return offset.text(id);
    } finally {
      lock.unlock();
    }
  }

  /** {@return what comes next, waiting for it} After an end nothing more comes. */
  public Item take() throws InterruptedException {
    StoredEntry stored;
    Journal.Subscription more = null;
    lock.lock();
    try {
      while (entries.isEmpty() && last == null && !closed) {
        changed.await();
      }
      if (closed) {
        return new Item.Closed();
      }
      stored = entries.poll();
      if (stored == null) {
        return last == null ? new Item.Closed() : last;
      }
      offset = stored.offset();
      taken++;
      if (taken == WINDOW / 2) {
        taken = 0;
        more = subscription;
      }
    } finally {
      lock.unlock();
    }
    if (more != null) {
      more.demand(WINDOW / 2);
    }
    return item(stored);
  }

  private static Item item(StoredEntry stored) {
    var entry = stored.entry();
    try {
      return entry.type() == EntryType.ENDING
          ? new Item.Facts(EndingCodec.read(entry.payload()))
          : new Item.Event(EntryType.Stored.of(entry).event());
    } catch (RuntimeException e) {
      return new Item.Damaged();
    }
  }

  /** Ends the reader, not the stream. Any thread; never blocks. */
  public void close() {
    Journal.Subscription following;
    lock.lock();
    try {
      closed = true;
      following = subscription;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (following != null) {
      following.cancel();
    }
  }

  /** Receives what the journal has, on its threads. */
  private final class Inbox implements Journal.Follower {
    @Override
    public void onEntry(StoredEntry entry) {
      lock.lock();
      try {
        entries.add(entry);
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void onEnd(JournalEnd end) {
      last(new Item.End(end));
    }

    @Override
    public void onRefused(JournalRefusal refusal) {
      last(new Item.Refused(refusal.reason()));
    }

    private void last(Item item) {
      lock.lock();
      try {
        last = item;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }
}
