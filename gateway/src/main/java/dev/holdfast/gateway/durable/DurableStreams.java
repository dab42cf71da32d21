package dev.holdfast.gateway.durable;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.StreamId;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * All streams of the protocol in one journal, by name. What a journal has of other kinds is not
 * touched. Thread-safe; operations return at once and call back on any thread.
 */
public final class DurableStreams implements AutoCloseable {
  /** An operation of which nothing depends on its result. */
  static final Journal.Receipt NOTHING =
      new Journal.Receipt() {
        @Override
        public void onStored(JournalOffset tail) {}

        @Override
        public void onRefused(JournalRefusal refusal) {}
      };

  private static final long SWEEP_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** What is under a name. */
  sealed interface Lookup {
    /**
     * A stream that can be read and written.
     *
     * @param ttlSeconds -1 for none
     * @param expiresAt null for never
     */
    record Found(StreamLog log, long ttlSeconds, @Nullable String expiresAt) implements Lookup {}

    /** Nothing, or a deleted stream that its forks still read. */
    record Missing(Reply reply) implements Lookup {}
  }

  /** Learns of what changes; returns at once. */
  record Listener(Consumer<? super StreamName> appended, Consumer<? super StreamName> deleted) {}

  /** One name: a log, and the stream of the journal that keeps the name. */
  static final class Entry {
    final StreamLog log;
    final StreamId lease;
    final StreamMetadata.Name metadata;

    /** Requests for the name that arrived during its creation. */
    final List<Runnable> afterCreation = new ArrayList<>();

    boolean creating = true;

    /** Deleted or expired, while forks read its log. */
    boolean gone;

    Entry(StreamLog log, StreamId lease, StreamMetadata.Name metadata) {
      this.log = log;
      this.lease = lease;
      this.metadata = metadata;
    }

    private boolean expires() {
      return metadata.ttlSeconds() >= 0 || metadata.expiresAt() != null;
    }
  }

  private final Journal journal;
  private final LongSupplier millis;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<StreamName, Entry> names = new HashMap<>();
  private final Map<StreamId, StreamLog> logs = new HashMap<>();

  /** How many forks begin in a log. */
  private final Map<StreamId, Integer> forks = new HashMap<>();

  private final ExecutorService blocking;
  private final Thread sweeper;

  /** Learns of appends and deletions; does nothing until one is set. */
  private volatile Listener listener = new Listener(name -> {}, name -> {});

  private volatile boolean closed;

  /**
   * The streams of a journal, which stays open when they are closed.
   *
   * @param millis the time since 1970
   */
  public DurableStreams(Journal journal, LongSupplier millis) {
    this.journal = journal;
    this.millis = millis;
    blocking =
        Executors.newFixedThreadPool(
            2, Thread.ofPlatform().daemon().name("holdfast-durable-", 0).factory());
    load();
    sweeper = Thread.ofPlatform().daemon().name("holdfast-durable-sweeper").unstarted(this::sweep);
    sweeper.start();
  }

  Journal journal() {
    return journal;
  }

  /** {@return where calls run that wait; nowhere once the streams are closed} */
  Executor blocking() {
    return task -> {
      try {
        blocking.execute(task);
      } catch (RejectedExecutionException e) {
        // Its client's connection ends, too.
      }
    };
  }

  LongSupplier millis() {
    return millis;
  }

  void listen(Listener listener) {
    this.listener = listener;
  }

  void appended(StreamName name) {
    listener.appended().accept(name);
  }

  /** {@return the paths of a namespace} */
  List<String> paths(String namespace) {
    lock.lock();
    try {
      return names.entrySet().stream()
          .filter(it -> it.getKey().namespace().equals(namespace) && !it.getValue().gone)
          .map(it -> it.getKey().path())
          .toList();
    } finally {
      lock.unlock();
    }
  }

  // ---------------------------------------------------------------- at the start

  private void load() {
    var foundLogs = new HashMap<StreamId, StreamMetadata.Log>();
    var streams = new HashMap<StreamId, JournalStream>();
    var foundNames = new HashMap<StreamId, StreamMetadata.Name>();
    var created = new HashMap<StreamId, Long>();
    for (var id : journal.streams()) {
      var stream = journal.find(id).orElse(null);
      if (stream == null) {
        continue;
      }
      switch (StreamMetadata.read(stream.metadata())) {
        case null -> {}
        case StreamMetadata.Log log -> {
          foundLogs.put(id, log);
          streams.put(id, stream);
        }
        case StreamMetadata.Name name -> {
          foundNames.put(id, name);
          created.put(id, stream.createdMillis());
        }
        case StreamMetadata.Subscriber subscriber -> {}
      }
    }
    foundLogs.keySet().forEach(id -> load(id, foundLogs, streams));
    // A name that was freed and taken again may have two leases: the removal of one was not stored.
    var leases = new ArrayList<>(foundNames.keySet());
    leases.sort(Comparator.comparingLong(id -> created.getOrDefault(id, 0L)));
    for (var lease : leases) {
      var name = Objects.requireNonNull(foundNames.get(lease));
      var log = logs.get(name.log());
      if (log == null) {
        journal.delete(lease, NOTHING);
        continue;
      }
      var entry = new Entry(log, lease, name);
      entry.creating = false;
      var older = names.put(log.name, entry);
      if (older != null) {
        journal.delete(older.lease, NOTHING);
      }
    }
    // A log without a name was deleted while it had forks, or its creation was cut.
    for (var log : List.copyOf(logs.values())) {
      collect(log);
    }
    for (var log : logs.values()) {
      names.computeIfAbsent(log.name, name -> goneEntry(log));
    }
  }

  /** Loads a log after those that it begins with. A chain of any length may be stored. */
  private void load(
      StreamId last,
      Map<StreamId, StreamMetadata.Log> found,
      Map<StreamId, JournalStream> streams) {
    var chain = new ArrayDeque<StreamId>();
    StreamId next = last;
    while (next != null && !logs.containsKey(next) && chain.size() <= found.size()) {
      chain.push(next);
      var metadata = found.get(next);
      var from = metadata == null ? null : metadata.source();
      next = from == null ? null : from.log();
    }
    for (var id : chain) {
      var metadata = found.get(id);
      var stream = streams.get(id);
      var from = metadata == null ? null : metadata.source();
      var source = from == null ? null : logs.get(from.log());
      if (metadata == null || stream == null || (from != null && source == null)) {
        return; // What it begins with is not there: it is not served, and not removed.
      }
      if (source != null) {
        forks.merge(source.id, 1, Integer::sum);
      }
      logs.put(
          id,
          StreamLog.found(journal, blocking(), millis, this::appended, stream, metadata, source));
    }
  }

  private static Entry goneEntry(StreamLog log) {
    var spec = new StreamSpec(log.contentType, -1, null, false, null, null, 0);
    var entry = new Entry(log, log.id, new StreamMetadata.Name(log.id, spec, -1, null));
    entry.creating = false;
    entry.gone = true;
    return entry;
  }

  // ---------------------------------------------------------------- logs

  private boolean isKept(StreamLog log) {
    var entry = names.get(log.name);
    boolean named = entry != null && entry.log == log && !entry.gone;
    return named || forks.getOrDefault(log.id, 0) > 0;
  }

  /** Removes a log that neither a name nor a fork keeps, and then its source likewise. */
  private void collect(StreamLog log) {
    StreamLog next = log;
    while (next != null && !isKept(next) && logs.remove(next.id) != null) {
      var entry = names.get(next.name);
      if (entry != null && entry.log == next) {
        names.remove(next.name);
      }
      journal.delete(next.id, NOTHING);
      next = released(next.source);
    }
  }

  private @Nullable StreamLog released(@Nullable StreamLog source) {
    if (source != null) {
      forks.computeIfPresent(source.id, (id, count) -> count > 1 ? count - 1 : null);
    }
    return source;
  }

  // ---------------------------------------------------------------- by name

  /** {@return the entry of a name, unless it has expired; one that is gone may be returned} */
  private @Nullable Entry live(StreamName name) {
    var entry = names.get(name);
    if (entry != null && !entry.creating && !entry.gone && hasExpired(entry)) {
      remove(entry);
      entry = names.get(name);
    }
    return entry;
  }

  private boolean hasExpired(Entry entry) {
    return entry.expires() && journal.find(entry.lease).isEmpty();
  }

  private void remove(Entry entry) {
    entry.gone = true;
    entry.log.die();
    collect(entry.log);
    listener.deleted().accept(entry.log.name);
  }

  /**
   * {@return what is under a name}
   *
   * @param use whether this use keeps the stream from expiring
   */
  Lookup find(StreamName name, boolean use) {
    lock.lock();
    try {
      var entry = live(name);
      if (entry == null || entry.creating) {
        return new Lookup.Missing(Reply.unknown());
      }
      if (entry.gone) {
        return new Lookup.Missing(Reply.gone());
      }
      var metadata = entry.metadata;
      if (use && metadata.ttlSeconds() >= 0) {
        journal.touch(entry.lease, NOTHING);
      }
      return new Lookup.Found(entry.log, metadata.ttlSeconds(), metadata.expiresAt());
    } finally {
      lock.unlock();
    }
  }

  /** Deletes a stream; its log stays while forks read it. */
  void delete(StreamName name, Consumer<? super Reply> reply) {
    lock.lock();
    try {
      var entry = live(name);
      if (entry == null || entry.creating) {
        reply.accept(Reply.unknown());
        return;
      }
      if (entry.gone) {
        reply.accept(Reply.gone());
        return;
      }
      journal.delete(
          entry.lease,
          new Journal.Receipt() {
            @Override
            public void onStored(JournalOffset tail) {
              reply.accept(Reply.of(204));
            }

            @Override
            public void onRefused(JournalRefusal refusal) {
              reply.accept(StreamLog.refused(refusal));
            }
          });
      remove(entry);
    } finally {
      lock.unlock();
    }
  }

  // ---------------------------------------------------------------- creation

  /**
   * Claims a name for a stream that is being created.
   *
   * @param retry called later where another creation of the name is under way
   * @param entry makes the entry, for the source of a fork; null if there is none
   * @return the entry; null if {@code reply} was called, or {@code retry} will be
   */
  @Nullable Entry claim(
      StreamName name,
      StreamSpec spec,
      Runnable retry,
      Consumer<? super Reply> reply,
      Function<Lookup.@Nullable Found, ? extends @Nullable Entry> entry) {
    lock.lock();
    try {
      var there = live(name);
      if (there != null && there.creating) {
        there.afterCreation.add(retry);
        return null;
      }
      if (there != null) {
        reply.accept(existing(there, spec));
        return null;
      }
      var from = spec.forkedFrom();
      Lookup source = from == null ? null : find(name.sibling(from), false);
      if (source instanceof Lookup.Missing missing) {
        reply.accept(
            missing.reply().status() == 410
                ? Reply.refused(409, "source-deleted", "source: must exist, was deleted")
                : Reply.refused(404, "no-source", "source: must exist, was unknown"));
        return null;
      }
      var found = source instanceof Lookup.Found it ? it : null;
      var made = entry.apply(found);
      if (made != null) {
        names.put(name, made);
        logs.put(made.log.id, made.log);
        if (made.log.source != null) {
          forks.merge(made.log.source.id, 1, Integer::sum);
        }
      }
      return made;
    } finally {
      lock.unlock();
    }
  }

  private static Reply existing(Entry there, StreamSpec spec) {
    if (there.gone) {
      return Reply.refused(
          409, "stream-deleted", "stream: must have another name, as forks of a deleted one live");
    }
    var tail = there.log.tail();
    if (!spec.matches(there.metadata.spec(), there.log.contentType, tail.closed())) {
      return Reply.refused(
          409, "stream-exists", "stream: must be created as it exists, was asked for otherwise");
    }
    return created(200, there.log);
  }

  static Reply created(int status, StreamLog log) {
    var tail = log.tail();
    var reply =
        Reply.of(status)
            .with("content-type", log.contentType)
            .with(Headers.NEXT_OFFSET, tail.offset().text());
    return tail.closed() ? reply.with(Headers.CLOSED, "true") : reply;
  }

  /** Ends a creation: the name is there from now on, or is free again. */
  void created(Entry entry, boolean success) {
    List<Runnable> then;
    lock.lock();
    try {
      entry.creating = false;
      if (!success) {
        remove(entry);
      }
      then = List.copyOf(entry.afterCreation);
    } finally {
      lock.unlock();
    }
    if (success && entry.log.tail().offset().position() > entry.log.base.position()) {
      appended(entry.log.name);
    }
    then.forEach(Runnable::run);
  }

  // ---------------------------------------------------------------- time

  private void sweep() {
    while (!closed) {
      LockSupport.parkNanos(SWEEP_NANOS);
      if (closed) {
        return;
      }
      lock.lock();
      try {
        for (var entry : List.copyOf(names.values())) {
          if (!entry.creating && !entry.gone && hasExpired(entry)) {
            remove(entry);
          }
        }
      } finally {
        lock.unlock();
      }
    }
  }

  /** {@return how many names there are} */
  public int size() {
    lock.lock();
    try {
      return names.size();
    } finally {
      lock.unlock();
    }
  }

  /** Ends its threads; the journal stays open. */
  @Override
  public void close() {
    closed = true;
    LockSupport.unpark(sweeper);
    blocking.shutdown();
  }
}
