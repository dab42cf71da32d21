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

  private static final String HEAD = "head:";
  private static final String ENTRIES = "entries:";
  private static final String NEWS = "news:";

  private final String prefix;

  /** How the keys of each partition begin. */
  private final String[] tags = new String[PARTITIONS];

  private final byte[][][] common = new byte[PARTITIONS][][];

  Keys(String prefix) {
    this.prefix = prefix;
    for (int i = 0; i < PARTITIONS; i++) {
      tags[i] = prefix + ":{" + (i < 10 ? "0" : "") + i + "}:";
      common[i] =
          new byte[][] {
            bytes(tags[i] + HEAD),
            bytes(tags[i] + ENTRIES),
            bytes(tags[i] + "ids"),
            bytes(tags[i] + "open"),
            bytes(tags[i] + "bytes")
          };
    }
  }

  static int partition(StreamId id) {
    long mixed = (id.high() ^ Long.rotateLeft(id.low(), 32)) * 0x9e3779b97f4a7c15L;
    return (int) (mixed >>> 58);
  }

  String headPrefix(int partition) {
    return tags[partition] + HEAD;
  }

  String entriesPrefix(int partition) {
    return tags[partition] + ENTRIES;
  }

  String channelPrefix(int partition) {
    return tags[partition] + NEWS;
  }

  String channel(StreamId id) {
    return channelPrefix(partition(id)) + id;
  }

  /** {@return the keys of every script that concerns one stream} */
  byte[][] of(StreamId id) {
    int partition = partition(id);
    byte[][] keys = common[partition].clone();
    keys[0] = bytes(headPrefix(partition) + id);
    keys[1] = bytes(entriesPrefix(partition) + id);
    return keys;
  }

  /** {@return the keys of every script that concerns a partition} */
  byte[][] of(int partition) {
    return common[partition].clone();
  }

  /**
   * {@return the keys of every script that concerns one tenant: levels, open requests,
   * reservations, and one for each identity}
   */
  byte[][] tenant(String tenant, String... identities) {
    return tenant(tenant, "same:", identities);
  }

  /** {@return the keys of a tenant, and of the mark of a reservation that was settled} */
  byte[][] settlement(String tenant, String reservation) {
    return tenant(tenant, "settled:", new String[] {reservation});
  }

  private byte[][] tenant(String tenant, String kind, String[] names) {
    String tagged = "%s:{t:%s}:".formatted(prefix, tenant);
    byte[][] keys = new byte[3 + names.length][];
    keys[0] = bytes(tagged + "use");
    keys[1] = bytes(tagged + "open");
    keys[2] = bytes(tagged + "held");
    for (int i = 0; i < names.length; i++) {
      keys[3 + i] = bytes(tagged + kind + names[i]);
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

  /** {@return keys of nothing else} */
  byte[][] check() {
    String start = prefix + ":{check}:";
    return new byte[][] {
      bytes(start + "mark"), bytes(start + "hash"), bytes(start + "set"), bytes(start + "stream")
    };
  }

  /** {@return a channel of nothing else, in the slot of {@link #check}} */
  String checkChannel() {
    return prefix + ":{check}:channel";
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }
}
