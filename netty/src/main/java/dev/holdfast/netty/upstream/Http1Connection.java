package dev.holdfast.netty.upstream;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.DefaultLastHttpContent;
import io.netty.handler.codec.http.EmptyHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * One connection that speaks HTTP/1.1: one exchange after another. It is kept only after a response
 * that ended as its framing requires, to a request that was sent whole, and with nothing after it.
 */
final class Http1Connection extends ChannelInboundHandlerAdapter
    implements Carrier, ResponseDecoder.Sink {
  /** Longest rest of a response that is skipped. */
  private static final int MAX_LINGER_BYTES = 16 << 10;

  private static final Pattern TIMEOUT = Pattern.compile("(?i).*timeout=(\\d{1,6}).*");

  private final Origin origin;
  private final ConnectionPool pool;
  private final ResponseDecoder decoder = new ResponseDecoder(this);
  private final long madeAt;
  private @Nullable Channel channel;
  private @Nullable UpstreamExchange exchange;
  private @Nullable Failure broken;
  private @Nullable HttpHeaders trailers;

  /** Whether all of the request has been handed to the system. */
  private boolean requestOver;

  private boolean headArrived;
  private boolean ended;
  private boolean inRead;

  /** Whether the rest of a response is skipped, so that the connection can be kept. */
  private boolean lingering;

  private int lingerBytes;
  private long idleSince;
  private long statedIdleNanos = Long.MAX_VALUE;

  Http1Connection(Origin origin, ConnectionPool pool) {
    this.origin = origin;
    this.pool = pool;
    madeAt = pool.now();
    idleSince = madeAt;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext context) {
    channel = context.channel();
  }

  private Channel channel() {
    if (channel == null) {
      throw new IllegalStateException("connection: must be in a pipeline");
    }
    return channel;
  }

  // ---------------------------------------------------------------- the pool

  long madeAt() {
    return madeAt;
  }

  long idleSince() {
    return idleSince;
  }

  /** {@return how long the upstream keeps it, less a second; the longest time if it stated none} */
  long statedIdleNanos() {
    return statedIdleNanos;
  }

  /** {@return whether a request may be sent on it, by what the system has reported so far} */
  boolean isUsable() {
    return exchange == null && !lingering && broken == null && channel().isActive();
  }

  /** Closes it while it waits. */
  void discard() {
    channel().close();
  }

  // ---------------------------------------------------------------- a request

  /** Sends a request; what comes back belongs to its exchange until that is over. */
  void begin(UpstreamExchange next) {
    exchange = next;
    headArrived = false;
    ended = false;
    UpstreamRequest request = next.request();
    decoder.begin(request.method().equals(HttpMethod.HEAD));
    requestOver = false;
    channel().config().setAutoRead(next.isReading());
    next.carried(this);
    var message = RequestMessages.of(request, origin, channel().alloc());
    if (request.isPiecemeal()) {
      channel().writeAndFlush(message, channel().voidPromise());
    } else {
      writeLast(message);
    }
    next.sendable();
  }

  /** A server may answer before it has read the request, and then read no more of it. */
  private void writeLast(Object message) {
    var promise = channel().newPromise();
    promise.addListener(written -> {
      requestOver = written.isSuccess();
      if (!requestOver) {
        channel().pipeline().fireExceptionCaught(written.cause());
      }
    });
    channel().writeAndFlush(message, promise);
  }

  @Override
  public void send(ByteBuf bytes) {
    channel().writeAndFlush(new DefaultHttpContent(bytes), channel().voidPromise());
  }

  @Override
  public void sendEnd(HttpHeaders trailers) {
    var last = new DefaultLastHttpContent(Unpooled.EMPTY_BUFFER);
    last.trailingHeaders().add(trailers);
    writeLast(last);
  }

  @Override
  public boolean isWritable() {
    return channel().isActive() && channel().isWritable();
  }

  @Override
  public void reading(boolean on) {
    channel().config().setAutoRead(on);
  }

  @Override
  public void close() {
    exchange = null;
    lingering = false;
    channel().close();
  }

  @Override
  public void finish() {
    exchange = null;
    lingering = true;
    lingerBytes = MAX_LINGER_BYTES;
    idleSince = pool.now();
    channel().config().setAutoRead(true);
    if (!inRead) {
      pool.linger(this);
    }
  }

  /** {@return whether it still waits for the end of a response that is not needed any more} */
  boolean isLingering() {
    return lingering;
  }

  // ---------------------------------------------------------------- a response

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    try {
      if ((exchange == null && !lingering) || !(message instanceof ByteBuf bytes)) {
        context.close(); // Nothing was asked.
        return;
      }
      inRead = true;
      decoder.read(bytes, pool.piece(bytes.readableBytes()));
      inRead = false;
      if (ended) {
        ended(bytes.isReadable());
      } else if (lingering) {
        pool.linger(this);
      }
    } finally {
      ReferenceCountUtil.release(message);
    }
  }

  /** The response has ended; its exchange learns it once the connection is free, or closed. */
  private void ended(boolean moreArrived) {
    ended = false;
    lingering = false;
    var over = exchange;
    exchange = null;
    if (!moreArrived && requestOver && decoder.isReusable() && channel().isActive()) {
      idleSince = pool.now();
      // A stream that was paused last must not leave a connection that never reads its end.
      channel().config().setAutoRead(true);
      pool.keep(origin, this);
    } else {
      channel().close();
    }
    if (over != null) {
      over.ended(trailers());
    }
  }

  private HttpHeaders trailers() {
    HttpHeaders sent = trailers;
    trailers = null;
    return sent == null ? EmptyHttpHeaders.INSTANCE : sent;
  }

  @Override
  public void head(HttpResponse head) {
    headArrived = true;
    String stated = head.headers().get("keep-alive");
    if (stated != null) {
      var timeout = TIMEOUT.matcher(stated);
      if (timeout.matches()) {
        statedIdleNanos =
            TimeUnit.SECONDS.toNanos(Math.max(0, Integer.parseInt(timeout.group(1)) - 1L));
      }
    }
    if (exchange != null) {
      exchange.head(head);
    }
  }

  @Override
  public void body(ByteBuf bytes) {
    if (exchange != null) {
      exchange.content(bytes);
    } else {
      lingerBytes -= bytes.readableBytes();
      if (lingerBytes < 0) {
        close();
      }
    }
  }

  @Override
  public void end(HttpHeaders trailers) {
    this.trailers = trailers;
    ended = true;
  }

  @Override
  public void broken(String why) {
    fail(
        headArrived
            ? Failure.retryable(Cause.CONNECTION_LOST, why)
            : Failure.retryable(Cause.CONNECTION_FAILED, origin.authority() + ": " + why),
        false);
  }

  @Override
  public boolean isOver() {
    return ended || (exchange == null && !lingering);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    if (exchange != null) {
      exchange.pause();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    if (exchange != null) {
      exchange.sendable();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
    if (broken == null) {
      broken =
          headArrived
              ? ConnectFailures.within(thrown)
              : ConnectFailures.before(thrown, origin.authority());
    }
    context.close();
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    if (exchange == null) {
      lingering = false;
      pool.remove(origin, this);
      return;
    }
    if (broken == null && decoder.endsWithConnection()) {
      ended(false);
      return;
    }
    Failure known = broken;
    if (known == null) {
      known =
          headArrived
              ? Failure.retryable(Cause.CONNECTION_LOST, decoder.unfinished())
              : Failure.retryable(
                  Cause.CONNECTION_FAILED,
                  origin.authority() + ": the connection ended before a response came");
    }
    fail(known, !decoder.hasBegun());
  }

  private void fail(Failure failure, boolean unanswered) {
    var failed = exchange;
    exchange = null;
    lingering = false;
    channel().close();
    if (failed != null) {
      failed.failed(failure, unanswered);
    }
  }
}
