package dev.holdfast.observe.debug.tally;

import dev.holdfast.observe.debug.facts.Pace;

/** Measures when things come, in constant memory. */
public final class PaceMeter {
  private static final long CLUMP_NANOS = 10_000_000;
  private static final long SLOW_NANOS = 1_000_000_000;

  private final PieceDistribution chunks = new PieceDistribution();
  private final PieceDistribution reads = new PieceDistribution();
  private final PieceDistribution gaps = new PieceDistribution();
  private final PieceDistribution contentGaps = new PieceDistribution();
  private final Curve curve = new Curve();
  private long requestAt = -1;
  private long headAt = -1;
  private long firstByteAt = -1;
  private long firstContentAt = -1;
  private long lastByteAt = -1;
  private long lastContentAt = -1;
  private long endAt = -1;
  private long lastChunkAt = -1;
  private long longestGap;
  private long longestGapAt = -1;
  private long bodyBytes;
  private long clumps;
  private long slowClumps;

  public void requested(long atNanos) {
    requestAt = atNanos;
  }

  public void anyByte(long atNanos) {
    lastByteAt = atNanos;
  }

  public void head(long atNanos) {
    headAt = atNanos;
  }

  public void chunk(long bytes, long readNanos, long atNanos) {
    if (firstByteAt < 0) {
      firstByteAt = atNanos;
    } else {
      gap(atNanos);
    }
    bodyBytes += bytes;
    chunks.add(bytes);
    reads.add(readNanos);
    curve.add(atNanos, bodyBytes, bytes);
    lastChunkAt = atNanos;
  }

  private void gap(long atNanos) {
    long gap = atNanos - lastChunkAt;
    gaps.add(gap);
    if (gap > longestGap) {
      longestGap = gap;
      longestGapAt = lastChunkAt;
    }
  }

  public void content(long atNanos) {
    long since = lastContentAt < 0 ? Math.max(requestAt, 0) : lastContentAt;
    if (firstContentAt < 0) {
      firstContentAt = atNanos;
    } else {
      contentGaps.add(atNanos - lastContentAt);
    }
    if (lastContentAt < 0 || atNanos - lastContentAt >= CLUMP_NANOS) {
      clumps++;
      slowClumps += atNanos - since >= SLOW_NANOS ? 1 : 0;
    }
    lastContentAt = atNanos;
  }

  public void end(long atNanos) {
    endAt = atNanos;
  }

  public long requestAt() {
    return requestAt;
  }

  public long lastByteAt() {
    return lastByteAt;
  }

  public long firstContentAt() {
    return firstContentAt;
  }

  public long lastContentAt() {
    return lastContentAt;
  }

  public Curve curve() {
    return curve;
  }

  public Pace pace(boolean known) {
    return new Pace(
        known,
        requestAt,
        headAt,
        firstByteAt,
        firstContentAt,
        lastByteAt,
        lastContentAt,
        endAt,
        bodyBytes,
        chunks.spread(),
        reads.spread(),
        gaps.spread(),
        contentGaps.spread(),
        longestGapAt,
        clumps,
        slowClumps);
  }
}
