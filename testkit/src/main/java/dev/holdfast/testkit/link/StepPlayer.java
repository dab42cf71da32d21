package dev.holdfast.testkit.link;

import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/** Plays steps as deliveries, one at a time. */
final class StepPlayer implements Iterator<LinkDelivery> {
  private final Iterator<Step> steps;
  private long nowNanos;

  /** What is left of a step that makes several deliveries. */
  private @Nullable Step current;

  private @Nullable LinkDelivery next;

  StepPlayer(List<Step> steps, long startNanos) {
    this.steps = steps.iterator();
    nowNanos = startNanos;
  }

  @Override
  public boolean hasNext() {
    while (next == null && (current != null || steps.hasNext())) {
      Step step = current != null ? current : steps.next();
      current = null;
      next = play(step);
    }
    return next != null;
  }

  @Override
  public LinkDelivery next() {
    if (!hasNext() || next == null) {
      throw new NoSuchElementException("the transmission is over");
    }
    LinkDelivery delivery = next;
    next = null;
    return delivery;
  }

  private @Nullable LinkDelivery play(Step step) {
    return switch (step) {
      case Step.Head() -> LinkDelivery.of(nowNanos, LinkDelivery.Kind.HEAD);
      case Step.Event(var kind, byte[] bytes) -> bytes(bytes, bytes.length);
      case Step.Piece(byte[] bytes) -> bytes(bytes, bytes.length);
      case Step.Fill(byte[] block, long left) -> {
        int now = (int) Math.min(left, block.length);
        if (left > now) {
          current = new Step.Fill(block, left - now);
        }
        yield bytes(block, now);
      }
      case Step.Wait(var length) -> {
        nowNanos += length.toNanos();
        yield null;
      }
      case Step.KeepAlives(byte[] bytes, var interval, var length) -> {
        if (length.compareTo(interval) <= 0) {
          nowNanos += length.toNanos();
          yield null;
        }
        nowNanos += interval.toNanos();
        current = new Step.KeepAlives(bytes, interval, length.minus(interval));
        yield bytes(bytes, bytes.length);
      }
      case Step.Mark(var fault) -> null;
      case Step.End() -> LinkDelivery.of(nowNanos, LinkDelivery.Kind.END);
      case Step.Fin(byte[] raw) ->
          new LinkDelivery(nowNanos, LinkDelivery.Kind.FIN, ByteBuffer.wrap(raw));
      case Step.Rst(byte[] raw) ->
          new LinkDelivery(nowNanos, LinkDelivery.Kind.RST, ByteBuffer.wrap(raw));
    };
  }

  private @Nullable LinkDelivery bytes(byte[] bytes, int length) {
    return length == 0
        ? null
        : new LinkDelivery(nowNanos, LinkDelivery.Kind.BYTES, ByteBuffer.wrap(bytes, 0, length));
  }
}
