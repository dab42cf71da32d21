package dev.holdfast.journal.redis;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;

/**
 * How much each partition holds, as its last answers reported it. Other processes change it, too,
 * so limits of the whole journal are kept approximately. Thread-safe.
 */
final class Totals {
  private final AtomicLongArray streams = new AtomicLongArray(Keys.PARTITIONS);
  private final AtomicLongArray open = new AtomicLongArray(Keys.PARTITIONS);
  private final AtomicLongArray bytes = new AtomicLongArray(Keys.PARTITIONS);

  /** The sum of the bytes, which each append needs. */
  private final AtomicLong allBytes = new AtomicLong();

  /** Keeps the three numbers that begin at an index of an answer. */
  void keep(int partition, Reply reply, int index) {
    streams.set(partition, reply.number(index));
    open.set(partition, reply.number(index + 1));
    keepBytes(partition, reply.number(index + 2));
  }

  /** Keeps the bytes of a partition alone. */
  void keepBytes(int partition, long count) {
    allBytes.addAndGet(count - bytes.getAndSet(partition, count));
  }

  long streams() {
    return sum(streams);
  }

  long open() {
    return sum(open);
  }

  long bytes() {
    return allBytes.get();
  }

  long streamsElsewhere(int partition) {
    return sum(streams) - streams.get(partition);
  }

  long bytesElsewhere(int partition) {
    return allBytes.get() - bytes.get(partition);
  }

  private static long sum(AtomicLongArray parts) {
    long sum = 0;
    for (int i = 0; i < parts.length(); i++) {
      sum += parts.get(i);
    }
    return sum;
  }
}
