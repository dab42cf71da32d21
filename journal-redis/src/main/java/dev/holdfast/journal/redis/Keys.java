package dev.holdfast.journal.redis;

import dev.holdfast.core.spi.StreamId;
import java.nio.charset.StandardCharsets;

/**
 * The names of the keys. All of a partition have one hash tag, so that one script may use them in a
 * Redis Cluster, too; partitions spread over its nodes.
 */
final class Keys {
  /** Must never change for a store that has streams. */
  static final int PARTITIONS = 64;

  private final String prefix;

  Keys(String prefix) {
    this.prefix = prefix;
  }

  static int partition(StreamId id) {
    long mixed = (id.high() ^ Long.rotateLeft(id.low(), 32)) * 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 58);
  }

  private String tagged(int partition, String rest) {
    return "%s:{%02d}:%s".formatted(prefix, partition, rest);
  }

  String headPrefix(int partition) {
    return tagged(partition, "head:");
  }

  String entriesPrefix(int partition) {
    return tagged(partition, "entries:");
  }

  String channelPrefix(int partition) {
    return tagged(partition, "news:");
  }

  String channel(StreamId id) {
    return channelPrefix(partition(id)) + id;
  }

  /** {@return the keys of every script that concerns one stream} */
  byte[][] of(StreamId id) {
    int partition = partition(id);
    return keys(partition, headPrefix(partition) + id, entriesPrefix(partition) + id);
  }

  /** {@return the keys of every script that concerns a partition} */
  byte[][] of(int partition) {
    return keys(partition, headPrefix(partition), entriesPrefix(partition));
  }

  private byte[][] keys(int partition, String head, String entries) {
    return new byte[][] {
      bytes(head),
      bytes(entries),
      bytes(tagged(partition, "ids")),
      bytes(tagged(partition, "open")),
      bytes(tagged(partition, "bytes"))
    };
  }

  /**
   * {@return the keys of every script that concerns one tenant: levels, open requests,
   * reservations, and one for each identity}
   */
  byte[][] tenant(String tenant, String... identities) {
    String tagged = "%s:{t:%s}:".formatted(prefix, tenant);
    byte[][] keys = new byte[3 + identities.length][];
    keys[0] = bytes(tagged + "use");
    keys[1] = bytes(tagged + "open");
    keys[2] = bytes(tagged + "held");
    for (int i = 0; i < identities.length; i++) {
      keys[3 + i] = bytes(tagged + "same:" + identities[i]);
    }
    return keys;
  }

  /** {@return the keys of what all gateways know of upstreams: origins, and health} */
  byte[][] news() {
    return new byte[][] {bytes(prefix + ":{news}:origins"), bytes(prefix + ":{news}:health")};
  }

  /** {@return the channel of changes of {@link #news}} */
  String newsChannel() {
    return prefix + ":{news}:changed";
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
