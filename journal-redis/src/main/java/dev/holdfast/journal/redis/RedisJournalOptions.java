package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.JournalLimits;
import dev.holdfast.core.stream.Check;
import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** How a journal in Redis is opened. Not thread-safe. */
public final class RedisJournalOptions {
  /** 4 KiB of metadata, 4 MiB a batch, 32 MiB a stream, 100,000 streams, 4 GiB. */
  public static final JournalLimits LIMITS =
      new JournalLimits(4 << 10, 4 << 20, 32L << 20, 100_000, 4L << 30);

  /** The longest time for which entries wait for company. */
  static final Duration LONGEST_LINGER = Duration.ofMillis(50);

  final RedisAddress address;
  String prefix = "holdfast";
  Duration linger = LONGEST_LINGER;
  int lingerRoundTrips = 10;
  Duration lease = Duration.ofSeconds(5);
  Duration timeout = Duration.ofSeconds(2);
  Duration patience = Duration.ofSeconds(15);
  long pendingBytes = 64L << 20;
  long memoryBytes = 16L << 20;
  JournalLimits limits = LIMITS;
  LongSupplier clock = new ServerClock(System::currentTimeMillis);

  RedisJournalOptions(RedisAddress address) {
    this.address = address;
  }

  /** Sets how all keys begin; default {@code holdfast}. Gateways that share streams have one. */
  public RedisJournalOptions prefix(String prefix) {
    boolean formed = prefix.matches("[A-Za-z0-9_.:-]{1,64}");
    Check.that(formed, "prefix", "must be 1 to 64 letters, digits, '_', '.', ':' or '-'", prefix);
    this.prefix = prefix;
    return this;
  }

  /**
   * Sets the longest time for which entries of a stream wait for company; default 50 ms. They wait
   * for some {@link #lingerRoundTrips round trips} at most, and not at all after a pause: a busy
   * Redis gets fewer, larger writes.
   */
  public RedisJournalOptions linger(Duration linger) {
    boolean inRange = !linger.isNegative() && linger.compareTo(LONGEST_LINGER) <= 0;
    Check.that(inRange, "linger", "must be zero to 50 ms", linger);
    this.linger = linger;
    return this;
  }

  /**
   * Sets how many mean round trips entries wait for company at most; default 10. With a large
   * number they always wait for {@link #linger}.
   */
  public RedisJournalOptions lingerRoundTrips(int count) {
    Check.that(count >= 1 && count <= 1_000_000, "lingerRoundTrips", "must be 1 to 1000000", count);
    lingerRoundTrips = count;
    return this;
  }

  /** Sets after which time the streams of a dead process may be taken over; default 5 s. */
  public RedisJournalOptions lease(Duration lease) {
    boolean inRange =
        lease.compareTo(Duration.ofMillis(300)) >= 0 && lease.compareTo(Duration.ofMinutes(5)) <= 0;
    Check.that(inRange, "lease", "must be 300 ms to 5 min", lease);
    this.lease = lease;
    return this;
  }

  /** Sets how long one command may take before it is tried again; default 2 s. */
  public RedisJournalOptions timeout(Duration timeout) {
    boolean inRange =
        timeout.compareTo(Duration.ofMillis(50)) >= 0
            && timeout.compareTo(Duration.ofMinutes(1)) <= 0;
    Check.that(inRange, "timeout", "must be 50 ms to 1 min", timeout);
    this.timeout = timeout;
    return this;
  }

  /** Sets how long an operation is tried before it is refused as {@code STORAGE}; default 15 s. */
  public RedisJournalOptions patience(Duration patience) {
    boolean inRange = !patience.isNegative() && patience.compareTo(Duration.ofMinutes(10)) <= 0;
    Check.that(inRange, "patience", "must be zero to 10 min", patience);
    this.patience = patience;
    return this;
  }

  /** Sets how many bytes may wait for Redis before batches are refused as busy; default 64 MiB. */
  public RedisJournalOptions pendingBytes(long bytes) {
    Check.that(bytes >= 1 && bytes <= 4L << 30, "pendingBytes", "must be 1 to 4 GiB", bytes);
    pendingBytes = bytes;
    return this;
  }

  /** Sets how many bytes of entries stay in memory for readers; default 16 MiB. */
  public RedisJournalOptions memoryBytes(long bytes) {
    Check.that(bytes >= 0 && bytes <= 4L << 30, "memoryBytes", "must be 0 to 4 GiB", bytes);
    memoryBytes = bytes;
    return this;
  }

  /** Sets what is accepted; default {@link #LIMITS}. Several processes keep it approximately. */
  public RedisJournalOptions limits(JournalLimits limits) {
    this.limits = Objects.requireNonNull(limits, "limits");
    return this;
  }

  /**
   * Sets the clock of times to live, in milliseconds since 1970; default: that of Redis, so that
   * the clocks of the processes need not agree. Leases are measured by the clock of Redis.
   */
  public RedisJournalOptions clock(LongSupplier clock) {
    this.clock = Objects.requireNonNull(clock, "clock");
    return this;
  }

  /** The clock of Redis, as it was read last; before that, one of this machine. Thread-safe. */
  static final class ServerClock implements LongSupplier {
    private final LongSupplier local;
    private volatile @Nullable Reading last;

    private record Reading(long millis, long nanos) {}

    ServerClock(LongSupplier local) {
      this.local = local;
    }

    /** Redis had this time when {@link System#nanoTime} had that one. */
    void set(long millis, long nanos) {
      last = new Reading(millis, nanos);
    }

    @Override
    public long getAsLong() {
      var reading = last;
      return reading == null
          ? local.getAsLong()
          : reading.millis() + (System.nanoTime() - reading.nanos()) / 1_000_000;
    }
  }

  /**
   * {@return the journal, connected}
   *
   * @throws IOException if Redis cannot be reached, or is older than version 7
   */
  public RedisJournal open() throws IOException {
    return RedisJournal.start(this);
  }
}
