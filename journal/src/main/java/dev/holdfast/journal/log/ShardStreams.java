package dev.holdfast.journal.log;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalRefusal.Reason;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.format.Layout;
import dev.holdfast.journal.format.Records;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * The streams of a shard in memory, and the queue to its writer. Accepts or refuses operations;
 * what is accepted is stored in this order. Thread-safe by one lock, held for microseconds.
 */
final class ShardStreams {
  /** What one commit takes; the rest waits for the next. */
  private static final long COMMIT_BYTES = 8 << 20;

  /** What may wait in all. */
  private static final long MAX_PENDING = 64 << 20;

  final ReentrantLock lock = new ReentrantLock();
  final Map<StreamId, StreamState> streams = new ConcurrentHashMap<>();

  /** From the oldest to the newest. */
  final List<Segment> segments = new ArrayList<>();

  private final Condition work = lock.newCondition();
  private final LogSettings settings;
  private List<Op> queue = new ArrayList<>();
  private long pendingBytes;
  private boolean closed;

  ShardStreams(LogSettings settings) {
    this.settings = settings;
  }

  void create(NewStream stream, Journal.Receipt receipt) {
    JournalRefusal refusal = null;
    List<Follow> expired = List.of();
    lock.lock();
    try {
      var there = streams.get(stream.id());
      if (there != null && there.created && !there.isReadable(now())) {
        expired = kill(there);
        there = null;
      }
      int size = stream.metadata().remaining();
      refusal = refusalOf(stream, there, size);
      if (refusal == null) {
        var state =
            new StreamState(
                stream.id(), stream.ttl().toMillis(), stream.sliding(), stream.metadata());
        state.epoch = stream.epoch();
        state.createdMillis = now();
        state.usedMillis = state.createdMillis;
        state.writtenUseMillis = state.createdMillis;
        streams.put(state.id, state);
        settings.streams().incrementAndGet();
        var op = new Op(Layout.KIND_CREATE, state, state.epoch, 0, List.of(), null, size, receipt);
        enqueue(op);
      }
    } finally {
      lock.unlock();
    }
    expired.forEach(Follow::expire);
    answer(receipt, refusal);
  }

  private @Nullable JournalRefusal refusalOf(
      NewStream stream, @Nullable StreamState there, int size) {
    var limits = settings.limits();
    if (closed) {
      return closedNow();
    }
    if (there != null && !there.dead) {
      return new JournalRefusal(Reason.EXISTS, "stream id: must be free, was " + stream.id());
    }
    if (size > limits.metadata()) {
      return tooLarge("metadata", limits.metadata(), size);
    }
    if (settings.streams().get() >= limits.streams()) {
      return new JournalRefusal(Reason.FULL, "streams: must be at most " + limits.streams());
    }
    return room(size);
  }

  void append(StreamId id, JournalBatch batch, Journal.Receipt receipt) {
    JournalRefusal refusal = null;
    long size = batch.size();
    lock.lock();
    try {
      var state = streams.get(id);
      refusal = refusalOf(state, batch, size);
      if (refusal == null && state != null) {
        var end = batch.end().orElse(null);
        int payload = Records.sizeOf(batch.entries(), end, !settings.content());
        var op =
            new Op(
                Layout.KIND_BATCH,
                state,
                batch.epoch(),
                state.accepted,
                batch.entries(),
                end,
                payload,
                receipt);
        state.accepted += batch.entries().size();
        state.acceptedBytes += size;
        state.acceptedEnd = end != null;
        enqueue(op);
      }
    } finally {
      lock.unlock();
    }
    answer(receipt, refusal);
  }

  private @Nullable JournalRefusal refusalOf(
      @Nullable StreamState state, JournalBatch batch, long size) {
    if (closed) {
      return closedNow();
    }
    if (state == null || isGone(state)) {
      return unknown();
    }
    if (batch.epoch() != state.epoch) {
      return new JournalRefusal(
          Reason.FENCED, "epoch: must be " + state.epoch + ", was " + batch.epoch());
    }
    if (state.acceptedEnd) {
      return new JournalRefusal(Reason.ENDED, "stream: must be open, was ended");
    }
    if (batch.expected() != JournalBatch.ANYWHERE && batch.expected() != state.accepted) {
      return new JournalRefusal(
          Reason.WRONG_SEQUENCE,
          "expected: must be " + state.accepted + ", was " + batch.expected());
    }
    var limits = settings.limits();
    if (size > limits.batch()) {
      return tooLarge("batch", limits.batch(), size);
    }
    if (state.acceptedBytes + size > limits.stream()) {
      return tooLarge("stream", limits.stream(), state.acceptedBytes + size);
    }
    if (state.accepted + batch.entries().size() > JournalOffset.MAX_SEQUENCE) {
      return tooLarge("sequence", JournalOffset.MAX_SEQUENCE, state.accepted);
    }
    // An end is written in any case: it is small, and readers wait for it.
    return batch.entries().isEmpty() ? null : room(size);
  }

  private @Nullable JournalRefusal room(long size) {
    if (pendingBytes + size > MAX_PENDING) {
      return new JournalRefusal(Reason.BUSY, "pending: must be at most " + MAX_PENDING + " bytes");
    }
    long total = settings.limits().total();
    return settings.bytes().get() + pendingBytes + size > total
        ? new JournalRefusal(Reason.FULL, "total: must be at most " + total + " bytes")
        : null;
  }

  void fence(StreamId id, int epoch, Journal.Receipt receipt) {
    JournalRefusal refusal = null;
    lock.lock();
    try {
      var state = streams.get(id);
      if (closed) {
        refusal = closedNow();
      } else if (state == null || isGone(state)) {
        refusal = unknown();
      } else if (epoch <= state.epoch) {
        refusal =
            new JournalRefusal(
                Reason.FENCED, "epoch: must be above " + state.epoch + ", was " + epoch);
      } else {
        state.epoch = epoch;
        enqueue(Op.plain(Layout.KIND_FENCE, state, epoch, receipt));
      }
    } finally {
      lock.unlock();
    }
    answer(receipt, refusal);
  }

  void touch(StreamId id, Journal.Receipt receipt) {
    JournalRefusal refusal = null;
    JournalOffset tail = null;
    lock.lock();
    try {
      var state = streams.get(id);
      if (closed) {
        refusal = closedNow();
      } else if (state == null || isGone(state)) {
        refusal = unknown();
      } else {
        long now = now();
        // A record for each read would make reads as dear as writes.
        boolean worthwhile = now - state.writtenUseMillis >= state.ttlMillis / 8;
        state.usedMillis = Math.max(state.usedMillis, now);
        if (state.sliding && worthwhile) {
          state.writtenUseMillis = now;
          enqueue(Op.plain(Layout.KIND_TOUCH, state, state.epoch, receipt));
        } else {
          tail = state.tail();
        }
      }
    } finally {
      lock.unlock();
    }
    if (tail != null) {
      receipt.onStored(tail);
    }
    answer(receipt, refusal);
  }

  void delete(StreamId id, Journal.Receipt receipt) {
    JournalRefusal refusal = null;
    List<Follow> followers = List.of();
    lock.lock();
    try {
      var state = streams.get(id);
      if (closed) {
        refusal = closedNow();
      } else if (state == null || isGone(state)) {
        refusal = unknown();
      } else {
        enqueue(Op.plain(Layout.KIND_DELETE, state, state.epoch, receipt));
        followers = kill(state);
      }
    } finally {
      lock.unlock();
    }
    followers.forEach(follow -> follow.refuse(unknown()));
    answer(receipt, refusal);
  }

  private boolean isGone(StreamState state) {
    return state.dead || (state.created && state.expiresMillis() <= now());
  }

  /** Takes a stream out of sight, and returns its followers. Under the lock. */
  List<Follow> kill(StreamState state) {
    if (state.dead) {
      return List.of();
    }
    state.dead = true;
    if (streams.remove(state.id, state)) {
      settings.streams().decrementAndGet();
    }
    state.parts.forEach(part -> part.segment().live--);
    var followers = List.copyOf(state.followers);
    state.followers.clear();
    return followers;
  }

  /** Ends a stream under which the storage failed. Under the lock. */
  void fail(StreamState state, JournalEnd end) {
    state.failed = true;
    state.accepted = state.stored;
    state.acceptedEnd = true;
    state.end = end;
  }

  private void enqueue(Op op) {
    op.stream.pending++;
    queue.add(op);
    pendingBytes += op.room;
    if (queue.size() == 1) {
      work.signalAll();
    }
  }

  /** {@return what the next commit stores; empty if nothing waits} */
  List<Op> take() {
    lock.lock();
    try {
      long bytes = 0;
      int end = 0;
      while (end < queue.size() && bytes < COMMIT_BYTES) {
        bytes += queue.get(end++).room;
      }
      var taken = queue;
      if (end == queue.size()) {
        queue = new ArrayList<>(Math.min(end, 1 << 14));
      } else {
        taken = List.copyOf(queue.subList(0, end));
        queue = new ArrayList<>(queue.subList(end, queue.size()));
      }
      return taken;
    } finally {
      lock.unlock();
    }
  }

  /** The operation is stored or refused. Under the lock. */
  void done(Op op) {
    op.stream.pending--;
    pendingBytes -= op.room;
  }

  /** Waits until something is accepted, at most so long. */
  void await(long nanos) throws InterruptedException {
    lock.lock();
    try {
      long left = nanos;
      while (queue.isEmpty() && !closed && left > 0) {
        left = work.awaitNanos(left);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Refuses everything from now on. */
  void close() {
    lock.lock();
    try {
      closed = true;
      work.signalAll();
    } finally {
      lock.unlock();
    }
  }

  boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  long pendingBytes() {
    lock.lock();
    try {
      return pendingBytes;
    } finally {
      lock.unlock();
    }
  }

  long now() {
    return settings.clock().getAsLong();
  }

  private static void answer(Journal.Receipt receipt, @Nullable JournalRefusal refusal) {
    if (refusal != null) {
      receipt.onRefused(refusal);
    }
  }

  static JournalRefusal unknown() {
    return new JournalRefusal(Reason.UNKNOWN, "stream id: must be of a stream, was of none");
  }

  static JournalRefusal closedNow() {
    return new JournalRefusal(Reason.CLOSED, "journal: must be open, was closed");
  }

  private static JournalRefusal tooLarge(String name, long limit, long was) {
    return new JournalRefusal(
        Reason.TOO_LARGE, name + ": must be at most " + limit + " bytes, was " + was);
  }
}
