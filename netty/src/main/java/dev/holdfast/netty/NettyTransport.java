package dev.holdfast.netty;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.netty.upstream.Dialer;
import dev.holdfast.netty.upstream.LazyTls;
import dev.holdfast.netty.upstream.Origin;
import dev.holdfast.netty.upstream.PoolSettings;
import dev.holdfast.netty.upstream.ProxyAddress;
import dev.holdfast.netty.upstream.UpstreamTls;
import io.netty.channel.EventLoop;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioSocketChannel;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.IdentityCipherSuiteFilter;
import io.netty.handler.ssl.JdkSslContext;
import io.netty.handler.ssl.SslContext;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * Netty: one event loop reads all streams, by epoll where the system has it. Cleartext is HTTP/1.1;
 * TLS may use HTTP/2. Redirects are not followed: a key goes only where it was meant to go. The
 * system's proxy settings hold.
 *
 * <p>Receivers are called on the event loop, and must not block.
 */
public final class NettyTransport implements Transport {
  private static final Failure CLOSED =
      Failure.permanent(Cause.CONNECTION_FAILED, "the transport is closed");

  /** Hosts that a program talks to; the connections of more are not kept. */
  private static final int MAX_ORIGINS = 1024;

  private static final long CLOSE_SECONDS = 1;

  private final MultiThreadIoEventLoopGroup loops;
  private final Dialer dialer;
  private final Settings settings;
  private final Map<Route, Origin> origins = new ConcurrentHashMap<>();
  private final Set<NettyExchange> open = ConcurrentHashMap.newKeySet();
  private final LazyTls tls;
  private volatile boolean closed;

  /** Which connections may serve each other's requests. */
  private record Route(boolean tls, String host, int port, @Nullable InetSocketAddress proxy) {}

  /**
   * What a builder has gathered.
   *
   * @param proxies null for the system's
   * @param authorization for proxies; null for none
   * @param tls null for the JDK's
   */
  private record Settings(
      @Nullable ProxySelector proxies,
      @Nullable String authorization,
      @Nullable SSLContext tls,
      int threads,
      PoolSettings kept) {
    /** {@return its sizes; the rest holds a secret} */
    @Override
    public String toString() {
      return "Settings[threads=%d, kept=%s]".formatted(threads, kept);
    }
  }

  /** A transport without connections; they are made on demand and kept alive. */
  public NettyTransport() {
    this(builder());
  }

  /**
   * A transport that trusts, and shows, the certificates of {@code tls} instead of the JDK's. Host
   * names are verified as always.
   *
   * @param tls an initialised context; every https connection uses it
   */
  public NettyTransport(SSLContext tls) {
    this(builder().tls(tls));
  }

  private NettyTransport(Builder builder) {
    this(builder, Epoll.isAvailable());
  }

  private NettyTransport(Builder builder, boolean epoll) {
    settings = builder.settings();
    tls = new LazyTls(() -> made(settings.tls()));
    loops =
        new MultiThreadIoEventLoopGroup(
            settings.threads(),
            new DefaultThreadFactory("holdfast-netty", true),
            epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory());
    dialer =
        Dialer.keeping(
            epoll ? EpollSocketChannel.class : NioSocketChannel.class, tls, settings.kept());
  }

  /** {@return a transport as it is on a system without epoll; for tests} */
  static NettyTransport withoutEpoll(Builder settings) {
    return new NettyTransport(settings, false);
  }

  /** {@return a builder of a transport with settings of its own} */
  public static Builder builder() {
    return new Builder();
  }

  /** Gathers the settings of a transport. Not thread-safe. */
  public static final class Builder {
    private @Nullable ProxySelector proxies;
    private @Nullable String authorization;
    private @Nullable SSLContext tls;
    private int threads = 1;
    private PoolSettings kept = PoolSettings.DEFAULT;

    private Builder() {}

    /** Sends requests through an HTTP proxy, for example {@link ProxySelector#of}. */
    public Builder proxy(ProxySelector proxies) {
      this.proxies = Objects.requireNonNull(proxies, "proxies");
      return this;
    }

    /** Sets with what the proxy lets requests in: the scheme Basic (RFC 7617). */
    public Builder proxyCredentials(String user, String password) {
      Check.that(user.indexOf(':') < 0, "user", "must not contain a colon", "(hidden)");
      byte[] both = (user + ":" + password).getBytes(StandardCharsets.UTF_8);
      authorization = "Basic " + Base64.getEncoder().encodeToString(both);
      return this;
    }

    /**
     * Trusts, and shows, the certificates of {@code tls}: for endpoints with a private authority,
     * or that ask for a client certificate. Host names are verified as always.
     *
     * @param tls an initialised context; every https connection uses it
     */
    public Builder tls(SSLContext tls) {
      this.tls = Objects.requireNonNull(tls, "tls");
      return this;
    }

    /** Sets the number of event loops; 1 by default, which reads thousands of streams. */
    public Builder threads(int threads) {
      Check.that(threads >= 1, "threads", "must be at least 1", threads);
      this.threads = threads;
      return this;
    }

    /**
     * Sets which connections are kept for further requests, for each host and event loop; 256 and
     * 30 s by default.
     *
     * @param connections how many; 0 for none
     * @param time how long; less than the time after which servers close them
     */
    public Builder idle(int connections, Duration time) {
      kept = kept.withIdle(connections, time);
      return this;
    }

    private Settings settings() {
      return new Settings(proxies, authorization, tls, threads, kept);
    }

    /** {@return a transport without connections} */
    public NettyTransport build() {
      return new NettyTransport(this);
    }
  }

  @Override
  public Exchange open(Request request, Receiver receiver) {
    var sent = RequestHead.of(request);
    var exchange = new NettyExchange(receiver, loops.next(), open::remove);
    if (closed) {
      exchange.refuse(CLOSED);
      return exchange;
    }
    if (sent.isTls()) {
      var unused = tls.get(); // What it loads would hold the event loop up.
    }
    var origin = origin(request.uri(), sent); // A selector of proxies may throw.
    open.add(exchange);
    try {
      exchange.begin(dialer, origin, sent.request(), request.connectTimeout());
    } catch (RejectedExecutionException e) {
      exchange.refuse(CLOSED); // It was closed just now.
    }
    if (closed) {
      exchange.refuse(CLOSED); // {@code close} may have looked before it was there.
    }
    return exchange;
  }

  private Origin origin(URI uri, RequestHead sent) {
    var route = new Route(sent.isTls(), sent.host(), sent.port(), proxy(uri));
    var known = origins.get(route);
    if (known != null) {
      return known;
    }
    var proxy = route.proxy();
    var made =
        new Origin(
            route.tls(),
            route.host(),
            route.port(),
            sent.authority(),
            proxy == null
                ? null
                : new ProxyAddress(
                    proxy.getHostString(), proxy.getPort(), settings.authorization()),
            true);
    if (origins.size() >= MAX_ORIGINS) {
      return made;
    }
    return origins.computeIfAbsent(route, key -> made);
  }

  /** {@return the proxy for an address, its name not resolved; null for none} */
  private @Nullable InetSocketAddress proxy(URI uri) {
    var proxies = settings.proxies() == null ? ProxySelector.getDefault() : settings.proxies();
    if (proxies == null) {
      return null;
    }
    for (Proxy proxy : proxies.select(uri)) {
      if (proxy.type() == Proxy.Type.HTTP && proxy.address() instanceof InetSocketAddress there) {
        return InetSocketAddress.createUnresolved(there.getHostString(), there.getPort());
      }
      if (proxy.type() == Proxy.Type.DIRECT) {
        return null;
      }
    }
    return null;
  }

  private static SslContext made(@Nullable SSLContext tls) {
    try {
      return new JdkSslContext(
          tls == null ? SSLContext.getDefault() : tls,
          true,
          null,
          IdentityCipherSuiteFilter.INSTANCE,
          UpstreamTls.PROTOCOLS,
          ClientAuth.NONE,
          null,
          false);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("tls: the JDK must have a default context", e);
    }
  }

  @Override
  public void close() {
    closed = true;
    for (NettyExchange exchange : open) {
      exchange.refuse(CLOSED);
    }
    loops.forEach(loop -> {
      try {
        loop.execute(() -> dialer.close((EventLoop) loop));
      } catch (RejectedExecutionException e) {
        // It is closed already.
      }
    });
    var unused = loops.shutdownGracefully(0, CLOSE_SECONDS, TimeUnit.SECONDS);
  }
}
