package dev.holdfast.gateway.upstream;

import dev.holdfast.gateway.config.UpstreamConfig;
import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.socket.SocketChannel;
import io.netty.handler.codec.http.HttpClientCodec;
import io.netty.handler.codec.http.HttpDecoderConfig;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.List;
import javax.net.ssl.SSLEngine;
import org.jspecify.annotations.Nullable;

/** Opens exchanges with upstreams. Thread-safe; nothing here blocks an event loop. */
public final class Dialer {
  private static final int MAX_HEAD_BYTES = 64 << 10;
  private static final int PIECE_BYTES = 64 << 10;

  private final Class<? extends SocketChannel> type;
  private final @Nullable SslContext tls;
  private final Duration connectTime;

  /**
   * A dialer.
   *
   * @param type the channel type of the event loops
   * @param tls decides which certificates are trusted; null where no upstream speaks TLS
   * @param connectTime for TCP and again for TLS
   */
  public Dialer(
      Class<? extends SocketChannel> type, @Nullable SslContext tls, Duration connectTime) {
    this.type = type;
    this.tls = tls;
    this.connectTime = connectTime;
  }

  /**
   * {@return an exchange that is being opened} The listener is called on {@code loop}, and not
   * before this method has returned.
   */
  public UpstreamExchange open(
      EventLoop loop, UpstreamConfig upstream, UpstreamRequest request, UpstreamListener listener) {
    var exchange = new UpstreamExchange(upstream, request, listener);
    byte[] literal = NetUtil.createByteArrayFromIpAddressString(upstream.host());
    if (literal == null) {
      // The JDK's resolver blocks, and has a cache of its own.
      Thread.ofVirtual().name("holdfast-resolve").start(() -> resolve(loop, upstream, exchange));
    } else {
      loop.execute(() -> {
        try {
          dial(loop, upstream, exchange, List.of(InetAddress.getByAddress(literal)), 0);
        } catch (UnknownHostException e) {
          throw new IllegalStateException("address: must be 4 or 16 bytes", e);
        }
      });
    }
    return exchange;
  }

  private void resolve(EventLoop loop, UpstreamConfig upstream, UpstreamExchange exchange) {
    try {
      var addresses = List.of(InetAddress.getAllByName(upstream.host()));
      loop.execute(() -> dial(loop, upstream, exchange, addresses, 0));
    } catch (UnknownHostException e) {
      loop.execute(() -> exchange.neverConnected(e));
    }
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
            .handler(new Plumbing(upstream, exchange))
            .connect(new InetSocketAddress(addresses.get(index), upstream.port()));
    Channel channel = future.channel();
    exchange.connecting(channel);
    future.addListener(done -> {
      if (!done.isSuccess()) {
        if (index + 1 < addresses.size()) {
          dial(loop, upstream, exchange, addresses, index + 1);
        } else {
          exchange.neverConnected(done.cause());
        }
        return;
      }
      var handler = channel.pipeline().get(SslHandler.class);
      if (handler == null) {
        exchange.connected(channel);
        return;
      }
      handler
          .handshakeFuture()
          .addListener(shaken -> {
            if (shaken.isSuccess()) {
              exchange.connected(channel);
            } else {
              exchange.neverConnected(shaken.cause());
            }
          });
    });
  }

  /** What stands between the socket and an exchange. */
  private final class Plumbing extends ChannelInitializer<SocketChannel> {
    private final UpstreamConfig upstream;
    private final UpstreamExchange exchange;

    Plumbing(UpstreamConfig upstream, UpstreamExchange exchange) {
      this.upstream = upstream;
      this.exchange = exchange;
    }

    @Override
    protected void initChannel(SocketChannel channel) {
      var pipeline = channel.pipeline();
      if (upstream.isTls()) {
        if (tls == null) {
          throw new IllegalStateException("tls: must be there for " + upstream.name());
        }
        SslHandler handler = tls.newHandler(channel.alloc(), upstream.host(), upstream.port());
        handler.setHandshakeTimeoutMillis(connectTime.toMillis());
        SSLEngine engine = handler.engine();
        var parameters = engine.getSSLParameters();
        parameters.setEndpointIdentificationAlgorithm("HTTPS");
        engine.setSSLParameters(parameters);
        pipeline.addLast(handler);
      }
      pipeline.addLast(
          new HttpClientCodec(
              new HttpDecoderConfig()
                  .setMaxInitialLineLength(MAX_HEAD_BYTES)
                  .setMaxHeaderSize(MAX_HEAD_BYTES)
                  .setMaxChunkSize(PIECE_BYTES),
              HttpClientCodec.DEFAULT_PARSE_HTTP_AFTER_CONNECT_REQUEST,
              false));
      pipeline.addLast(exchange);
    }
  }
}
