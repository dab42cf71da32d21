package dev.holdfast.journal;

import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalBatch;
import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.JournalSize;
import dev.holdfast.core.spi.JournalStream;
import dev.holdfast.core.spi.NewStream;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.journal.file.DiskFiles;
import dev.holdfast.journal.file.JournalFiles;
import dev.holdfast.journal.log.LogSettings;
import dev.holdfast.journal.log.Shard;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Executor;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;

/**
 * The journal on a disk of this machine: sharded, segmented logs that are only appended to. {@code
 * docs/journal-format.md} draws its files. One process has it at a time.
 */
public final class EmbeddedJournal implements Journal {
  private final JournalOptions options;
  private final List<Shard> shards;
  private final Closeable lock;
  private final List<Committer> committers = new ArrayList<>();
  private final LogSettings settings;
  private final @Nullable ExecutorService readers;

  private EmbeddedJournal(
      JournalOptions options,
      LogSettings settings,
      List<Shard> shards,
      Closeable lock,
      @Nullable ExecutorService readers) {
    this.options = options;
    this.settings = settings;
    this.shards = shards;
    this.lock = lock;
    this.readers = readers;
  }

  /** {@return options for the journal in a directory} */
  public static JournalOptions at(Path directory) {
    return new JournalOptions(directory);
  }

  /** {@return the journal with threads of its own} */
  static EmbeddedJournal start(JournalOptions options) throws IOException {
    var readers =
        Executors.newFixedThreadPool(
            2, Thread.ofPlatform().daemon().name("holdfast-journal-reader-", 0).factory());
    EmbeddedJournal journal;
    try {
      journal =
          open(options, new DiskFiles(options.directory), new SecureRandom(), readers, readers);
    } catch (IOException | RuntimeException e) {
      readers.shutdown();
      throw e;
    }
    journal.shards.forEach(shard -> journal.committers.add(new Committer(shard, options)));
    journal.committers.forEach(Committer::start);
    return journal;
  }

  /** {@return the journal on other files and without threads: {@link #commit} does their work} */
  static EmbeddedJournal manual(JournalOptions options, JournalFiles files, Random random)
      throws IOException {
    return manual(options, files, random, Runnable::run);
  }

  /** {@return as above, with what runs beside the commits} */
  static EmbeddedJournal manual(
      JournalOptions options, JournalFiles files, Random random, Executor beside)
      throws IOException {
    return open(options, files, random, beside, null);
  }

  private static EmbeddedJournal open(
      JournalOptions options,
      JournalFiles files,
      Random random,
      Executor executor,
      @Nullable ExecutorService readers)
      throws IOException {
    files.makeDirectory("");
    var lock = files.lock();
    var shards = new ArrayList<Shard>();
    try {
      var settings =
          new LogSettings(
              files,
              options.limits,
              options.fsync instanceof FsyncPolicy.EveryCommit,
              options.content,
              options.key,
              options.segmentBytes,
              options.segmentAge.toMillis(),
              options.memoryBytes,
              options.clock,
              random,
              executor,
              new AtomicLong(),
              new AtomicInteger());
      int there = ShardNames.count(files);
      for (int i = 0; i < Math.max(options.shards, there); i++) {
        shards.add(Shard.open(settings, ShardNames.of(i), i));
      }
      return new EmbeddedJournal(options, settings, shards, lock, readers);
    } catch (IOException | RuntimeException e) {
      shards.forEach(Shard::close);
      lock.close();
      throw e;
    }
  }

  /** {@return what a crash tore off and recovery dropped, one line each; never a stored entry} */
  public List<String> tornTails() {
    return shards.stream().flatMap(shard -> shard.torn().stream()).map(Object::toString).toList();
  }

  /** {@return the shard that has the stream, or that would get it} */
  private Shard shard(StreamId id) {
    var home = shards.get(Math.floorMod(Long.hashCode(id.high() ^ id.low()), options.shards));
    if (shards.size() == 1 || home.has(id)) {
      return home;
    }
    // Another number of shards wrote it.
    return shards.stream().filter(shard -> shard.has(id)).findFirst().orElse(home);
  }

  @Override
  public void create(NewStream stream, Receipt receipt) {
    shard(stream.id()).create(stream, receipt);
  }

  @Override
  public void append(StreamId id, JournalBatch batch, Receipt receipt) {
    shard(id).append(id, batch, receipt);
  }

  @Override
  public void fence(StreamId id, int epoch, Receipt receipt) {
    shard(id).fence(id, epoch, receipt);
  }

  @Override
  public void touch(StreamId id, Receipt receipt) {
    shard(id).touch(id, receipt);
  }

  @Override
  public void delete(StreamId id, Receipt receipt) {
    shard(id).delete(id, receipt);
  }

  @Override
  public Optional<JournalStream> find(StreamId id) {
    return shard(id).find(id);
  }

  @Override
  public List<StreamId> streams() {
    return shards.stream().flatMap(shard -> shard.ids(false).stream()).toList();
  }

  @Override
  public List<StreamId> openStreams() {
    return shards.stream().flatMap(shard -> shard.ids(true).stream()).toList();
  }

  @Override
  public JournalRead read(StreamId id, JournalOffset after, int maxBytes) {
    return shard(id).read(id, after, maxBytes);
  }

  @Override
  public Subscription follow(StreamId id, JournalOffset after, Follower follower) {
    return shard(id).follow(id, after, follower);
  }

  @Override
  public int expire() {
    return shards.stream().mapToInt(Shard::expire).sum();
  }

  @Override
  public JournalSize size() {
    return new JournalSize(
        settings.streams().get(),
        openStreams().size(),
        Math.toIntExact(sum(Shard::followers)),
        settings.bytes().get(),
        sum(Shard::pendingBytes),
        sum(Shard::memoryBytes));
  }

  private long sum(ToLongFunction<Shard> size) {
    return shards.stream().mapToLong(size).sum();
  }

  @Override
  public JournalLimits limits() {
    return options.limits;
  }

  /** {@return whether anything waited} Stores what waits. */
  boolean commit() {
    boolean any = false;
    for (Shard shard : shards) {
      any |= shard.commit();
      var thrown = shard.takeThrown();
      if (thrown != null) {
        throw thrown;
      }
    }
    return any;
  }

  /** Syncs what was stored. */
  void sync() {
    shards.forEach(Shard::sync);
  }

  @Override
  public void close() {
    committers.forEach(Committer::stop);
    shards.forEach(Shard::refuse);
    committers.forEach(Committer::join);
    shards.forEach(Shard::close);
    if (readers != null) {
      readers.shutdown();
      awaitReaders(readers);
    }
    try {
      lock.close();
    } catch (IOException e) {
      // The lock ends with the process.
    }
  }

  private static void awaitReaders(ExecutorService readers) {
    try {
      if (!readers.awaitTermination(5, TimeUnit.SECONDS)) {
        readers.shutdownNow();
      }
    } catch (InterruptedException e) {
      readers.shutdownNow();
      Thread.currentThread().interrupt();
    }
  }
}
