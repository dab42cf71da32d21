package dev.holdfast.journal.redis;

/**
 * What the configuration of a Redis keeps of an entry that was reported as stored. The weakest node
 * counts. In each case the entry outlives the process that wrote it, and in none does Redis wait
 * for a replica: a failover may lose the last writes. A stream that lost entries is never spliced:
 * its producer is refused, and so are readers whose offset is no more.
 */
public enum RedisDurability {
  /** The append-only file is synced before the receipt: outlives a power failure. */
  SYNCED,
  /**
   * The append-only file is written, and synced each second or by the operating system: outlives
   * the end of Redis as a rule, and a power failure takes the last second or more. While a sync is
   * slow, Redis answers up to two seconds before it writes.
   */
  WRITTEN,
  /** Without an append-only file: a restart of Redis takes all since its last snapshot. */
  MEMORY,
  /** Redis drops whole streams when its memory is used up. */
  EVICTABLE,
  /** Redis does not report it. Nothing may be relied on. */
  UNKNOWN;

  /** {@return whether a stored entry outlives the end of the Redis process} */
  public boolean outlivesRedis() {
    return this == SYNCED || this == WRITTEN;
  }

  /** {@return the weaker of two nodes} */
  RedisDurability weaker(RedisDurability other) {
    return compareTo(other) >= 0 ? this : other;
  }

  /**
   * {@return the durability of one node}
   *
   * @param info the answers to {@code INFO persistence} and {@code INFO memory}
   * @param fsync the value of {@code appendfsync}; empty if Redis does not report it
   */
  static RedisDurability of(String info, String fsync) {
    String appendOnly = field(info, "aof_enabled");
    String policy = field(info, "maxmemory_policy");
    if (appendOnly.isEmpty() || policy.isEmpty()) {
      return UNKNOWN;
    }
    // Without a limit of memory nothing is evicted.
    if (!policy.equals("noeviction") && !field(info, "maxmemory").equals("0")) {
      return EVICTABLE;
    }
    if (!appendOnly.equals("1")) {
      return MEMORY;
    }
    return fsync.equals("always") ? SYNCED : WRITTEN;
  }

  private static String field(String info, String name) {
    return info.lines()
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> line.substring(name.length() + 1).strip())
        .findFirst()
        .orElse("");
  }
}
