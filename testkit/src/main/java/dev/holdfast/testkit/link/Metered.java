package dev.holdfast.testkit.link;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Lets bytes through at a pace; nothing overtakes them. */
final class Metered implements Iterator<Delivery> {
  private final Iterator<Delivery> whole;
  private final Pace pace;
  private long freeAtNanos = Long.MIN_VALUE;

  /** What is left of a delivery of bytes. */
  private @Nullable ByteBuffer rest;

  Metered(Iterator<Delivery> whole, Pace pace) {
    this.whole = whole;
    this.pace = pace;
  }

  @Override
  public boolean hasNext() {
    return rest != null || whole.hasNext();
  }

  @Override
  public Delivery next() {
    if (!hasNext()) {
      throw new NoSuchElementException("the transmission is over");
    }
    if (rest == null) {
      Delivery next = whole.next();
      freeAtNanos = Math.max(freeAtNanos, next.atNanos());
      if (next.kind() != Delivery.Kind.BYTES) {
        return new Delivery(freeAtNanos, next.kind(), next.bytes());
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
    return new Delivery(now, Delivery.Kind.BYTES, piece);
  }
}
