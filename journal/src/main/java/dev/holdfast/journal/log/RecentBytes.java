package dev.holdfast.journal.log;

import java.nio.ByteBuffer;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/** The newest commits of a shard in memory, so that live readers need no disk. Thread-safe. */
final class RecentBytes {
  private record Place(long segment, long position) implements Comparable<Place> {
    @Override
    public int compareTo(Place other) {
      int bySegment = Long.compare(segment, other.segment);
      return bySegment != 0 ? bySegment : Long.compare(position, other.position);
    }
  }

  private final ConcurrentSkipListMap<Place, byte[]> commits = new ConcurrentSkipListMap<>();
  private final AtomicLong bytes = new AtomicLong();
  private final long limit;

  RecentBytes(long limit) {
    this.limit = limit;
  }

  /** Adds a commit that is stored at {@code position}, and drops the oldest beyond the limit. */
  void add(long segment, long position, ByteBuffer commit) {
    if (commit.remaining() > limit) {
      return;
    }
    byte[] copy = new byte[commit.remaining()];
    commit.get(commit.position(), copy);
    commits.put(new Place(segment, position), copy);
    long total = bytes.addAndGet(copy.length);
    while (total > limit) {
      var oldest = commits.pollFirstEntry();
      if (oldest == null) {
        return;
      }
      total = bytes.addAndGet(-oldest.getValue().length);
    }
  }

  /** {@return what is known from that place on; null if it is not in memory} */
  @Nullable ByteBuffer find(long segment, long position) {
    Map.Entry<Place, byte[]> entry = commits.floorEntry(new Place(segment, position));
    if (entry == null || entry.getKey().segment() != segment) {
      return null;
    }
    long within = position - entry.getKey().position();
    byte[] commit = entry.getValue();
    return within >= commit.length
        ? null
        : ByteBuffer.wrap(commit, (int) within, commit.length - (int) within).slice();
  }

  long bytes() {
    return bytes.get();
  }
}
