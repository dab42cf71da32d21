package dev.holdfast.cli.simulate;

import java.util.ArrayList;
import java.util.List;

/**
 * Seeds in a row.
 *
 * @param first the first one
 * @param last the last one, not below the first
 */
record SeedRange(long first, long last) {
  static SeedRange of(long first, long count) {
    return new SeedRange(first, first + count - 1);
  }

  long count() {
    return last - first + 1;
  }

  /** {@return the same seeds in ranges of at most {@code size}, in order} */
  List<SeedRange> inChunksOf(long size) {
    var chunks = new ArrayList<SeedRange>();
    for (long at = first; at <= last; at += size) {
      chunks.add(new SeedRange(at, Math.min(last, at + size - 1)));
    }
    return chunks;
  }

  /** {@return what is left of this without {@code other}, in order} */
  List<SeedRange> without(SeedRange other) {
    if (other.last < first || other.first > last) {
      return List.of(this);
    }
    var left = new ArrayList<SeedRange>();
    if (other.first > first) {
      left.add(new SeedRange(first, other.first - 1));
    }
    if (other.last < last) {
      left.add(new SeedRange(other.last + 1, last));
    }
    return left;
  }
}
