package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;

/**
 * The journal that keeps streams, on this machine's disk or in a Redis. Not changed by a reload.
 *
 * @param place where it is
 * @param ttl how long a stream can be read after its last byte; 1 s to 30 days, and in a Redis at
 *     least twice the lease
 * @param waitForClient how long a stream that only its client's credential can continue waits for
 *     that client after a restart
 * @param sync when stored bytes are forced to the disk; a Redis decides that by its own settings
 * @param totalBytes the size of all files, or of all payloads in a Redis
 * @param whenFull what a new stream gets for which there is no space
 * @param key encrypts the files; not with a Redis
 * @param shared what gateways with one Redis share beside their streams
 */
public record JournalConfig(
    JournalPlace place,
    Duration ttl,
    Duration waitForClient,
    Sync sync,
    long totalBytes,
    WhenFull whenFull,
    Key key,
    SharedConfig shared) {
  /** The least of {@link #totalBytes}: 1 MiB. */
  public static final long LEAST_BYTES = 1L << 20;

  /** The longest {@link #ttl}: 30 days. */
  public static final Duration LONGEST_TTL = Duration.ofDays(30);

  /** The rule of {@link #isKept}. */
  public static final String TTL_RULE = "must be at least twice the lease";

  /** When bytes are forced to the disk: what a power failure leaves. */
  public enum Sync {
    /** Left to the operating system. */
    NEVER,
    /** Every 10 ms. */
    INTERVAL,
    /** Before any of them leaves. */
    ALWAYS
  }

  /** What a new stream gets for which the journal has no space. */
  public enum WhenFull {
    /** It runs without the journal, and its answer is marked. */
    MARK,
    /** A refusal with status 503. */
    REFUSE
  }

  /**
   * A key of 256 bits, which no text shows.
   *
   * @param hex 64 hexadecimal digits; empty for files in clear
   */
  public record Key(String hex) {
    /** Files in clear. */
    public static final Key NONE = new Key("");

    /** Checks the digits. */
    public Key {
      hex = hex.toLowerCase(Locale.ROOT);
      Check.that(
          hex.matches("([0-9a-f]{64})?"), "key", "must be 64 hexadecimal digits", "(hidden)");
    }

    /** {@return whether there is one} */
    public boolean isSet() {
      return !hex.isEmpty();
    }

    @Override
    public String toString() {
      return isSet() ? "Key[hidden]" : "Key[none]";
    }
  }

  /** Checks the ranges. */
  public JournalConfig {
    Check.that(
        ttl.compareTo(Duration.ofSeconds(1)) >= 0 && ttl.compareTo(LONGEST_TTL) <= 0,
        "ttl",
        "must be 1 s to 30 days",
        ttl);
    Check.that(isKept(place, ttl), "ttl", TTL_RULE, ttl);
    Check.that(!waitForClient.isNegative(), "waitForClient", "must not be negative", waitForClient);
    Check.that(totalBytes >= LEAST_BYTES, "totalBytes", "must be at least 1 MiB", totalBytes);
    boolean files = place instanceof JournalPlace.Directory;
    Check.that(files || !key.isSet(), "key", "must go with a directory", "set with a Redis");
    Check.that(
        files || sync == Sync.INTERVAL,
        "sync",
        "must go with a directory, as a Redis has appendfsync",
        sync);
    Check.that(
        !files || shared.equals(SharedConfig.DEFAULT),
        "shared",
        "must go with a Redis",
        "set with a directory");
  }

  /**
   * {@return whether streams with such a {@link #ttl} are there until another gateway has taken
   * them over}
   */
  public boolean isKept(Duration ttl) {
    return isKept(place, ttl);
  }

  private static boolean isKept(JournalPlace place, Duration ttl) {
    return switch (place) {
      case JournalPlace.Directory directory -> true;
      case JournalPlace.Redis redis -> ttl.compareTo(redis.lease().multipliedBy(2)) >= 0;
    };
  }

  /** {@return a journal with 1 h, 2 min, a sync each 10 ms, 8 GiB, marked when full, in clear} */
  public static JournalConfig at(Path directory) {
    return at(new JournalPlace.Directory(directory), 8L << 30);
  }

  /** {@return a journal in a Redis with 1 h, 2 min, 4 GiB, marked when full} */
  public static JournalConfig at(JournalPlace.Redis redis) {
    return at(redis, 4L << 30);
  }

  private static JournalConfig at(JournalPlace place, long bytes) {
    return new JournalConfig(
        place,
        Duration.ofHours(1),
        Duration.ofMinutes(2),
        Sync.INTERVAL,
        bytes,
        WhenFull.MARK,
        Key.NONE,
        SharedConfig.DEFAULT);
  }

  /** {@return a copy that is elsewhere} */
  public JournalConfig withPlace(JournalPlace place) {
    return new JournalConfig(place, ttl, waitForClient, sync, totalBytes, whenFull, key, shared);
  }

  /**
   * {@return a copy in a directory within that of this one}
   *
   * @throws IllegalArgumentException if this one is in a Redis
   */
  public JournalConfig within(String name) {
    return switch (place) {
      case JournalPlace.Directory directory ->
          withPlace(new JournalPlace.Directory(directory.path().resolve(name)));
      case JournalPlace.Redis redis ->
          throw new IllegalArgumentException(
              "journal: must be a directory for " + name + ", was " + redis);
    };
  }

  /** {@return a copy with other times} */
  public JournalConfig withTimes(Duration ttl, Duration waitForClient) {
    return new JournalConfig(place, ttl, waitForClient, sync, totalBytes, whenFull, key, shared);
  }

  /** {@return a copy with another size, and another answer where it is used up} */
  public JournalConfig withSpace(long totalBytes, WhenFull whenFull) {
    return new JournalConfig(place, ttl, waitForClient, sync, totalBytes, whenFull, key, shared);
  }

  /** {@return a copy that is synced otherwise} */
  public JournalConfig withSync(Sync sync) {
    return new JournalConfig(place, ttl, waitForClient, sync, totalBytes, whenFull, key, shared);
  }

  /** {@return a copy whose files are encrypted, or not} */
  public JournalConfig withKey(Key key) {
    return new JournalConfig(place, ttl, waitForClient, sync, totalBytes, whenFull, key, shared);
  }

  /** {@return a copy that shares otherwise} */
  public JournalConfig withShared(SharedConfig shared) {
    return new JournalConfig(place, ttl, waitForClient, sync, totalBytes, whenFull, key, shared);
  }
}
