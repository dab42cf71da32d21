package dev.holdfast.gateway.server;

import dev.holdfast.core.guard.AllowedHosts;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.ServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.ApplicationProtocolNames;
import io.netty.handler.ssl.ApplicationProtocolNegotiationHandler;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** The listener and its event loops: native epoll on Linux, NIO elsewhere. */
public final class GatewayServer implements AutoCloseable {
  private static final int BACKLOG = 4096;

  private final EventLoopGroup loops;
  private final Class<? extends ServerSocketChannel> listenerType;
  private final Class<? extends SocketChannel> socketType;
  private final Set<Connection> connections = ConcurrentHashMap.newKeySet();
  private @Nullable Channel listener;

  /** A connection of a client. Belongs to its event loop. */
  interface Connection {
    /** {@return its event loop} */
    EventLoop loop();

    /** The gateway takes no further request; those that are open may end. */
    void drain();

    /** Ends what is open so that the client asks again, and the connection. */
    void shutDown();
  }

  /** A server with so many event loops, at least one, that does not listen yet. */
  public GatewayServer(int threads) {
    boolean epoll = Epoll.isAvailable();
    IoHandlerFactory factory = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    loops = new MultiThreadIoEventLoopGroup(threads, factory);
    listenerType = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
    socketType = epoll ? EpollSocketChannel.class : NioSocketChannel.class;
  }

  /** {@return the type of connections on these event loops} */
  public Class<? extends SocketChannel> socketType() {
    return socketType;
  }

  /** {@return an event loop, for what no connection belongs to} */
  public EventLoop loop() {
    return loops.next();
  }

  /** {@return the name of the transport} */
  public String transport() {
    return socketType == EpollSocketChannel.class ? "epoll" : "nio";
  }

  /**
   * Listens.
   *
   * @param tls what new connections use for TLS; null for plain ones
   * @param context makes what connections use, for the hosts of the port that was bound
   * @return the port
   * @throws IllegalArgumentException "port: rule, was value" if it is taken
   */
  public int listen(
      InetAddress address,
      int port,
      @Nullable ServerTls tls,
      Function<AllowedHosts, ServerContext> context) {
    var initializer = new Plumbing(tls);
    var future =
        new ServerBootstrap()
            .group(loops)
            .channel(listenerType)
            .option(ChannelOption.SO_BACKLOG, BACKLOG)
            .option(ChannelOption.SO_REUSEADDR, true)
            .option(ChannelOption.AUTO_READ, false)
            .handler(new AcceptPause())
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(initializer)
            .bind(new InetSocketAddress(address, port))
            .awaitUninterruptibly();
    if (!future.isSuccess()) {
      throw new IllegalArgumentException("port: must be free to listen on, was " + port);
    }
    Channel bound = future.channel();
    listener = bound;
    int chosen = ((InetSocketAddress) bound.localAddress()).getPort();
    // Clients are accepted once it is known by which names.
    initializer.context = context.apply(AllowedHosts.loopback(chosen));
    bound.config().setAutoRead(true);
    return chosen;
  }

  /** Accepts no more connections; those that are open stay. */
  public void stopListening() {
    if (listener != null) {
      listener.close().awaitUninterruptibly();
    }
  }

  /** Announces to clients that may be in the middle of several requests that no more are taken. */
  public void drain() {
    each(Connection::drain);
  }

  /** Ends every exchange that is open, so that its client asks again. */
  public void endExchanges() {
    each(Connection::shutDown);
  }

  private void each(Consumer<Connection> action) {
    for (var connection : connections) {
      try {
        connection.loop().execute(() -> action.accept(connection));
      } catch (RejectedExecutionException e) {
        // Its event loop has ended, and the connection with it.
      }
    }
  }

  /** Ends the event loops, and with them all connections. */
  @Override
  public void close() {
    loops.shutdownGracefully(0, 1, TimeUnit.SECONDS).awaitUninterruptibly(5, TimeUnit.SECONDS);
  }

  /** What stands between a client's socket and its exchanges. */
  private final class Plumbing extends ChannelInitializer<SocketChannel> {
    private final @Nullable ServerTls tls;
    private volatile @Nullable ServerContext context;

    Plumbing(@Nullable ServerTls tls) {
      this.tls = tls;
    }

    @Override
    protected void initChannel(SocketChannel channel) {
      ServerContext server = context;
      if (server == null) {
        var unused = channel.close();
        return;
      }
      var limits = server.limits();
      int open = server.metrics().connected();
      channel.closeFuture().addListener(closed -> server.metrics().disconnected());
      if (open > server.mostConnections()) {
        server.metrics().tooManyConnections();
        var unused = channel.close(); // Not even a refusal is free.
        return;
      }
      if (tls != null) {
        var handler = tls.get().newHandler(channel.alloc());
        handler.setHandshakeTimeoutMillis(limits.headTime().toMillis());
        channel.pipeline().addLast(handler);
        if (tls.offersHttp2()) {
          channel.pipeline().addLast(new Negotiation(server));
          return;
        }
      }
      http1(channel, server);
    }

    private void http1(Channel channel, ServerContext server) {
      var writer = new ResponseWriter();
      var connection = new ClientConnection(server, writer);
      channel
          .pipeline()
          .addLast(connection.clock())
          .addLast(new StrictRequestDecoder(server.limits().headBytes()))
          .addLast(writer)
          .addLast(connection);
      add(channel, connection);
    }

    private void add(Channel channel, Connection connection) {
      connections.add(connection);
      channel.closeFuture().addListener(closed -> connections.remove(connection));
    }

    /** Decides by ALPN what a connection speaks. */
    private final class Negotiation extends ApplicationProtocolNegotiationHandler {
      private final ServerContext server;

      Negotiation(ServerContext server) {
        super(ApplicationProtocolNames.HTTP_1_1);
        this.server = server;
      }

      @Override
      protected void configurePipeline(ChannelHandlerContext context, String protocol) {
        Channel channel = context.channel();
        if (protocol.equals(ApplicationProtocolNames.HTTP_2)) {
          add(channel, new Http2Connection(server, channel));
        } else {
          http1(channel, server);
        }
      }

      @Override
      protected void handshakeFailure(ChannelHandlerContext context, Throwable thrown) {
        context.close();
      }

      @Override
      public void exceptionCaught(ChannelHandlerContext context, Throwable thrown) {
        context.close();
      }
    }
  }
}
