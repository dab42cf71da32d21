package dev.holdfast.netty.upstream;

import dev.holdfast.core.stream.Failure;
import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.SslContext;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Opens exchanges with upstreams, on connections that are kept or made. Thread-safe; nothing here
 * blocks an event loop.
 */
public final class Dialer {
  /**
   * A request on a kept connection is repeated only if the connection ends so soon after it: the
   * upstream had closed it before. Later, it may have worked on an answer.
   */
  private static final long DEAD_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Class<? extends SocketChannel> type;
  private final Supplier<@Nullable SslContext> tls;
  private final Duration connectTime;
  private final PoolSettings kept;
  private final Pieces pieces;
  private final boolean repeats;
  private final LongSupplier clock;
  private final Map<EventLoop, LoopConnections> connections = new ConcurrentHashMap<>();

  /** The connections of one event loop, and what waits for one. */
  private record LoopConnections(ConnectionPool pool, WaitingExchanges waiting) {}

  private Dialer(
      Class<? extends SocketChannel> type,
      Supplier<@Nullable SslContext> tls,
      Duration connectTime,
      PoolSettings kept,
      Pieces pieces,
      boolean repeats,
      LongSupplier clock) {
    this.type = type;
    this.tls = tls;
    this.connectTime = connectTime;
    this.kept = kept;
    this.pieces = pieces;
    this.repeats = repeats;
    this.clock = clock;
  }

  /**
   * {@return a dialer for listeners on the event loop} They read pieces of bodies in place. A
   * request on a kept connection that proves dead is repeated, if it may be.
   *
   * @param type the channel type of the event loops
   * @param tls decides which certificates are trusted, and by ALPN whether HTTP/2 is spoken; asked
   *     on an event loop where an upstream speaks TLS
   * @param connectTime for an address of the upstream: TCP and TLS together; zero for no limit
   * @param kept which connections are used again
   * @param clock nanoseconds that never go back
   */
  public static Dialer inPlace(
      Class<? extends SocketChannel> type,
      Supplier<@Nullable SslContext> tls,
      Duration connectTime,
      PoolSettings kept,
      LongSupplier clock) {
    return new Dialer(type, tls, connectTime, kept, Pieces.SHARED, true, clock);
  }

  /**
   * {@return a dialer for listeners that keep pieces of bodies, with their arrays} A request on a
   * kept connection that proves dead fails, and the caller counts the attempt.
   *
   * @param type the channel type of the event loops
   * @param tls as above; asked on an event loop where an upstream speaks TLS
   * @param kept which connections are used again
   */
  public static Dialer keeping(
      Class<? extends SocketChannel> type, Supplier<@Nullable SslContext> tls, PoolSettings kept) {
    return new Dialer(type, tls, Duration.ZERO, kept, Pieces.OWNED, false, System::nanoTime);
  }

  /**
   * {@return an exchange that is being opened} The listener is called on {@code loop}, and not
   * before this method has returned.
   */
  public UpstreamExchange open(
      EventLoop loop, Origin origin, UpstreamRequest request, UpstreamListener listener) {
    return open(loop, origin, request, connectTime, listener);
  }

  /**
   * {@return an exchange that is being opened} The listener is called on {@code loop}; where the
   * caller is on another thread, possibly before this method has returned.
   *
   * @param connectTime for an address of the upstream: TCP and TLS together; zero for no limit
   */
  public UpstreamExchange open(
      EventLoop loop,
      Origin origin,
      UpstreamRequest request,
      Duration connectTime,
      UpstreamListener listener) {
    var exchange = new UpstreamExchange(request, connectTime, listener);
    loop.execute(() -> begin(loop, origin, exchange));
    return exchange;
  }

  /** Closes the connections of an event loop, whose exchanges fail. On that loop. */
  public void close(EventLoop loop) {
    var there = connections.remove(loop);
    if (there != null) {
      there.pool().close();
    }
  }

  private LoopConnections of(EventLoop loop) {
    return connections.computeIfAbsent(
        loop,
        key ->
            new LoopConnections(
                new ConnectionPool(key, kept, pieces, clock), new WaitingExchanges()));
  }

  private boolean mayBeHttp2(Origin origin) {
    if (!origin.offersHttp2()) {
      return false;
    }
    var context = tls.get();
    return context != null
        && context.applicationProtocolNegotiator().protocols().contains(Dial.HTTP_2);
  }

  private void begin(EventLoop loop, Origin origin, UpstreamExchange exchange) {
    if (exchange.isOver()) {
      return;
    }
    var there = of(loop);
    var session = there.waiting().withRoom(origin);
    if (session != null) {
      repeatIfDead(loop, origin, exchange);
      session.begin(exchange);
      return;
    }
    var connection = there.pool().take(origin, !repeats || exchange.request().isRepeatable());
    if (connection == null) {
      connect(loop, origin, exchange);
      return;
    }
    repeatIfDead(loop, origin, exchange);
    connection.begin(exchange);
  }

  private void repeatIfDead(EventLoop loop, Origin origin, UpstreamExchange exchange) {
    boolean repeatable = repeats && exchange.request().isRepeatable();
    long sent = clock.getAsLong();
    exchange.repeatBy(promised -> {
      boolean unread = promised || (repeatable && clock.getAsLong() - sent <= DEAD_NANOS);
      if (unread) {
        connect(loop, origin, exchange);
      }
      return unread;
    });
  }

  /** On a new connection: what the server promises not to have read is sent again. */
  private void repeatIfRefused(EventLoop loop, Origin origin, UpstreamExchange exchange) {
    exchange.repeatBy(promised -> {
      if (promised) {
        connect(loop, origin, exchange);
      }
      return promised;
    });
  }

  /** Makes a connection, or waits for one that is being made and may carry several exchanges. */
  private void connect(EventLoop loop, Origin origin, UpstreamExchange exchange) {
    SslContext secured;
    try {
      secured = origin.isTls() ? tls.get() : null;
    } catch (IllegalStateException e) {
      exchange.failed(ConnectFailures.noTls(origin.authority()), false);
      return;
    }
    var there = of(loop);
    if (mayBeHttp2(origin)) {
      if (there.waiting().isFull(origin)) {
        exchange.failed(ConnectFailures.full(origin.authority()), false);
        return;
      }
      if (there.waiting().waits(origin, exchange)) {
        return;
      }
    }
    var made = new Dial(loop, type, secured, origin, exchange, there.pool().receiver());
    made.begin(
        new Dial.Result() {
          @Override
          public void connected(Channel channel, boolean http2) {
            Dialer.this.connected(loop, origin, exchange, channel, http2);
          }

          @Override
          public void failed(Failure failure) {
            Dialer.this.failed(loop, origin, exchange, failure);
          }
        });
  }

  private void connected(
      EventLoop loop, Origin origin, UpstreamExchange exchange, Channel channel, boolean http2) {
    var there = of(loop);
    if (http2) {
      var session = new Http2Session(origin, channel, there.pool(), there.waiting());
      there.waiting().opened(origin, session);
      there.pool().opened(session);
      if (!exchange.isOver()) {
        repeatIfRefused(loop, origin, exchange);
        session.begin(exchange);
      }
      session.whenSettled(
          exchange.connectTime(),
          failure -> {
            if (failure == null) {
              next(loop, origin, false);
            } else {
              there.waiting().taken(origin, false).forEach(other -> other.failed(failure, false));
            }
          });
      return;
    }
    if (exchange.isOver()) {
      channel.close();
    } else {
      var connection = new Http1Connection(origin, there.pool());
      channel.pipeline().addLast(new HttpRequestEncoder()).addLast(connection);
      connection.begin(exchange);
    }
    next(loop, origin, true);
  }

  /** Those that waited fail, too; one that was closed leaves its place to the next. */
  private void failed(EventLoop loop, Origin origin, UpstreamExchange exchange, Failure failure) {
    boolean closed = exchange.isOver();
    if (mayBeHttp2(origin) && !closed) {
      var waited = of(loop).waiting().taken(origin, false);
      exchange.failed(failure, false);
      waited.forEach(other -> other.failed(failure, false));
      return;
    }
    exchange.failed(failure, false);
    next(loop, origin, false);
  }

  /** Serves the exchanges that waited for the outcome of a connection. */
  private void next(EventLoop loop, Origin origin, boolean http1) {
    if (mayBeHttp2(origin)) {
      of(loop).waiting().taken(origin, http1).forEach(exchange -> begin(loop, origin, exchange));
    }
  }
}
