package dev.holdfast.journal;

import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.stream.Check;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** How an embedded journal is opened. Not thread-safe. */
public final class JournalOptions {
  /** The length of a key in bytes. */
  public static final int KEY_BYTES = 32;

  private static final int MAX_SHARDS = 64;

  final Path directory;
  int shards = Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 1, MAX_SHARDS);
  FsyncPolicy fsync = new FsyncPolicy.Interval(Duration.ofMillis(10));
  Duration linger = Duration.ofMillis(1);
  long segmentBytes = 64L << 20;
  Duration segmentAge = Duration.ofMinutes(10);
  long memoryBytes = 16L << 20;
  byte @Nullable [] key;
  boolean content = true;
  JournalLimits limits = JournalLimits.DEFAULTS;
  LongSupplier clock = System::currentTimeMillis;

  JournalOptions(Path directory) {
    this.directory = Objects.requireNonNull(directory, "directory");
  }

  /** Sets the number of shards, each with a thread and files; default: half the processors. */
  public JournalOptions shards(int shards) {
    Check.that(shards >= 1 && shards <= MAX_SHARDS, "shards", "must be 1 to 64", shards);
    this.shards = shards;
    return this;
  }

  /** Sets when stored bytes are forced to the disk; default: every 10 ms. */
  public JournalOptions fsync(FsyncPolicy fsync) {
    this.fsync = Objects.requireNonNull(fsync, "fsync");
    return this;
  }

  /** Sets how long a commit waits for company; default 1 ms. Longer costs latency, saves CPU. */
  public JournalOptions linger(Duration linger) {
    boolean inRange = !linger.isNegative() && linger.compareTo(Duration.ofSeconds(1)) <= 0;
    Check.that(inRange, "linger", "must be zero to 1 s", linger);
    this.linger = linger;
    return this;
  }

  /** Sets from which length on a segment is sealed; default 64 MiB. */
  public JournalOptions segmentBytes(long bytes) {
    boolean inRange = bytes >= 4 << 10 && bytes <= 1L << 30;
    Check.that(inRange, "segmentBytes", "must be 4 KiB to 1 GiB", bytes);
    segmentBytes = bytes;
    return this;
  }

  /** Sets from which age on a segment is sealed; default 10 minutes. */
  public JournalOptions segmentAge(Duration age) {
    boolean inRange = age.compareTo(Duration.ofSeconds(1)) >= 0;
    Check.that(inRange, "segmentAge", "must be at least 1 s", age);
    segmentAge = age;
    return this;
  }

  /** Sets how many of a shard's newest bytes stay in memory for readers; default 16 MiB. */
  public JournalOptions memoryBytes(long bytes) {
    Check.that(bytes >= 0 && bytes <= 4L << 30, "memoryBytes", "must be 0 to 4 GiB", bytes);
    memoryBytes = bytes;
    return this;
  }

  /** Encrypts metadata, entries and details of ends with AES-256-GCM; default: in clear. */
  public JournalOptions key(byte[] key) {
    Check.that(key.length == KEY_BYTES, "key", "must have 32 bytes", key.length);
    this.key = key.clone();
    return this;
  }

  /** Sets whether entries are kept; without them only numbers and lengths are. Default: kept. */
  public JournalOptions content(boolean content) {
    this.content = content;
    return this;
  }

  /** Sets what is accepted. */
  public JournalOptions limits(JournalLimits limits) {
    this.limits = Objects.requireNonNull(limits, "limits");
    return this;
  }

  /** Sets the clock, in milliseconds since 1970; default: the system's. */
  public JournalOptions clock(LongSupplier clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
    return this;
  }

  /**
   * {@return the journal, recovered and running} The directory is made if it is missing.
   *
   * @throws IOException if it cannot be read or written, is in use, is damaged (the message names
   *     file, byte and damage), or was encrypted with another key
   */
  public EmbeddedJournal open() throws IOException {
    return EmbeddedJournal.start(this);
  }
}
