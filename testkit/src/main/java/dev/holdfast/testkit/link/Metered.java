package dev.holdfast.testkit.link;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Lets bytes through at a pace; nothing overtakes them. */
final class Metered implements Iterator<LinkDelivery> {
  private final Iterator<LinkDelivery> whole;
  private final LinkPace pace;
  private long freeAtNanos = Long.MIN_VALUE;

  /** What is left of a delivery of bytes. */
  private @Nullable ByteBuffer rest;

  Metered(Iterator<LinkDelivery> whole, LinkPace pace) {
    this.whole = whole;
    this.pace = pace;
  }

  @Override
  public boolean hasNext() {
    return rest != null || whole.hasNext();
  }

  @Override
  public LinkDelivery next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the transmission is over");
    }
    if (rest == null) {
      LinkDelivery next = whole.next();
      freeAtNanos = Math.max(freeAtNanos, next.atNanos());
      if (next.kind() != LinkDelivery.Kind.BYTES) {
        return new LinkDelivery(freeAtNanos, next.kind(), next.bytes());
      }
      rest = next.bytes();
    }
    ByteBuffer bytes = rest;
    int length = Math.min(pace.bytes(), bytes.remaining());
    ByteBuffer piece = bytes.slice(bytes.position(), length);
    bytes.position(bytes.position() + length);
    rest = bytes.hasRemaining() ? bytes : null;
    long now = freeAtNanos;
    freeAtNanos += pace.everyNanos();
    return new LinkDelivery(now, LinkDelivery.Kind.BYTES, piece);
  }
}
