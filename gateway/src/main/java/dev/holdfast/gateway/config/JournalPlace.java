package dev.holdfast.gateway.config;

import dev.holdfast.core.stream.Check;
import dev.holdfast.journal.redis.RedisJournal;
import java.nio.file.Path;
import java.time.Duration;

/** Where a journal is. */
public sealed interface JournalPlace {
  /** The prefix of the keys of a Redis. */
  String PREFIX = "holdfast";

  /** After which time the streams of a dead gateway are taken over. */
  Duration LEASE = Duration.ofSeconds(5);

  /** The shortest lease. */
  Duration LEAST_LEASE = Duration.ofMillis(300);

  /** The longest lease. */
  Duration LONGEST_LEASE = Duration.ofMinutes(5);

  /**
   * Files of this machine, for one gateway at a time.
   *
   * @param path their directory; made if it is missing
   */
  record Directory(Path path) implements JournalPlace {
    @Override
    public String toString() {
      return "'" + path + "'";
    }
  }

  /**
   * A Redis or Valkey, which several gateways share.
   *
   * @param address as {@code redis://[user:password@]host[:port][/database]}; {@code rediss},
   *     {@code redis-sentinel} and {@code redis-cluster} likewise
   * @param prefix how all keys begin; gateways that share streams have the same
   * @param lease after which time the streams of a dead gateway are taken over; 300 ms to 5 min
   */
  record Redis(String address, String prefix, Duration lease) implements JournalPlace {
    /** Checks all of it, without a connection. */
    public Redis {
      var unused = RedisJournal.at(address);
      Check.that(
          prefix.matches("[A-Za-z0-9_.:-]{1,64}"),
          "prefix",
          "must be 1 to 64 letters, digits, '_', '.', ':' or '-'",
          prefix);
      Check.that(
          lease.compareTo(LEAST_LEASE) >= 0 && lease.compareTo(LONGEST_LEASE) <= 0,
          "lease",
          "must be 300 ms to 5 min",
          lease);
    }

    /** {@return the Redis at an address, with prefix and lease as they are by default} */
    public static Redis at(String address) {
      return new Redis(address, PREFIX, LEASE);
    }

    /** The address without its user and password. */
    @Override
    public String toString() {
      return address.replaceFirst("//.*@", "//");
    }
  }

  /**
   * {@return the Redis that a text names, if it begins as an address of one; else a directory}
   *
   * @throws IllegalArgumentException "journal: rule, was value" for an address of another kind
   */
  static JournalPlace of(String text) {
    Check.that(
        !text.isBlank(),
        "journal",
        "must be a directory, or an address such as redis://HOST:6379",
        "empty");
    Check.that(
        isAddress(text) || !text.matches("(?is)[a-z][a-z0-9+.-]*://.*"),
        "journal",
        "must be a directory, or an address such as redis://HOST:6379",
        text.replaceFirst("(?s)://.*", "://..."));
    return isAddress(text) ? Redis.at(text) : new Directory(Path.of(text));
  }

  private static boolean isAddress(String text) {
    return text.matches("(?is)redis[a-z-]*://.*");
  }
}
