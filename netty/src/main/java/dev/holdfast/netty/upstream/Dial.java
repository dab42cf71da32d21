package dev.holdfast.netty.upstream;

import dev.holdfast.core.stream.Failure;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import io.netty.util.ReferenceCountUtil;
import io.netty.util.concurrent.Future;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/**
 * One connection on its way for one exchange: the name, TCP, a proxy's tunnel, TLS. On the event
 * loop, except the resolver. It ends once: with a connection, with a failure that the exchange
 * receives, or because the exchange was closed.
 */
final class Dial {
  static final String HTTP_2 = "h2";

  private final EventLoop loop;
  private final Class<? extends SocketChannel> type;
  private final @Nullable SslContext tls;
  private final Origin origin;
  private final UpstreamExchange exchange;
  private final RecvByteBufAllocator receiver;
  private @Nullable Result result;
  private @Nullable Future<?> clock;
  private @Nullable Failure first;
  private @Nullable Channel channel;

  /** Receives how it ended. */
  interface Result {
    /** A connection is there; the exchange may be over. */
    void connected(Channel channel, boolean http2);

    /** There is no connection, and the exchange has this failure, unless it was closed before. */
    void failed(Failure failure);
  }

  Dial(
      EventLoop loop,
      Class<? extends SocketChannel> type,
      @Nullable SslContext tls,
      Origin origin,
      UpstreamExchange exchange,
      RecvByteBufAllocator receiver) {
    this.loop = loop;
    this.type = type;
    this.tls = tls;
    this.origin = origin;
    this.exchange = exchange;
    this.receiver = receiver;
  }

  void begin(Result result) {
    this.result = result;
    ProxyAddress proxy = origin.proxy();
    String host = proxy == null ? origin.host() : proxy.host();
    startClock();
    byte[] literal = NetUtil.createByteArrayFromIpAddressString(host);
    if (literal == null) {
      // The JDK's resolver blocks, and has a cache of its own.
      Thread.ofVirtual().name("holdfast-resolve").start(() -> resolve(host));
      return;
    }
    try {
      dial(List.of(InetAddress.getByAddress(literal)), 0);
    } catch (UnknownHostException e) {
      throw new IllegalStateException("address: must be 4 or 16 bytes", e);
    }
  }

  private void resolve(String host) {
    Runnable next;
    try {
      var addresses = List.of(InetAddress.getAllByName(host));
      next = () -> dial(addresses, 0);
    } catch (UnknownHostException e) {
      next = () -> failed(e);
    }
    try {
      loop.execute(next);
    } catch (RejectedExecutionException e) {
      // The loop was closed meanwhile, and with it the exchange.
    }
  }

  // ---------------------------------------------------------------- how it ends

  private boolean isOver() {
    return result == null;
  }

  private void failed(Throwable thrown) {
    failed(ConnectFailures.before(thrown, origin.authority()));
  }

  private void failed(Failure failure) {
    var ends = result;
    if (ends == null) {
      return;
    }
    over();
    ends.failed(failure);
  }

  private void over() {
    result = null;
    stopClock();
  }

  private void connected(Channel made, boolean http2) {
    var ends = result;
    if (ends == null) {
      made.close();
      return;
    }
    over();
    made.pipeline().remove(Connecting.INSTANCE);
    ends.connected(made, http2);
  }

  private void startClock() {
    stopClock();
    Duration time = exchange.connectTime();
    if (time.isPositive()) {
      clock = loop.schedule(this::late, time.toNanos(), TimeUnit.NANOSECONDS);
    }
  }

  private void stopClock() {
    if (clock != null) {
      boolean unused = clock.cancel(false);
      clock = null;
    }
  }

  private void late() {
    if (isOver()) {
      return;
    }
    failed(ConnectFailures.tookTooLong(origin.authority()));
    if (channel != null) {
      channel.close();
    }
  }

  // ---------------------------------------------------------------- its phases

  private void dial(List<InetAddress> addresses, int index) {
    if (isOver()) {
      return;
    }
    if (exchange.isOver()) {
      failed(ConnectFailures.ended(false, origin.authority())); // Ignored by the exchange.
      return;
    }
    ProxyAddress proxy = origin.proxy();
    int port = proxy == null ? origin.port() : proxy.port();
    var bootstrap =
        new Bootstrap()
            .group(loop)
            .channel(type)
            .option(ChannelOption.TCP_NODELAY, true)
            .option(ChannelOption.CONNECT_TIMEOUT_MILLIS, 0)
            .handler(Connecting.INSTANCE);
    if (!origin.isTls()) { // TLS keeps what is not a whole record.
      bootstrap.option(ChannelOption.RECVBUF_ALLOCATOR, receiver);
    }
    startClock();
    var future = bootstrap.connect(new InetSocketAddress(addresses.get(index), port));
    Channel made = future.channel();
    channel = made;
    exchange.connecting(made);
    future.addListener(done -> {
      if (done.isSuccess()) {
        throughProxy(made);
        return;
      }
      Failure failure = ConnectFailures.before(done.cause(), origin.authority());
      if (first == null) {
        first = failure; // Of the address that is preferred.
      }
      if (index + 1 < addresses.size()) {
        dial(addresses, index + 1);
      } else {
        failed(first);
      }
    });
  }

  private void throughProxy(Channel made) {
    ProxyAddress proxy = origin.proxy();
    if (!origin.isTls()) {
      connected(made, false);
    } else if (proxy == null) {
      secure(made);
    } else {
      made.pipeline()
          .addFirst(
              new ProxyTunnel(
                  origin,
                  proxy,
                  failure -> {
                    if (failure == null) {
                      secure(made);
                    } else {
                      failed(failure);
                    }
                  }));
    }
  }

  private void secure(Channel made) {
    if (tls == null) {
      throw new IllegalStateException("tls: must be there for " + origin.authority());
    }
    SslHandler handler;
    try {
      handler =
          tls.newHandler(made.alloc(), origin.host(), origin.port(), Thread::startVirtualThread);
    } catch (IllegalStateException e) { // By the JDK, of a context that is not initialised.
      made.close();
      failed(ConnectFailures.noTls(origin.authority()));
      return;
    }
    handler.setHandshakeTimeoutMillis(0); // The clock of the whole is ours.
    SSLEngine engine = handler.engine();
    var parameters = engine.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    if (!origin.offersHttp2()) {
      parameters.setApplicationProtocols(new String[0]);
    }
    engine.setSSLParameters(parameters);
    made.pipeline().addFirst(handler);
    handler
        .handshakeFuture()
        .addListener(shaken -> {
          if (shaken.isSuccess()) {
            connected(made, HTTP_2.equals(handler.applicationProtocol()));
          } else {
            failed(shaken.cause());
          }
        });
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
}
