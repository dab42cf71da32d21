package dev.holdfast.testkit.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.JournalSize;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A journal in memory, which ends with its process. Every call does its work at once, on the thread
 * of the caller; followers are called on the thread of the producer.
 */
public final class MemoryJournal implements Journal {
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<StreamId, MemoryStream> streams = new LinkedHashMap<>();
  private final JournalLimits limits;
  private final LongSupplier clock;
  private boolean closed;

  /** A journal with the default limits; {@code clock} returns milliseconds since 1970. */
  public MemoryJournal(LongSupplier clock) {
    this(clock, JournalLimits.DEFAULTS);
  }

  /** A journal with limits; {@code clock} returns milliseconds since 1970. */
  public MemoryJournal(LongSupplier clock, JournalLimits limits) {
    this.clock = clock;
    this.limits = limits;
  }

  @Override
  public void create(NewStream stream, Receipt receipt) {
    answer(stream.id(), receipt, none -> created(stream));
  }

  private @Nullable JournalRefusal created(NewStream stream) {
    expire();
    int size = stream.metadata().remaining();
    if (streams.containsKey(stream.id())) {
      return refusal(Reason.EXISTS, "stream id: must be free");
    }
    if (size > limits.metadata()) {
      return refusal(Reason.TOO_LARGE, "metadata: must be at most " + limits.metadata());
    }
    if (streams.size() >= limits.streams() || bytes() + size > limits.total()) {
      return refusal(Reason.FULL, "journal: must have room");
    }
    streams.put(stream.id(), new MemoryStream(stream, clock.getAsLong()));
    return null;
  }

  @Override
  public void append(StreamId id, JournalBatch batch, Receipt receipt) {
    answer(receipt, id, stream -> appended(stream, batch));
  }

  private @Nullable JournalRefusal appended(MemoryStream stream, JournalBatch batch) {
    long next = stream.entries.size();
    if (batch.epoch() != stream.epoch) {
      return refusal(Reason.FENCED, "epoch: must be " + stream.epoch);
    }
    if (stream.end != null) {
      return refusal(Reason.ENDED, "stream: must be open");
    }
    if (batch.expected() != JournalBatch.ANYWHERE && batch.expected() != next) {
      return refusal(Reason.WRONG_SEQUENCE, "expected: must be " + next);
    }
    if (batch.size() > limits.batch() || stream.bytes + batch.size() > limits.stream()) {
      return refusal(Reason.TOO_LARGE, "batch: must fit");
    }
    if (bytes() + batch.size() > limits.total()) {
      return refusal(Reason.FULL, "journal: must have room");
    }
    long now = clock.getAsLong();
    for (JournalEntry entry : batch.entries()) {
      var offset = new JournalOffset(batch.epoch(), ++next);
      stream.entries.add(new StoredEntry(offset, now, entry));
    }
    stream.bytes += batch.size();
    stream.usedMillis = now;
    stream.end = batch.end().orElse(null);
    return null;
  }

  @Override
  public void fence(StreamId id, int epoch, Receipt receipt) {
    answer(
        receipt,
        id,
        stream -> {
          if (epoch <= stream.epoch) {
            return refusal(Reason.FENCED, "epoch: must be above " + stream.epoch);
          }
          stream.epoch = epoch;
          return null;
        });
  }

  @Override
  public void touch(StreamId id, Receipt receipt) {
    answer(
        receipt,
        id,
        stream -> {
          stream.usedMillis = clock.getAsLong();
          return null;
        });
  }

  @Override
  public void delete(StreamId id, Receipt receipt) {
    answer(
        receipt,
        id,
        stream -> {
          streams.remove(id);
          stream.followers.forEach(follow -> follow.refuse(unknown()));
          return null;
        });
  }

  @Override
  public Optional<JournalStream> find(StreamId id) {
    lock.lock();
    try {
      return Optional.ofNullable(readable(id)).map(MemoryStream::head);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public List<StreamId> streams() {
    return ids(false);
  }

  @Override
  public List<StreamId> openStreams() {
    return ids(true);
  }

  private List<StreamId> ids(boolean open) {
    lock.lock();
    try {
      return streams.values().stream()
          .filter(stream -> !stream.isExpired(clock.getAsLong()))
          .filter(stream -> !open || stream.end == null)
          .map(stream -> stream.created.id())
          .toList();
    } finally {
      lock.unlock();
    }
  }

  @Override
  public JournalRead read(StreamId id, JournalOffset after, int maxBytes) {
    lock.lock();
    try {
      var stream = readable(id);
      var refusal = refusalOf(stream, after);
      return stream == null || refusal != null
          ? new JournalRead.Refused(refusal == null ? unknown() : refusal)
          : stream.page(after, maxBytes);
    } finally {
      lock.unlock();
    }
  }

  private @Nullable JournalRefusal refusalOf(@Nullable MemoryStream stream, JournalOffset after) {
    if (closed) {
      return refusal(Reason.CLOSED, "journal: must be open");
    }
    if (stream == null) {
      return unknown();
    }
    return stream.accepts(after) ? null : refusal(Reason.WRONG_OFFSET, "offset: must be of this");
  }

  @Override
  public Subscription follow(StreamId id, JournalOffset after, Follower follower) {
    MemoryFollow follow;
    lock.lock();
    try {
      var stream = readable(id);
      var refusal = refusalOf(stream, after);
      follow = new MemoryFollow(lock, stream, after, follower);
      if (refusal != null) {
        follow.refuse(refusal);
      } else if (stream != null) {
        stream.followers.add(follow);
      }
    } finally {
      lock.unlock();
    }
    follow.wake();
    return follow;
  }

  @Override
  public int expire() {
    var expired = new ArrayList<MemoryStream>();
    lock.lock();
    try {
      long now = clock.getAsLong();
      streams.values().stream().filter(stream -> stream.isExpired(now)).forEach(expired::add);
      for (MemoryStream stream : expired) {
        streams.remove(stream.created.id());
        stream.followers.forEach(MemoryFollow::expire);
      }
    } finally {
      lock.unlock();
    }
    expired.forEach(MemoryStream::wake);
    return expired.size();
  }

  @Override
  public JournalSize size() {
    lock.lock();
    try {
      int followers = streams.values().stream().mapToInt(stream -> stream.followers.size()).sum();
      return new JournalSize(streams.size(), ids(true).size(), followers, bytes(), 0, bytes());
    } finally {
      lock.unlock();
    }
  }

  @Override
  public JournalLimits limits() {
    return limits;
  }

  @Override
  public void close() {
    List<MemoryStream> left;
    lock.lock();
    try {
      closed = true;
      left = List.copyOf(streams.values());
      var refusal = refusal(Reason.CLOSED, "journal: must be open");
      left.forEach(stream -> stream.followers.forEach(follow -> follow.refuse(refusal)));
    } finally {
      lock.unlock();
    }
    left.forEach(MemoryStream::wake);
  }

  private long bytes() {
    return streams.values().stream().mapToLong(stream -> stream.bytes).sum();
  }

  private @Nullable MemoryStream readable(StreamId id) {
    var stream = streams.get(id);
    return stream == null || stream.isExpired(clock.getAsLong()) ? null : stream;
  }

  /** Does something to a stream under the lock, which is null for none; null is success. */
  private interface Work {
    @Nullable JournalRefusal run(@Nullable MemoryStream stream);
  }

  /** Does something to a stream that is there. */
  private interface StreamWork {
    @Nullable JournalRefusal run(MemoryStream stream);
  }

  private void answer(Receipt receipt, StreamId id, StreamWork work) {
    answer(id, receipt, stream -> stream == null ? unknown() : work.run(stream));
  }

  private void answer(StreamId id, Receipt receipt, Work work) {
    JournalRefusal refusal;
    MemoryStream stream;
    var tail = JournalOffset.START;
    lock.lock();
    try {
      stream = readable(id);
      refusal = closed ? refusal(Reason.CLOSED, "journal: must be open") : work.run(stream);
      tail = stream == null ? tail : stream.tail();
    } finally {
      lock.unlock();
    }
    try {
      if (refusal != null) {
        receipt.onRefused(refusal);
      } else {
        receipt.onStored(tail);
      }
    } catch (RuntimeException e) {
      // The caller's own fault, as in a journal with threads of its own.
    } finally {
      if (stream != null) {
        stream.wake();
      }
    }
  }

  private static JournalRefusal unknown() {
    return refusal(Reason.UNKNOWN, "stream id: must be of a stream");
  }

  private static JournalRefusal refusal(Reason reason, String detail) {
    return new JournalRefusal(reason, detail);
  }

  /** {@return the end that followers of an expired stream receive} */
  static JournalEnd expired() {
    return JournalEnd.of(JournalEnd.Kind.EXPIRED);
  }
}
