package dev.holdfast.gateway;

import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.manage.AccessLog;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.GatewayMetrics;
import dev.holdfast.gateway.manage.ManagementRoutes;
import dev.holdfast.gateway.route.Router;
import dev.holdfast.gateway.server.GatewayServer;
import dev.holdfast.gateway.server.ServerContext;
import dev.holdfast.gateway.stream.StreamContext;
import dev.holdfast.gateway.upstream.Dialer;
import dev.holdfast.gateway.upstream.SharedUpstream;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.dashboard.Dashboard;
import dev.holdfast.observe.server.MonitorServer;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import java.io.UncheckedIOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * A server in front of model providers. Clients in any language get whole streams by pointing their
 * base URL here. Thread-safe.
 */
public final class Gateway implements AutoCloseable {
  private static final Duration CONNECT = Duration.ofSeconds(10);
  private static final long DRAIN_POLL_NANOS = 20_000_000;
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private final GatewayConfig config;
  private final GatewayServer server;
  private final MonitorServer management;
  private final GatewayMetrics metrics = new GatewayMetrics();
  private final Map<UpstreamConfig, SharedUpstream> upstreams = new LinkedHashMap<>();
  private final AtomicBoolean draining = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final LongSupplier clock;
  private final @Nullable AccessLog log;
  private final int port;

  private Gateway(Builder builder) {
    config = builder.config;
    long origin = System.nanoTime();
    clock = () -> System.nanoTime() - origin;
    config.upstreams().forEach(upstream -> upstreams.put(upstream, new SharedUpstream(upstream)));
    var lines = builder.lines;
    log = lines == null ? null : new AccessLog(lines);
    var monitor = new StreamMonitor();
    management = manage(monitor);
    server = new GatewayServer(builder.threads);
    try {
      port = listen(builder, monitor);
    } catch (RuntimeException | SSLException e) {
      server.close();
      management.close();
      if (log != null) {
        log.close();
      }
      throw e instanceof RuntimeException known ? known : new IllegalStateException(e);
    }
  }

  private int listen(Builder builder, StreamMonitor monitor) throws SSLException {
    SslContext tls = builder.tls;
    if (tls == null && config.upstreams().stream().anyMatch(UpstreamConfig::isTls)) {
      tls = SslContextBuilder.forClient().endpointIdentificationAlgorithm("HTTPS").build();
    }
    var observers = new ArrayList<StreamObserver>(List.of(monitor));
    var policy = config.policy();
    var streams =
        new StreamContext(
            config,
            new Dialer(
                server.socketType(), tls, policy == null ? CONNECT : policy.timeouts().connect()),
            observers,
            clock,
            System::currentTimeMillis);
    Consumer<ExchangeRecord> records =
        record -> {
          metrics.accept(record);
          if (log != null) {
            log.accept(record);
          }
        };
    return server.listen(
        config.address(),
        config.port(),
        hosts ->
            new ServerContext(
                streams,
                new Router(config.upstreams()),
                upstreams,
                hosts,
                metrics,
                records,
                draining::get));
  }

  private MonitorServer manage(StreamMonitor monitor) {
    try {
      return MonitorServer.builder(monitor)
          .port(config.managementPort())
          .route(
              new ManagementRoutes(
                  () -> !draining.get(),
                  () -> metrics.text(upstreams.values(), !draining.get(), clock.getAsLong())))
          .route(new Dashboard())
          .start();
    } catch (UncheckedIOException e) {
      throw new IllegalArgumentException(
          "managementPort: must be free to listen on, was " + config.managementPort(), e);
    }
  }

  /** {@return a gateway that listens, with this configuration and no access log} */
  public static Gateway start(GatewayConfig config) {
    return builder(config).start();
  }

  /** {@return a builder} */
  public static Builder builder(GatewayConfig config) {
    return new Builder(config);
  }

  /** {@return the port that clients connect to} */
  public int port() {
    return port;
  }

  /** {@return the address for clients of this machine, without a path} */
  public URI uri() {
    String host = config.address().getHostAddress();
    return URI.create("http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
  }

  /** {@return the address of health, metrics and dashboard} */
  public URI management() {
    return management.uri();
  }

  /** {@return requests that are open now} */
  public int open() {
    return metrics.open();
  }

  /** {@return the upstreams, in order} */
  public List<UpstreamConfig> upstreams() {
    return config.upstreams();
  }

  /** {@return {@code epoll} or {@code nio}} */
  public String transport() {
    return server.transport();
  }

  /**
   * Takes no more requests, waits for those that are open, up to the configured time, and ends what
   * is left so that its clients ask again. An interrupt shortens the wait.
   */
  public void drain() {
    draining.set(true);
    server.stopListening();
    awaitNoneOpen(config.drain());
    close();
  }

  private void awaitNoneOpen(Duration longest) {
    long end = clock.getAsLong() + longest.toNanos();
    while (metrics.open() > 0
        && !closed.get()
        && !Thread.currentThread().isInterrupted()
        && clock.getAsLong() < end) {
      LockSupport.parkNanos(DRAIN_POLL_NANOS);
    }
  }

  /** Ends everything now; open streams end with an error after which their clients ask again. */
  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    draining.set(true);
    server.stopListening();
    server.endExchanges();
    long end = clock.getAsLong() + LAST_WORDS.toNanos();
    while (metrics.open() > 0 && clock.getAsLong() < end) {
      LockSupport.parkNanos(DRAIN_POLL_NANOS);
    }
    server.close();
    management.close();
    if (log != null) {
      log.close();
    }
  }

  /** Gathers what a gateway needs. Not thread-safe. */
  public static final class Builder {
    private final GatewayConfig config;
    private int threads = Runtime.getRuntime().availableProcessors();
    private @Nullable Consumer<? super String> lines;
    private @Nullable SslContext tls;

    private Builder(GatewayConfig config) {
      this.config = config;
    }

    /** Sets the number of event loops; by default one for each processor. */
    public Builder threads(int threads) {
      this.threads = Math.max(1, threads);
      return this;
    }

    /** Writes the access log, one JSON line for each request, on a thread of its own. */
    public Builder accessLog(Consumer<? super String> lines) {
      this.lines = lines;
      return this;
    }

    /** Trusts other certificates. For tests. */
    Builder tls(SslContext tls) {
      this.tls = tls;
      return this;
    }

    /**
     * {@return a gateway that listens}
     *
     * @throws IllegalArgumentException "name: rule, was value" if it cannot
     */
    public Gateway start() {
      return new Gateway(this);
    }
  }
}
