package dev.holdfast.gateway.upstream;

import dev.holdfast.gateway.config.UpstreamConfig;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpRequestEncoder;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLEngine;
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
  private final @Nullable SslContext tls;
  private final Duration connectTime;
  private final PoolSettings kept;
  private final LongSupplier clock;
  private final Map<EventLoop, ConnectionPool> pools = new ConcurrentHashMap<>();

  /**
   * A dialer.
   *
   * @param type the channel type of the event loops
   * @param tls decides which certificates are trusted; null where no upstream speaks TLS
   * @param connectTime for TCP and again for TLS
   * @param kept which connections are used again
   * @param clock nanoseconds that never go back
   */
  public Dialer(
      Class<? extends SocketChannel> type,
      @Nullable SslContext tls,
      Duration connectTime,
      PoolSettings kept,
      LongSupplier clock) {
    this.type = type;
    this.tls = tls;
    this.connectTime = connectTime;
    this.kept = kept;
    this.clock = clock;
  }

  /**
   * {@return an exchange that is being opened} The listener is called on {@code loop}, and not
   * before this method has returned.
   */
  public UpstreamExchange open(
      EventLoop loop, UpstreamConfig upstream, UpstreamRequest request, UpstreamListener listener) {
    var exchange = new UpstreamExchange(request, listener);
    loop.execute(() -> begin(loop, upstream, exchange));
    return exchange;
  }

  private ConnectionPool pool(EventLoop loop) {
    return pools.computeIfAbsent(loop, key -> new ConnectionPool(key, kept, clock));
  }

  private void begin(EventLoop loop, UpstreamConfig upstream, UpstreamExchange exchange) {
    if (exchange.isOver()) {
      return;
    }
    boolean repeatable = exchange.request().isRepeatable();
    var connection = pool(loop).take(upstream, repeatable);
    if (connection == null) {
      connect(loop, upstream, exchange);
      return;
    }
    if (repeatable) {
      long sent = clock.getAsLong();
      exchange.repeatBy(() -> {
        boolean dead = clock.getAsLong() - sent <= DEAD_NANOS;
        if (dead) {
          connect(loop, upstream, exchange);
        }
        return dead;
      });
    }
    connection.begin(exchange);
  }

  private void connect(EventLoop loop, UpstreamConfig upstream, UpstreamExchange exchange) {
    byte[] literal = NetUtil.createByteArrayFromIpAddressString(upstream.host());
    if (literal == null) {
      // The JDK's resolver blocks, and has a cache of its own.
      Thread.ofVirtual().name("holdfast-resolve").start(() -> resolve(loop, upstream, exchange));
      return;
    }
    try {
      dial(loop, upstream, exchange, List.of(InetAddress.getByAddress(literal)), 0);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("address: must be 4 or 16 bytes", e);
    }
  }

  private void resolve(EventLoop loop, UpstreamConfig upstream, UpstreamExchange exchange) {
    try {
      var addresses = List.of(InetAddress.getAllByName(upstream.host()));
      loop.execute(() -> dial(loop, upstream, exchange, addresses, 0));
    } catch (UnknownHostException e) {
      loop.execute(() -> neverConnected(upstream, exchange, e));
    }
  }

  private static void neverConnected(
      UpstreamConfig upstream, UpstreamExchange exchange, Throwable thrown) {
    exchange.failed(ConnectFailures.before(thrown, upstream.authority()), false);
  }

  private void dial(
      EventLoop loop,
      UpstreamConfig upstream,
      UpstreamExchange exchange,
      List<InetAddress> addresses,
      int index) {
    if (exchange.isOver()) {
      return;
    }
    var future =
        new Bootstrap()
            .group(loop)
            .channel(type)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, Math.toIntExact(connectTime.toMillis()))
            .handler(new Plumbing(upstream))
            .connect(new InetSocketAddress(addresses.get(index), upstream.port()));
    Channel channel = future.channel();
    exchange.connecting(channel);
    future.addListener(done -> {
      if (!done.isSuccess()) {
        if (index + 1 < addresses.size()) {
          dial(loop, upstream, exchange, addresses, index + 1);
        } else {
          neverConnected(upstream, exchange, done.cause());
        }
        return;
      }
      var handler = channel.pipeline().get(SslHandler.class);
      if (handler == null) {
        connected(loop, upstream, channel, exchange);
        return;
      }
      handler
          .handshakeFuture()
          .addListener(shaken -> {
            if (shaken.isSuccess()) {
              connected(loop, upstream, channel, exchange);
            } else {
              neverConnected(upstream, exchange, shaken.cause());
            }
          });
    });
  }

  private void connected(
      EventLoop loop, UpstreamConfig upstream, Channel channel, UpstreamExchange exchange) {
    if (exchange.isOver()) {
      channel.close();
      return;
    }
    var connection = new Http1Connection(upstream, pool(loop));
    channel.pipeline().remove(Connecting.INSTANCE);
    channel.pipeline().addLast(new HttpRequestEncoder()).addLast(connection);
    connection.begin(exchange);
  }

  /** Stands in until it is known what a connection speaks: failures reach the futures. */
  @ChannelHandler.Sharable
  private static final class Connecting extends ChannelInboundHandlerAdapter {
    static final Connecting INSTANCE = new Connecting();

    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
      context.close(); // It speaks before it was asked.
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
      context.close();
    }
  }

  /** What stands between the socket and a connection's protocol. */
  private final class Plumbing extends ChannelInitializer<SocketChannel> {
    private final UpstreamConfig upstream;

    Plumbing(UpstreamConfig upstream) {
      this.upstream = upstream;
    }

    @Override
    protected void initChannel(SocketChannel channel) {
      if (upstream.isTls()) {
        secure(channel); // Its handler keeps what is not a whole record.
      } else {
        channel.config().setRecvByteBufAllocator(pool(channel.eventLoop()).receiver());
      }
      channel.pipeline().addLast(Connecting.INSTANCE);
    }

    private void secure(SocketChannel channel) {
      if (tls == null) {
        throw new IllegalStateException("tls: must be there for " + upstream.name());
      }
      SslHandler handler = tls.newHandler(channel.alloc(), upstream.host(), upstream.port());
      handler.setHandshakeTimeoutMillis(connectTime.toMillis());
      SSLEngine engine = handler.engine();
      var parameters = engine.getSSLParameters();
      parameters.setEndpointIdentificationAlgorithm("HTTPS");
      engine.setSSLParameters(parameters);
      channel.pipeline().addLast(handler);
    }
  }
}
