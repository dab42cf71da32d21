package dev.holdfast.testkit.link;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Cuts and joins bytes that arrive at the same time into pieces of random size. */
final class Slicer implements Iterator<LinkDelivery> {
  private final Iterator<LinkDelivery> whole;
  private final int max;
  private final SplittableRandom random;
  private @Nullable LinkDelivery pending;
  private ByteBuffer rest = ByteBuffer.allocate(0);

  Slicer(Iterator<LinkDelivery> whole, int max, long seed) {
    this.whole = whole;
    this.max = max;
    this.random = new SplittableRandom(seed);
  }

  @Override
  public boolean hasNext() {
    return pending != null || whole.hasNext();
  }

  @Override
  public LinkDelivery next() {
    LinkDelivery first = take();
    if (first.kind() != LinkDelivery.Kind.BYTES) {
      return first;
    }
    ByteBuffer slice = ByteBuffer.allocate(1 + random.nextInt(max));
    keep(first);
    while (slice.hasRemaining() && pending != null && belongs(first)) {
      int now = Math.min(slice.remaining(), rest.remaining());
      slice.put(rest.slice(rest.position(), now));
      rest.position(rest.position() + now);
      if (!rest.hasRemaining()) {
        pending = null;
        if (whole.hasNext()) {
          keep(whole.next());
        }
      }
    }
    return new LinkDelivery(first.atNanos(), LinkDelivery.Kind.BYTES, slice.flip());
  }

  private boolean belongs(LinkDelivery first) {
    return pending != null
        && pending.kind() == LinkDelivery.Kind.BYTES
        && pending.atNanos() == first.atNanos();
  }

  private LinkDelivery take() {
    LinkDelivery next = pending;
    pending = null;
    if (next != null) {
      return next.kind() == LinkDelivery.Kind.BYTES
          ? new LinkDelivery(next.atNanos(), next.kind(), rest.slice())
          : next;
    }
    if (!whole.hasNext()) {
      throw new NoSuchElementException("the transmission is over");
    }
    return whole.next();
  }

  private void keep(LinkDelivery delivery) {
    pending = delivery;
    rest = delivery.bytes();
  }
}
