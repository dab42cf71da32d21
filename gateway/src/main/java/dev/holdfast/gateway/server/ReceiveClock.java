package dev.holdfast.gateway.server;

import dev.holdfast.gateway.config.Limits;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * How long a client may take to send a request (slowloris), be without one, or leave a response
 * unread. Before the decoder, so that it sees the first byte.
 */
final class ReceiveClock extends ChannelInboundHandlerAdapter {
  private static final long TICK_MILLIS = 250;
  private static final long NANOS_PER_BYTE = TimeUnit.SECONDS.toNanos(1) / 1024;

  /** What is awaited. */
  enum Awaited {
    REQUEST,
    HEAD,
    BODY,
    RESPONSE
  }

  /** Receives once that the time for something is up. */
  interface Late {
    void late(Awaited awaited);
  }

  private final Limits limits;
  private final LongSupplier clock;
  private final Late late;
  private Awaited awaited = Awaited.REQUEST;
  private long sinceNanos;
  private long bytes;
  private boolean unread;
  private boolean heldUp;
  private @Nullable Future<?> ticks;

  ReceiveClock(Limits limits, LongSupplier clock, Late late) {
    this.limits = limits;
    this.clock = clock;
    this.late = late;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    sinceNanos = clock.getAsLong();
    ticks =
        context
            .executor()
            .scheduleWithFixedDelay(
                this::tick, TICK_MILLIS, tickMillis(limits), TimeUnit.MILLISECONDS);
  }

  /**
   * The shortest limit decides how often the clock is read; never more than four times a second.
   */
  private static long tickMillis(Limits limits) {
    long shortest =
        Math.min(
            Math.min(limits.headTime().toMillis(), limits.bodyTime().toMillis()),
            limits.idleTime().toMillis());
    return Math.clamp(shortest / 4, TICK_MILLIS, 5_000);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext context) {
    if (ticks != null) {
      ticks.cancel(false);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (awaited == Awaited.REQUEST) {
      await(Awaited.HEAD);
    }
    context.fireChannelRead(message);
  }

  /** From now on this is awaited. */
  void await(Awaited next) {
    awaited = next;
    sinceNanos = clock.getAsLong();
    bytes = 0;
    unread = false;
    heldUp = false;
  }

  /** A piece of the body arrived. */
  void received(int count) {
    bytes += count;
  }

  /** The request is not read for now, which is not the client's fault; or it is read again. */
  void heldUp(boolean heldUp) {
    if (this.heldUp != heldUp) {
      this.heldUp = heldUp;
      sinceNanos = clock.getAsLong();
      bytes = 0;
    }
  }

  /** The client stopped reading the response, or reads it again. */
  void unread(boolean unread) {
    this.unread = unread;
    sinceNanos = clock.getAsLong();
  }

  private void tick() {
    Duration limit =
        switch (awaited) {
          case REQUEST -> limits.idleTime();
          case HEAD -> limits.headTime();
          case BODY -> heldUp ? Duration.ZERO : limits.bodyTime().plusNanos(bytes * NANOS_PER_BYTE);
          case RESPONSE -> unread ? limits.readTime() : Duration.ZERO;
        };
    if (limit.isPositive() && clock.getAsLong() - sinceNanos > limit.toNanos()) {
      if (ticks != null) {
        ticks.cancel(false);
      }
      late.late(awaited);
    }
  }
}
