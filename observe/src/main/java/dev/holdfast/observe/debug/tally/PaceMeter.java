package dev.holdfast.observe.debug.tally;

import dev.holdfast.observe.debug.facts.Bursts;
import dev.holdfast.observe.debug.facts.Pace;

/** Measures when things come, in constant memory. */
public final class PaceMeter {
  private static final long BURST_NANOS = 10_000_000;
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
  private long bursts;
  private long slowBursts;
  private long burstAt = -1;
  private double intervals;
  private double squares;

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
    if (lastContentAt < 0 || atNanos - lastContentAt >= BURST_NANOS) {
      slowBursts += atNanos - since >= SLOW_NANOS ? 1 : 0;
      burst(atNanos);
    }
    lastContentAt = atNanos;
  }

  private void burst(long atNanos) {
    if (bursts++ > 0) {
      double interval = atNanos - burstAt;
      intervals += interval;
      squares += interval * interval;
    }
    burstAt = atNanos;
  }

  private Bursts bursts() {
    if (bursts < 2) {
      return new Bursts(bursts, slowBursts, 0, 0);
    }
    double mean = intervals / (bursts - 1);
    double variance = Math.max(0, squares / (bursts - 1) - mean * mean);
    return new Bursts(bursts, slowBursts, Math.round(mean), Math.sqrt(variance) / mean);
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
        bursts());
  }
}
