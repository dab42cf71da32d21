package dev.holdfast.journal.log;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalRefusal;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.format.Layout;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** One shard: streams that share a sequence of segments, in one directory. Thread-safe. */
public final class Shard {
  private final LogSettings settings;
  private final ShardStreams streams;
  private final ShardReader reader;
  private final ShardWriter writer;
  private final RecentBytes recent;

  /** One thread writes at a time: the committer, or a caller of expire. */
  private final ReentrantLock writing = new ReentrantLock();

  private final List<Damage> torn;

  private Shard(LogSettings settings, String directory, int number, ShardLoader loaded)
      throws IOException {
    this.settings = settings;
    torn = List.copyOf(loaded.torn);
    streams = new ShardStreams(settings);
    recent = new RecentBytes(settings.memoryBytes());
    reader = new ShardReader(streams, new RecordSource(recent));
    long lastMillis = 0;
    for (Segment segment : loaded.segments) {
      lastMillis = Math.max(lastMillis, segment.lastMillis);
    }
    writer =
        new ShardWriter(
            settings, streams, recent, directory, number, loaded.highest + 1, lastMillis);
    new StreamsBuilder(streams).add(loaded.segments);
    long now = Math.max(lastMillis, streams.now());
    kill(state -> state.expiresMillis() <= now);
    settings.streams().addAndGet(streams.streams.size());
    settings.bytes().addAndGet(loaded.segments.stream().mapToLong(s -> s.length).sum());
  }

  /**
   * {@return the shard in a directory, recovered: a torn tail is cut off, and what counts is on the
   * storage before it is read}
   *
   * @throws DamagedException if records that were stored are damaged
   */
  public static Shard open(LogSettings settings, String directory, int number) throws IOException {
    var files = settings.files();
    files.makeDirectory(directory);
    var loaded = new ShardLoader(files, directory, settings.key(), true);
    loaded.load();
    if (!loaded.damages.isEmpty()) {
      for (Segment segment : loaded.segments) {
        segment.file.close();
      }
      throw new DamagedException(loaded.damages.getFirst());
    }
    for (String stray : loaded.strays) {
      files.delete(stray);
    }
    if (!loaded.strays.isEmpty()) {
      // They must not be back when an older segment than they are is removed.
      files.syncDirectory(directory);
    }
    requireKey(loaded, settings.key() != null);
    recover(loaded);
    return new Shard(settings, directory, number, loaded);
  }

  private static void requireKey(ShardLoader loaded, boolean given) throws IOException {
    for (Segment segment : loaded.segments) {
      if (!given && segment.head.has(Layout.FLAG_ENCRYPTED)) {
        throw new IOException(
            "key: must be given, as " + segment.path + " is encrypted; was missing");
      }
    }
  }

  private static void recover(ShardLoader loaded) throws IOException {
    var newest = loaded.segments.isEmpty() ? null : loaded.segments.getLast();
    if (newest == null || newest.sealed) {
      return;
    }
    newest.file.truncate(newest.end);
    newest.file.sync();
    newest.length = newest.end;
    try {
      Sealer.write(newest, newest.lastMillis);
      newest.seal();
    } catch (IOException e) {
      // Without a footer it is read record by record, again. A full disk must not keep it closed.
      newest.file.truncate(newest.end);
      newest.file.sync();
      newest.seal();
    }
  }

  /** {@return tails of which nothing was reported as stored, and that were cut off} */
  public List<Damage> torn() {
    return torn;
  }

  /** {@return whether the stream is here, readable or not} */
  public boolean has(StreamId id) {
    return streams.streams.containsKey(id);
  }

  public void create(NewStream stream, Journal.Receipt receipt) {
    streams.create(stream, receipt);
  }

  public void append(StreamId id, JournalBatch batch, Journal.Receipt receipt) {
    streams.append(id, batch, receipt);
  }

  public void fence(StreamId id, int epoch, Journal.Receipt receipt) {
    streams.fence(id, epoch, receipt);
  }

  public void touch(StreamId id, Journal.Receipt receipt) {
    streams.touch(id, receipt);
  }

  public void delete(StreamId id, Journal.Receipt receipt) {
    streams.delete(id, receipt);
  }

  public Optional<JournalStream> find(StreamId id) {
    return reader.find(id);
  }

  public JournalRead read(StreamId id, JournalOffset after, int maxBytes) {
    return reader.read(id, after, Integer.MAX_VALUE, maxBytes);
  }

  /** Follows a stream; the follower may be refused before this returns. */
  public Journal.Subscription follow(StreamId id, JournalOffset after, Journal.Follower follower) {
    var state = streams.streams.get(id);
    JournalRefusal refusal;
    Follow follow = null;
    streams.lock.lock();
    try {
      refusal = state == null ? ShardStreams.unknown() : reader.refusalOf(state, after);
      if (state != null && refusal == null) {
        follow = new Follow(state, streams, reader, after, follower, settings.readers());
        state.followers.add(follow);
      }
    } finally {
      streams.lock.unlock();
    }
    if (follow == null) {
      follower.onRefused(refusal == null ? ShardStreams.unknown() : refusal);
      return NOTHING;
    }
    follow.wake();
    return follow;
  }

  private static final Journal.Subscription NOTHING =
      new Journal.Subscription() {
        @Override
        public void demand(long entries) {}

        @Override
        public void cancel() {}
      };

  /** {@return the ids of the streams that can be read; with {@code open}, of those without end} */
  public List<StreamId> ids(boolean open) {
    var ids = new ArrayList<StreamId>();
    streams.lock.lock();
    try {
      for (var state : streams.streams.values()) {
        boolean ended = state.end != null || state.endPart != null;
        if (state.isReadable(streams.now()) && !(open && ended)) {
          ids.add(state.id);
        }
      }
    } finally {
      streams.lock.unlock();
    }
    return ids;
  }

  public int followers() {
    streams.lock.lock();
    try {
      return streams.streams.values().stream().mapToInt(state -> state.followers.size()).sum();
    } finally {
      streams.lock.unlock();
    }
  }

  public long pendingBytes() {
    return streams.pendingBytes();
  }

  public long memoryBytes() {
    return recent.bytes();
  }

  /** Waits until something is to be written, at most so long. */
  public void await(long nanos) throws InterruptedException {
    streams.await(nanos);
  }

  /** {@return whether anything waited} Stores what waits. */
  public boolean commit() {
    writing.lock();
    try {
      return writer.commit();
    } finally {
      writing.unlock();
    }
  }

  /** {@return the error that a receipt threw since the last call; null for none} */
  public @Nullable Error takeThrown() {
    writing.lock();
    try {
      return writer.takeThrown();
    } finally {
      writing.unlock();
    }
  }

  /** Syncs what was stored since the last time. Commits are written meanwhile. */
  public void sync() {
    Segment segment;
    long end;
    writing.lock();
    try {
      segment = writer.unsynced();
      if (segment == null) {
        return;
      }
      end = segment.end;
    } finally {
      writing.unlock();
    }
    try {
      segment.syncedTo(end);
    } catch (IOException e) {
      writing.lock();
      try {
        writer.syncFailed(segment);
      } finally {
        writing.unlock();
      }
    }
  }

  /** {@return how many} Removes streams whose time has passed, and segments that hold no other. */
  public int expire() {
    writing.lock();
    try {
      long now = streams.now();
      int removed = kill(state -> state.expiresMillis() <= now);
      writer.rollIfOld();
      writer.unlink();
      writer.retry();
      return removed;
    } finally {
      writing.unlock();
    }
  }

  private int kill(Predicate<StreamState> expired) {
    var followers = new ArrayList<Follow>();
    int removed = 0;
    streams.lock.lock();
    try {
      for (var state : List.copyOf(streams.streams.values())) {
        if (state.created && state.pending == 0 && expired.test(state)) {
          followers.addAll(streams.kill(state));
          removed++;
        }
      }
    } finally {
      streams.lock.unlock();
    }
    followers.forEach(Follow::expire);
    return removed;
  }

  /** Refuses everything from now on. */
  public void refuse() {
    streams.close();
  }

  /** Stores what waits, seals, and refuses everything from then on. */
  public void close() {
    streams.close();
    writing.lock();
    try {
      while (writer.commit()) {
        // Until nothing waits.
      }
      writer.retry();
      sealQuietly();
    } finally {
      writing.unlock();
    }
    var followers = new ArrayList<Follow>();
    streams.lock.lock();
    try {
      streams.streams.values().forEach(state -> followers.addAll(state.followers));
    } finally {
      streams.lock.unlock();
    }
    followers.forEach(follow -> follow.refuse(ShardStreams.closedNow()));
    for (Segment segment : streams.segments) {
      closeQuietly(segment);
    }
  }

  private void sealQuietly() {
    try {
      writer.seal();
    } catch (IOException e) {
      // It is read record by record at the next start.
      var segment = writer.unsynced();
      if (segment != null) {
        syncQuietly(segment);
      }
    }
  }

  private static void syncQuietly(Segment segment) {
    try {
      segment.syncIfTrusted(segment.end);
    } catch (IOException e) {
      // What counts was synced before.
    }
  }

  private static void closeQuietly(Segment segment) {
    try {
      segment.file.close();
    } catch (IOException e) {
      // What counts was synced before.
    }
  }
}
