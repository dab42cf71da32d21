package dev.holdfast.netty;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.netty.upstream.Dialer;
import dev.holdfast.netty.upstream.Origin;
import dev.holdfast.netty.upstream.UpstreamExchange;
import dev.holdfast.netty.upstream.UpstreamListener;
import dev.holdfast.netty.upstream.UpstreamRequest;
import io.netty.buffer.ByteBuf;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpResponse;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One exchange of {@link NettyTransport}. What arrives beyond the demand is kept, and then nothing
 * more is read: at most one read, and the rest of what a closed connection still held.
 *
 * <p>Concurrency: everything happens on the event loop, except {@link #demand} and {@link #cancel}.
 * Demand wakes the loop only where it waits for demand. The caller adds the demand and then reads
 * {@code starved}; the loop writes {@code starved} and then reads the demand. So at least one of
 * them sees the other.
 */
final class NettyExchange implements Transport.Exchange, UpstreamListener {
  private final Transport.Receiver receiver;
  private final EventLoop loop;
  private final Consumer<NettyExchange> onOver;
  private final AtomicLong demand = new AtomicLong();
  private final ArrayDeque<ByteBuffer> kept = new ArrayDeque<>(0);
  private volatile @Nullable UpstreamExchange upstream;

  /** Whether bytes wait for demand. */
  private volatile boolean starved;

  private volatile boolean over;
  private boolean headArrived;

  /** Reports the end, which comes after the bytes that are kept; null before it is known. */
  private @Nullable Runnable end;

  NettyExchange(Transport.Receiver receiver, EventLoop loop, Consumer<NettyExchange> onOver) {
    this.receiver = receiver;
    this.loop = loop;
    this.onOver = onOver;
  }

  void begin(Dialer dialer, Origin origin, UpstreamRequest request, Duration connectTime) {
    var opened = dialer.open(loop, origin, request, connectTime, this);
    upstream = opened;
    if (over) {
      cancel(); // The caller or the transport was faster.
    } else if (starved) { // The loop was, and had nothing to stop.
      onLoop(() -> {
        if (starved) {
          reading(false);
        }
      });
    }
  }

  /** Fails an exchange of a transport that is closed. Any thread. */
  void refuse(Failure closed) {
    try {
      loop.execute(() -> {
        kept.clear();
        failed(headArrived ? Failure.retryable(Cause.CONNECTION_LOST, closed.detail()) : closed);
        var opened = upstream;
        if (opened != null) {
          opened.close();
        }
      });
    } catch (RejectedExecutionException e) {
      if (finish()) { // The loop has ended, so nothing else calls the receiver.
        receiver.onFailure(closed);
      }
    }
  }

  // ---------------------------------------------------------------- the caller

  @Override
  public void demand(long chunks) {
    demand.accumulateAndGet(chunks, (now, more) -> now + more < 0 ? Long.MAX_VALUE : now + more);
    if (starved) {
      onLoop(this::drain);
    }
  }

  @Override
  public void cancel() {
    over = true;
    onLoop(() -> {
      kept.clear();
      onOver.accept(this);
      var opened = upstream;
      if (opened != null) {
        opened.close();
      }
    });
  }

  private void onLoop(Runnable task) {
    try {
      loop.execute(task);
    } catch (RejectedExecutionException e) {
      // The transport is closed, and with it every connection.
    }
  }

  // ---------------------------------------------------------------- the upstream

  @Override
  public void head(HttpResponse head) {
    headArrived = true;
    if (over) {
      return;
    }
    Map<String, List<String>> headers = new HashMap<>();
    for (var field : head.headers()) {
      String name = field.getKey().toLowerCase(Locale.ROOT);
      headers.computeIfAbsent(name, key -> new ArrayList<>(1)).add(field.getValue());
    }
    receiver.onHead(new ResponseHead(head.status().code(), headers));
  }

  @Override
  public void content(ByteBuf bytes) {
    if (over) {
      return;
    }
    // The array is ours: see Pieces.OWNED.
    var chunk =
        ByteBuffer.wrap(
            bytes.array(), bytes.arrayOffset() + bytes.readerIndex(), bytes.readableBytes());
    if (kept.isEmpty() && taken()) {
      receiver.onBytes(chunk);
      return;
    }
    kept.add(chunk);
    if (!starved) {
      starved = true;
      reading(false);
    }
    drain(); // Demand may have come meanwhile.
  }

  /** {@return whether one more chunk was allowed, which is now used} */
  private boolean taken() {
    long left = demand.get();
    while (left > 0) {
      if (left == Long.MAX_VALUE || demand.compareAndSet(left, left - 1)) {
        return true;
      }
      left = demand.get();
    }
    return false;
  }

  private void drain() {
    while (!over && !kept.isEmpty() && taken()) {
      receiver.onBytes(kept.remove());
    }
    if (over || !kept.isEmpty()) {
      return;
    }
    if (end != null) {
      end.run();
    } else if (starved) {
      starved = false;
      reading(true);
    }
  }

  private void reading(boolean on) {
    var opened = upstream;
    if (opened != null) {
      opened.reading(on);
    }
  }

  @Override
  public void pause() {
    // Nothing is gathered.
  }

  @Override
  public void ended(HttpHeaders trailers) {
    atEnd(() -> {
      if (finish()) {
        receiver.onEnd();
      }
    });
  }

  @Override
  public void failed(Failure failure) {
    atEnd(() -> {
      if (finish()) {
        receiver.onFailure(failure);
      }
    });
  }

  private void atEnd(Runnable reports) {
    if (kept.isEmpty()) {
      reports.run();
    } else if (end == null) {
      end = reports;
    }
  }

  private boolean finish() {
    onOver.accept(this);
    if (over) {
      return false;
    }
    over = true;
    return true;
  }
}
