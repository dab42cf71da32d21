package dev.holdfast.gateway.durable;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalEnd;
import dev.holdfast.core.spi.JournalEntry;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.StreamId;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executor;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The appends of one stream. Clients may append before earlier appends are stored; they are decided
 * in the order of their arrival, and answered once they are stored. Thread-safe.
 */
final class StreamLog {
  /** An entry with the state of all writers is written after so many without. */
  static final int SNAPSHOT_EVERY = 64;

  /** Appends that wait while the state of the writers is read. */
  private static final int MAX_WAITING = 1_000;

  /**
   * What readers may see.
   *
   * @param offset after the last append that is stored
   * @param closed whether nothing follows
   * @param failed whether appends are missing after it, as the storage failed
   */
  record Tail(DurableOffset offset, boolean closed, boolean failed) {}

  /**
   * What a client appends.
   *
   * @param data null where it only closes
   */
  record Append(
      @Nullable ByteBuffer data,
      @Nullable Producer producer,
      @Nullable String writerSequence,
      boolean close) {}

  /** An append for which the state of the writers is not known yet. */
  private record Waiting(Append append, Consumer<? super Reply> reply) {}

  /** A repetition, which is answered once so many batches are settled. */
  private record Repeated(long batches, Runnable then, Consumer<? super Reply> reply) {}

  /** How far the state of the writers is known. */
  private enum Knowledge {
    UNREAD,
    READING,
    KNOWN,
    /** Something was not stored: it is read again once nothing is under way. */
    WRONG
  }

  final StreamId id;
  final StreamName name;
  final String contentType;
  final @Nullable StreamLog source;

  /** How many logs are before it, each the source of the next. */
  final int depth;

  /** Where its own appends begin. */
  final DurableOffset base;

  private final Journal journal;
  private final Executor blocking;
  private final LongSupplier millis;
  private final Consumer<? super StreamName> appended;
  private final int tag;
  private final ReentrantLock lock = new ReentrantLock();
  private final Producers producers = new Producers();
  private final ArrayDeque<Waiting> waiting = new ArrayDeque<>();
  private final ArrayDeque<Repeated> repeated = new ArrayDeque<>();
  private final Set<Runnable> readers = ConcurrentHashMap.newKeySet();
  private Knowledge knowledge;
  private @Nullable String writerSequence;
  private int epoch;
  private long submitted;
  private long batches;
  private long settled;
  private int sinceSnapshot;
  private boolean closing;

  /** Whether nothing but this process writes under the epoch. */
  private boolean tookOver;

  private volatile Tail tail;
  private volatile boolean dead;

  private StreamLog(
      Journal journal,
      Executor blocking,
      LongSupplier millis,
      Consumer<? super StreamName> appended,
      StreamId id,
      StreamMetadata.Log metadata,
      @Nullable StreamLog source,
      Knowledge knowledge) {
    this.journal = journal;
    this.blocking = blocking;
    this.millis = millis;
    this.appended = appended;
    this.id = id;
    name = metadata.name();
    contentType = metadata.contentType();
    this.source = source;
    depth = source == null ? 0 : source.depth + 1;
    var from = metadata.source();
    base = from == null ? DurableOffset.START : from.offset();
    tag = DurableOffset.tag(id);
    this.knowledge = knowledge;
    tookOver = knowledge == Knowledge.KNOWN;
    epoch = 1;
    tail = new Tail(base, false, false);
  }

  /** {@return a log that is about to be created, under epoch 1} */
  static StreamLog created(
      Journal journal,
      Executor blocking,
      LongSupplier millis,
      Consumer<? super StreamName> appended,
      StreamId id,
      StreamMetadata.Log metadata,
      @Nullable StreamLog source) {
    return new StreamLog(
        journal, blocking, millis, appended, id, metadata, source, Knowledge.KNOWN);
  }

  /** {@return a log that is there} */
  static StreamLog found(
      Journal journal,
      Executor blocking,
      LongSupplier millis,
      Consumer<? super StreamName> appended,
      JournalStream found,
      StreamMetadata.Log metadata,
      @Nullable StreamLog source) {
    var log =
        new StreamLog(
            journal, blocking, millis, appended, found.id(), metadata, source, Knowledge.UNREAD);
    log.take(found);
    return log;
  }

  private void take(JournalStream found) {
    epoch = found.epoch();
    submitted = found.tail().sequence();
    closing = found.end().isPresent();
    tail =
        new Tail(
            offset(found.tail()),
            found.end().filter(StreamLog::isClosure).isPresent(),
            found.end().filter(end -> !isClosure(end)).isPresent());
  }

  private static boolean isClosure(JournalEnd end) {
    return end.kind() == JournalEnd.Kind.COMPLETE;
  }

  private DurableOffset offset(JournalOffset own) {
    return own.sequence() == 0
        ? base
        : new DurableOffset(base.position() + own.sequence(), tag, own.epoch());
  }

  /** {@return the place after an entry of its own} */
  DurableOffset after(JournalOffset own) {
    return offset(own);
  }

  /** {@return what readers may see now} */
  Tail tail() {
    return tail;
  }

  boolean isJson() {
    return StreamSpec.isJson(contentType);
  }

  /** {@return whether an offset is a place of this stream, at or before its tail} */
  boolean has(DurableOffset offset) {
    StreamLog owner = this;
    while (offset.position() <= owner.base.position()) {
      if (offset.position() == 0) {
        return true;
      }
      if (offset.position() == owner.base.position()) {
        return offset.equals(owner.base);
      }
      if (owner.source == null) {
        return false;
      }
      owner = owner.source;
    }
    var last = owner.tail.offset();
    return offset.tag() == owner.tag
        && offset.position() <= last.position()
        && offset.epoch() <= last.epoch()
        && (offset.position() < last.position() || offset.epoch() == last.epoch());
  }

  // ---------------------------------------------------------------- readers

  /** Calls {@code reader} after each change until {@link #leave}, on any thread. */
  void watch(Runnable reader) {
    readers.add(reader);
  }

  void leave(Runnable reader) {
    readers.remove(reader);
  }

  /** {@return how many readers wait for a change} */
  int watching() {
    return readers.size();
  }

  /** {@return whether the stream was deleted, or has expired} */
  boolean isDead() {
    return dead;
  }

  /** The name is gone: its readers end. */
  void die() {
    dead = true;
    readers.forEach(Runnable::run);
  }

  // ---------------------------------------------------------------- appends

  /** Appends what a stream begins with, before it has a name. */
  void begin(List<ByteBuffer> data, boolean close, Journal.Receipt receipt) {
    lock.lock();
    try {
      var entries = new ArrayList<JournalEntry>();
      for (var bytes : data) {
        entries.add(new AppendRecord(null, null, null, bytes).toEntry());
      }
      submit(entries, close ? "" : null, receipt);
    } finally {
      lock.unlock();
    }
  }

  /** Decides about an append, and replies once it is stored, or at once if it is not accepted. */
  void append(Append append, Consumer<? super Reply> reply) {
    lock.lock();
    try {
      switch (knowledge) {
        case KNOWN -> decide(append, reply);
        case UNREAD, READING, WRONG -> {
          if (waiting.size() >= MAX_WAITING) {
            reply.accept(Reply.later("stream-busy", "stream: must be read first, was not yet"));
            return;
          }
          waiting.add(new Waiting(append, reply));
          if (knowledge == Knowledge.UNREAD) {
            knowledge = Knowledge.READING;
            blocking.execute(this::read);
          }
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void decide(Append append, Consumer<? super Reply> reply) {
    Producer producer = append.producer();
    long now = millis.getAsLong();
    var verdict = producer == null ? Producers.Verdict.ACCEPTED : producers.verdict(producer, now);
    boolean repeats = verdict == Producers.Verdict.DUPLICATE;
    if (closing && !repeats && verdict != Producers.Verdict.STALE) {
      alreadyClosed(append, reply);
      return;
    }
    if (producer != null) {
      if (verdict != Producers.Verdict.ACCEPTED) {
        rejected(producer, verdict, reply);
        return;
      }
    }
    String own = append.writerSequence();
    if (own != null && writerSequence != null && own.compareTo(writerSequence) <= 0) {
      reply.accept(
          Reply.refused(
              409, "sequence-conflict", "stream-seq: must be above the last one, was not"));
      return;
    }
    var data = append.data();
    AppendRecord.Snapshot snapshot = null;
    if (data != null && ++sinceSnapshot >= Math.max(SNAPSHOT_EVERY, producers.size())) {
      snapshot = new AppendRecord.Snapshot(producers, writerSequence);
      sinceSnapshot = 0;
    }
    List<JournalEntry> entries =
        data == null
            ? List.of()
            : List.of(new AppendRecord(producer, own, snapshot, data).toEntry());
    if (producer != null) {
      producers.accepted(producer, now);
    }
    if (own != null) {
      writerSequence = own;
    }
    boolean close = append.close();
    String detail = !close ? null : producer == null ? "" : producer.toDetail();
    submit(
        entries,
        detail,
        new Journal.Receipt() {
          @Override
          public void onStored(JournalOffset stored) {
            var done = Reply.of(producer != null && data != null ? 200 : 204);
            done.with(Headers.NEXT_OFFSET, offset(stored).text());
            if (close) {
              done.with(Headers.CLOSED, "true");
            }
            if (producer != null) {
              done.with(Headers.PRODUCER_EPOCH, producer.epoch());
              done.with(Headers.PRODUCER_SEQ, producer.sequence());
            }
            reply.accept(done);
          }

          @Override
          public void onRefused(JournalRefusal refusal) {
            reply.accept(refused(refusal));
          }
        });
  }

  private void alreadyClosed(Append append, Consumer<? super Reply> reply) {
    boolean onlyCloses = append.data() == null && append.producer() == null;
    whenStored(
        () -> {
          var now = tail;
          Reply done =
              now.failed()
                  ? failed()
                  : onlyCloses
                      ? Reply.of(204)
                      : Reply.refused(409, "stream-closed", "stream: must be open, was closed");
          if (!now.failed()) {
            done.with(Headers.NEXT_OFFSET, now.offset().text()).with(Headers.CLOSED, "true");
          }
          reply.accept(done);
        },
        reply);
  }

  private void rejected(
      Producer producer, Producers.Verdict verdict, Consumer<? super Reply> reply) {
    var state = producers.state(producer.id());
    long expected = state == null ? 0 : state.sequence() + 1;
    switch (verdict) {
      case DUPLICATE ->
          whenStored(
              () -> {
                var done =
                    Reply.of(204)
                        .with(Headers.NEXT_OFFSET, tail.offset().text())
                        .with(Headers.PRODUCER_EPOCH, producer.epoch())
                        .with(Headers.PRODUCER_SEQ, expected - 1);
                reply.accept(tail.closed() ? done.with(Headers.CLOSED, "true") : done);
              },
              reply);
      case STALE ->
          reply.accept(
              Reply.refused(403, "stale-epoch", "producer-epoch: must be the newest, was older")
                  .with(Headers.PRODUCER_EPOCH, state == null ? 0 : state.epoch()));
      case NOT_FROM_ZERO ->
          reply.accept(
              Reply.refused(400, "new-epoch", "producer-seq: must be 0 in a new epoch, was not"));
      case GAP ->
          reply.accept(
              Reply.refused(
                      409,
                      "sequence-gap",
                      "producer-seq: must be " + expected + ", was " + producer.sequence())
                  .with(Headers.PRODUCER_EXPECTED, expected)
                  .with(Headers.PRODUCER_RECEIVED, producer.sequence()));
      case TOO_MANY ->
          reply.accept(
              Reply.refused(
                  429,
                  "too-many-producers",
                  "producer-id: must be one of at most " + Producers.MAX + ", was another one"));
      case ACCEPTED -> throw new IllegalArgumentException("verdict: must be a rejection");
    }
  }

  /** Calls back once everything that was submitted is stored; a repetition may not precede it. */
  private void whenStored(Runnable then, Consumer<? super Reply> reply) {
    if (settled == batches) {
      then.run();
    } else {
      repeated.add(new Repeated(batches, then, reply));
    }
  }

  private void submit(
      List<JournalEntry> entries, @Nullable String closingDetail, Journal.Receipt receipt) {
    long expected = submitted;
    submitted += entries.size();
    if (closingDetail != null) {
      closing = true;
    }
    batches++;
    var own = entries.isEmpty() ? null : new JournalOffset(epoch, submitted);
    Optional<JournalEnd> end =
        Optional.ofNullable(closingDetail)
            .map(detail -> new JournalEnd(JournalEnd.Kind.COMPLETE, detail));
    journal.append(
        id,
        new JournalBatch(epoch, expected, entries, end),
        new Journal.Receipt() {
          @Override
          public void onStored(JournalOffset stored) {
            // Later appends may be stored already; this one ends where it ends.
            var after = own == null ? stored : own;
            settle(new Tail(offset(after), end.isPresent(), false));
            receipt.onStored(after);
            readers.forEach(Runnable::run);
            appended.accept(name);
          }

          @Override
          public void onRefused(JournalRefusal refusal) {
            settle(null);
            receipt.onRefused(refusal);
          }
        });
  }

  private void settle(@Nullable Tail stored) {
    lock.lock();
    try {
      settled++;
      if (stored != null) {
        tail = stored;
      } else {
        knowledge = Knowledge.WRONG;
      }
      boolean wrong = knowledge == Knowledge.WRONG;
      while (!repeated.isEmpty() && repeated.element().batches() <= settled) {
        var next = repeated.remove();
        if (wrong) {
          next.reply().accept(Reply.later("not-stored", "append: must be stored first, was not"));
        } else {
          next.then().run();
        }
      }
      if (wrong && settled == batches) {
        knowledge = Knowledge.READING;
        blocking.execute(this::read);
      }
    } finally {
      lock.unlock();
    }
  }

  // ---------------------------------------------------------------- after a restart or a failure

  /** Reads the state of the writers, takes the log over, and decides what waits. */
  private void read() {
    try {
      var found = journal.find(id);
      if (found.isEmpty()) {
        known(() -> {}, Reply.unknown());
        return;
      }
      var stream = found.get();
      var replayed = WriterState.read(journal, stream);
      boolean open = stream.end().isEmpty();
      // Of appends that this process had refused no reader has an offset, so nothing needs a fence.
      boolean own = tookOver && stream.epoch() == epoch;
      int next = own ? stream.epoch() : stream.epoch() + 1;
      Runnable take =
          () -> {
            take(stream);
            epoch = open ? next : epoch;
            producers.clear();
            replayed.into(producers);
            writerSequence = replayed.writerSequence();
            sinceSnapshot = SNAPSHOT_EVERY; // The next entry is a place to begin from.
            tookOver = true;
          };
      if (!open || own) {
        known(take, null);
        return;
      }
      journal.fence(
          id,
          next,
          new Journal.Receipt() {
            @Override
            public void onStored(JournalOffset tail) {
              known(take, null);
            }

            @Override
            public void onRefused(JournalRefusal refusal) {
              known(() -> {}, refused(refusal));
            }
          });
    } catch (RuntimeException e) {
      known(() -> {}, Reply.refused(500, "stream-damaged", "stream: must be readable, was not"));
    }
  }

  private void known(Runnable take, @Nullable Reply refusal) {
    lock.lock();
    try {
      take.run();
      knowledge = refusal == null ? Knowledge.KNOWN : Knowledge.UNREAD;
      var then = new ArrayList<>(waiting);
      waiting.clear();
      for (var append : then) {
        if (refusal == null) {
          append(append.append(), append.reply());
        } else {
          append.reply().accept(refusal);
        }
      }
    } finally {
      lock.unlock();
    }
    readers.forEach(Runnable::run);
  }

  // ---------------------------------------------------------------- refusals

  static Reply failed() {
    return Reply.refused(
        500, "stream-failed", "stream: must be whole, was cut as its storage failed");
  }

  static Reply refused(JournalRefusal refusal) {
    return switch (refusal.reason()) {
      case UNKNOWN -> Reply.unknown();
      case TOO_LARGE -> Reply.refused(413, "too-large", "append: must fit, " + refusal.detail());
      case FULL -> Reply.refused(507, "journal-full", "journal: must have room, was full");
      case NO_CONTENT, DAMAGED ->
          Reply.refused(500, "stream-damaged", "stream: must be readable, was not");
      case ENDED -> Reply.refused(409, "stream-closed", "stream: must be open, was closed");
      case EXISTS, FENCED, WRONG_SEQUENCE, WRONG_OFFSET, BUSY, STORAGE, CLOSED ->
          Reply.later("journal-busy", "journal: must take appends, did not now");
    };
  }
}
