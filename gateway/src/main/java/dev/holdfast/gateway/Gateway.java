package dev.holdfast.gateway;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalSize;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Check;
import dev.holdfast.gateway.config.GatewayConfig;
import dev.holdfast.gateway.config.InvalidConfigException;
import dev.holdfast.gateway.config.StreamSettings;
import dev.holdfast.gateway.config.UpstreamConfig;
import dev.holdfast.gateway.durable.DurableFront;
import dev.holdfast.gateway.durable.DurableSettings;
import dev.holdfast.gateway.durable.DurableStreams;
import dev.holdfast.gateway.journal.JournalOpener;
import dev.holdfast.gateway.journal.StreamStore;
import dev.holdfast.gateway.manage.AccessLog;
import dev.holdfast.gateway.manage.ExchangeRecord;
import dev.holdfast.gateway.manage.GatewayMetrics;
import dev.holdfast.gateway.manage.ManagementGuard;
import dev.holdfast.gateway.manage.ManagementRoutes;
import dev.holdfast.gateway.manage.Reloaded;
import dev.holdfast.gateway.route.StateOrigins;
import dev.holdfast.gateway.server.Continuation;
import dev.holdfast.gateway.server.GatewayServer;
import dev.holdfast.gateway.server.ServerContext;
import dev.holdfast.gateway.server.ServerTls;
import dev.holdfast.gateway.server.Setup;
import dev.holdfast.gateway.shared.SharedLink;
import dev.holdfast.gateway.shared.SharedNews;
import dev.holdfast.gateway.stream.JournaledStreams;
import dev.holdfast.gateway.stream.OpenStreams;
import dev.holdfast.gateway.stream.StreamContext;
import dev.holdfast.netty.upstream.Dialer;
import dev.holdfast.netty.upstream.LazyTls;
import dev.holdfast.netty.upstream.PoolSettings;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.dashboard.Dashboard;
import dev.holdfast.observe.server.MonitorServer;
import io.netty.handler.ssl.SslContext;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A server in front of model providers. Clients in any language get whole streams by pointing their
 * base URL here. Thread-safe.
 */
public final class Gateway implements AutoCloseable {
  private static final long DRAIN_POLL_NANOS = 20_000_000;

  /** Where the journal of streams by name is, in the directory of the journal. */
  private static final String DURABLE_DIRECTORY = "durable-streams";

  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private final GatewayConfig config;
  private final GatewayServer server;
  private final MonitorServer management;
  private final GatewayMetrics metrics = new GatewayMetrics();
  private final AtomicReference<Setup> setup;
  private final ReentrantLock reloading = new ReentrantLock();
  private final @Nullable Supplier<GatewayConfig> source;
  private final Consumer<? super Reloaded> onReload;
  private final AtomicBoolean ready = new AtomicBoolean(true);
  private final AtomicBoolean draining = new AtomicBoolean();
  private final AtomicBoolean closed = new AtomicBoolean();
  private final LongSupplier clock;
  private final @Nullable AccessLog log;
  private final OpenStreams open;
  private final @Nullable ServerTls serverTls;
  private final @Nullable Journal journal;
  private final @Nullable Journal durableJournal;
  private final @Nullable DurableStreams durableStreams;
  private final @Nullable DurableFront durable;
  private volatile @Nullable StreamStore store;
  private @Nullable Continuation continuation;
  private @Nullable SharedNews news;
  private final StateOrigins origins = new StateOrigins();
  private final @Nullable SharedLink shared;
  private final int port;

  private Gateway(Builder builder) {
    config = builder.config.startable();
    long origin = System.nanoTime();
    clock = () -> System.nanoTime() - origin;
    open = new OpenStreams(config.limits().memory());
    setup = new AtomicReference<>(Setup.of(config, null));
    source = builder.source;
    onReload = builder.onReload;
    var files = config.listen().tls();
    serverTls =
        builder.serverTls == null && files != null
            ? new ServerTls(files.certificate(), files.key(), files.http2())
            : builder.serverTls;
    var lines = builder.lines;
    log = lines == null ? null : new AccessLog(lines);
    var monitor = new StreamMonitor();
    // First: a journal that cannot be used is an error, and nothing else is open yet.
    var kept = config.journal();
    journal = kept == null ? null : JournalOpener.open(kept);
    shared = journal == null || kept == null ? null : JournalOpener.shared(journal, kept);
    try {
      durableJournal = builder.durable == null ? null : durableJournal(builder);
      durableStreams =
          durableJournal == null
              ? null
              : new DurableStreams(durableJournal, System::currentTimeMillis);
      // With keys it may serve others through a proxy on this machine.
      boolean loopback = config.listen().address().isLoopbackAddress();
      BooleanSupplier local = () -> loopback && setup.get().keys().isEmpty();
      durable =
          durableStreams == null || builder.durable == null
              ? null
              : new DurableFront(durableStreams, builder.durable, clock, local);
      management = manage(monitor);
    } catch (RuntimeException e) {
      closeJournal();
      throw e;
    }
    server = new GatewayServer(builder.threads);
    try {
      port = listen(builder, monitor);
    } catch (RuntimeException e) {
      closeJournal();
      server.close();
      management.close();
      if (log != null) {
        log.close();
      }
      throw JournalOpener.failure(e, kept);
    }
  }

  /** Streams by name have no end of their life, and would keep all younger answers on the disk. */
  private Journal durableJournal(Builder builder) {
    var kept = config.journal();
    var given = builder.durableJournal;
    if (given != null) {
      return given;
    }
    if (kept == null) {
      throw new IllegalArgumentException("journal: must be given for durable streams, was missing");
    }
    return JournalOpener.open(kept.within(DURABLE_DIRECTORY));
  }

  /** While the event loops run: followers and producers receive their refusals there. */
  private void closeJournal() {
    if (news != null) {
      news.close();
    }
    if (durable != null && durableStreams != null) {
      durable.close();
      durableStreams.close();
    }
    if (durableJournal != null) {
      durableJournal.close();
    }
    if (journal != null) {
      journal.close();
    }
  }

  /** Beside the start, which need not wait for it; the first stream by TLS may have to. */
  private Supplier<@Nullable SslContext> prepared(LazyTls tls) {
    // A reload may bring an upstream by TLS.
    if (source != null || config.upstreams().stream().anyMatch(UpstreamConfig::isTls)) {
      Thread.ofPlatform().name("holdfast-tls").daemon().start(tls::get);
    }
    return tls;
  }

  private int listen(Builder builder, StreamMonitor monitor) {
    var given = builder.tls;
    Supplier<@Nullable SslContext> tls = given == null ? prepared(LazyTls.ofTheJdk()) : () -> given;
    var observers = new ArrayList<StreamObserver>(List.of(monitor));
    observers.addAll(builder.observers);
    Timeouts clocks = clocks(config.streams());
    var keeps = journal;
    var settings = config.journal();
    var answers =
        keeps == null || settings == null ? null : new StreamStore(keeps, settings, clock);
    store = answers;
    var kept = answers == null ? null : new JournaledStreams(answers);
    var streams =
        new StreamContext(
            Dialer.inPlace(server.socketType(), tls, clocks.connect(), builder.kept, clock),
            observers,
            open,
            clock,
            System::currentTimeMillis,
            kept);
    Consumer<ExchangeRecord> records =
        record -> {
          metrics.accept(record);
          if (log != null) {
            log.accept(record);
          }
        };
    int bound =
        server.listen(
            config.listen().address(),
            config.listen().port(),
            serverTls,
            hosts -> {
              var context =
                  new ServerContext(
                      streams,
                      setup::get,
                      origins,
                      hosts.with(OwnNames.of(config.listen())),
                      metrics,
                      records,
                      durable,
                      shared,
                      draining::get);
              if (kept != null) {
                var waiting = new Continuation(context, kept, server::loop);
                continuation = waiting;
              }
              return context;
            });
    if (continuation != null) {
      continuation.start();
    }
    if (shared != null) {
      news = new SharedNews(shared, () -> setup.get().upstreams().values(), origins, clock);
    }
    return bound;
  }

  private MonitorServer manage(StreamMonitor monitor) {
    var settings = config.listen().management();
    try {
      var builder =
          MonitorServer.builder(monitor).address(settings.address()).port(settings.port());
      settings.names().forEach(builder::host);
      return builder
          .route(new ManagementGuard(settings.sha256()))
          .route(
              new ManagementRoutes(
                  ready::get, () -> metricsText() + monitor.prometheusText(), this::reload))
          .route(new Dashboard())
          .start();
    } catch (UncheckedIOException e) {
      throw new IllegalArgumentException(
          "managementPort: must be free to listen on, was " + settings.port(), e);
    }
  }

  private static Timeouts clocks(StreamSettings settings) {
    var policy = settings.policy();
    return settings.clocks().over((policy == null ? StreamPolicy.DEFAULT : policy).timeouts());
  }

  private String metricsText() {
    var now = setup.get();
    return metrics.text(
            now.generation(),
            now.upstreams().values(),
            now.keys().tenants(),
            ready.get(),
            clock.getAsLong())
        + metrics.memory(keptRequestBytes(), keptAnswerBytes(), unattended())
        + GatewayMetrics.journals(journals())
        + (shared == null ? "" : shared.metrics());
  }

  private Map<String, JournalSize> journals() {
    var sizes = new TreeMap<String, JournalSize>();
    var answers = store;
    if (answers != null) {
      sizes.put("answers", answers.size());
    }
    if (durableJournal != null) {
      sizes.put(DURABLE_DIRECTORY, durableJournal.size());
    }
    return sizes;
  }

  /**
   * Reads the configuration again. It is in force for every request that arrives from then on, as a
   * whole or not at all; open requests keep theirs. Where a gateway listens does not change.
   *
   * @return the number of the configuration that is in force, and why the new one is not
   */
  public Reloaded reload() {
    Reloaded reloaded = replaceSetup();
    onReload.accept(reloaded);
    return reloaded;
  }

  private Reloaded replaceSetup() {
    reloading.lock();
    try {
      var from = source;
      if (from == null) {
        return refused(List.of("reload: must have a configuration file, was started without one"));
      }
      GatewayConfig changed = from.get();
      if (!changed.listen().equals(config.listen())) {
        return refused(
            List.of("listen: must stay as it was, as a listener changes by a restart only"));
      }
      if (!changed.limits().memory().equals(config.limits().memory())) {
        return refused(List.of("limits.memory: must stay as it was until a restart"));
      }
      if (!Objects.equals(changed.journal(), config.journal())) {
        return refused(List.of("journal: must stay as it was until a restart"));
      }
      reloadTls(); // The files may have changed, though their names have not.
      setup.set(Setup.of(changed, setup.get()));
      return new Reloaded(setup.get().generation(), List.of());
    } catch (InvalidConfigException e) {
      return refused(e.errors());
    } catch (IllegalArgumentException e) {
      return refused(List.of(String.valueOf(e.getMessage())));
    } finally {
      reloading.unlock();
    }
  }

  private Reloaded refused(List<String> errors) {
    metrics.reloadFailed();
    return new Reloaded(setup.get().generation(), errors);
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
    String host = config.listen().address().getHostAddress();
    String scheme = serverTls == null ? "http" : "https";
    return URI.create(scheme + "://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port);
  }

  /**
   * Reads certificate and key again, for new connections; without TLS nothing happens.
   *
   * @throws IllegalArgumentException "name: rule, was value" if they cannot be used; those of
   *     before stay in use
   */
  public void reloadTls() {
    if (serverTls != null) {
      serverTls.reload();
    }
  }

  /** {@return the address of health, metrics and dashboard} */
  public URI management() {
    return management.uri();
  }

  /** {@return requests that are open now} */
  public int open() {
    return metrics.open();
  }

  /** {@return streams that run on after their client has left} */
  public int unattended() {
    return open.unattendedCount();
  }

  /** {@return bytes that are kept of requests, outside of the heap} */
  public long keptRequestBytes() {
    return open.requests().used();
  }

  /** {@return bytes that are kept of answers to which identical requests may attach} */
  public long keptAnswerBytes() {
    return open.answers().used();
  }

  /**
   * {@return what the Redis of the journal keeps by its configuration: synced, written, memory,
   * evictable or unknown; empty without a journal in Redis} {@code docs/gateway.md} has their
   * meaning.
   */
  public Optional<String> journalKeeps() {
    return journal == null ? Optional.empty() : JournalOpener.keeps(journal);
  }

  /** {@return the front for Durable Streams; empty if it is not served} */
  public Optional<DurableFront> durableStreams() {
    return Optional.ofNullable(durable);
  }

  /** {@return the upstreams, in order} */
  public List<UpstreamConfig> upstreams() {
    return setup.get().config().upstreams();
  }

  /** {@return {@code epoll} or {@code nio}} */
  public String transport() {
    return server.transport();
  }

  /**
   * Reports that it is not ready, and takes requests for the configured time, which may be none.
   * Then takes no more, waits for those that are open, up to the configured time. Ends what is left
   * so that its clients ask again. An interrupt shortens the waits.
   */
  public void drain() {
    ready.set(false);
    awaitClosed(config.listen().acceptAfterSignal());
    draining.set(true);
    server.stopListening();
    server.drain();
    awaitNoneOpen(setup.get().config().drain());
    close();
  }

  private void awaitClosed(Duration longest) {
    long end = clock.getAsLong() + longest.toNanos();
    while (!closed.get() && !Thread.currentThread().isInterrupted() && clock.getAsLong() < end) {
      LockSupport.parkNanos(DRAIN_POLL_NANOS);
    }
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
    ready.set(false);
    draining.set(true);
    server.stopListening();
    if (continuation != null) {
      continuation.close();
    }
    server.endExchanges();
    open.endUnattended();
    long end = clock.getAsLong() + LAST_WORDS.toNanos();
    while (metrics.open() > 0 && clock.getAsLong() < end) {
      LockSupport.parkNanos(DRAIN_POLL_NANOS);
    }
    closeJournal();
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
    private @Nullable Supplier<GatewayConfig> source;
    private Consumer<? super Reloaded> onReload = reloaded -> {};
    private @Nullable ServerTls serverTls;
    private PoolSettings kept = PoolSettings.DEFAULT;
    private @Nullable DurableSettings durable;
    private @Nullable Journal durableJournal;
    private final List<StreamObserver> observers = new ArrayList<>();

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

    /**
     * Adds an observer of all streams, beside the monitor of the dashboard. It is called on the
     * event loops.
     *
     * @throws IllegalArgumentException if it does not promise that it {@linkplain
     *     StreamObserver#neverBlocks never blocks}
     */
    public Builder observer(StreamObserver observer) {
      Check.that(observer.neverBlocks(), "observer", "must never block", observer.getClass());
      observers.add(observer);
      return this;
    }

    /**
     * Sets where a reload finds the configuration. It may throw {@link InvalidConfigException}, and
     * is called on the thread that asks for the reload.
     */
    public Builder reloadFrom(Supplier<GatewayConfig> source) {
      this.source = source;
      return this;
    }

    /** Receives what became of each reload, on the thread that asked. */
    public Builder onReload(Consumer<? super Reloaded> listener) {
      this.onReload = listener;
      return this;
    }

    /**
     * Serves clients by TLS 1.2 and 1.3.
     *
     * @param certificate a PEM file, the server's own certificate first
     * @param key a PEM file, PKCS #8 without a password
     * @throws IllegalArgumentException "name: rule, was value" if they cannot be used
     */
    public Builder tls(Path certificate, Path key) {
      serverTls = new ServerTls(certificate, key, false);
      return this;
    }

    /** Serves Durable Streams from the directory {@code durable-streams} of the journal. */
    public Builder durableStreams(DurableSettings settings) {
      durable = settings;
      return this;
    }

    /** Serves Durable Streams from another journal, which the gateway closes at its end. */
    public Builder durableStreams(DurableSettings settings, Journal journal) {
      durable = settings;
      durableJournal = journal;
      return this;
    }

    /** Keeps other connections to upstreams. For tests. */
    Builder kept(PoolSettings kept) {
      this.kept = kept;
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
