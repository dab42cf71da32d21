package dev.holdfast.observe.server;

import dev.holdfast.core.guard.AllowedHosts;
import dev.holdfast.core.stream.Check;
import dev.holdfast.observe.StreamMonitor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Serves a monitor over HTTP, on the loopback address: its {@link MonitorRoutes}, and the routes
 * that are added. Answers GET only, one request per connection, {@value #MAX_CONNECTIONS}
 * connections at a time; a client that neither reads nor writes for ten seconds is disconnected.
 * There is no authentication: any client that can connect can read everything. Bind it to other
 * addresses only in a network that may read it, or with an authenticating proxy in front.
 *
 * <p>Requests must name the loopback address, the address that they arrived at, or a host that was
 * added with {@link Builder#host}. So Prometheus can read {@code /metrics} by the address of a pod,
 * and a web page whose own name resolves to this server (DNS rebinding) cannot.
 */
public final class MonitorServer implements AutoCloseable {
  /** Connections at a time; more are answered with 503. */
  public static final int MAX_CONNECTIONS = 64;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final ServerSocket server;
  private final HttpRoute route;
  private final AllowedHosts allowedHosts;
  private final Duration patience;
  private final Map<Connection, Thread> open = new ConcurrentHashMap<>();
  private final CountDownLatch closing = new CountDownLatch(1);

  private MonitorServer(Builder builder, HttpRoute route) throws IOException {
    server = new ServerSocket();
    try {
      server.bind(new InetSocketAddress(builder.address, builder.port), 50);
    } catch (IOException e) {
      server.close();
      throw e;
    }
    this.route = route;
    patience = builder.patience;
    allowedHosts = AllowedHosts.loopback(server.getLocalPort()).with(builder.hosts);
    // The first virtual thread starts a scheduler, which costs a process start-up time.
    Thread.ofPlatform().name("holdfast-monitor-accept").daemon().start(this::accept);
    Thread.ofPlatform().name("holdfast-monitor-reaper").daemon().start(this::reap);
  }

  /** {@return a builder} */
  public static Builder builder(StreamMonitor monitor) {
    return new Builder(monitor);
  }

  /** {@return the port it listens on} */
  public int port() {
    return server.getLocalPort();
  }

  /** {@return connections that are open now} */
  int visitors() {
    return open.size();
  }

  /** {@return the address for users of this machine} */
  public URI uri() {
    InetAddress bound = server.getInetAddress();
    if (bound.isAnyLocalAddress() || bound.isLoopbackAddress()) {
      return URI.create("http://127.0.0.1:" + port() + "/");
    }
    String host = literal(bound);
    return URI.create(
        "http://" + (host.contains(":") ? "[" + host + "]" : host) + ":" + port() + "/");
  }

  /** Closes all connections and listens no more. */
  @Override
  public void close() {
    closing.countDown();
    try {
      server.close();
    } catch (IOException e) {
      // It listens no more, either way.
    }
    open.forEach((connection, thread) -> {
      thread.interrupt();
      connection.close();
    });
  }

  private void accept() {
    while (!server.isClosed()) {
      try {
        serve(server.accept());
      } catch (IOException e) {
        LockSupport.parkNanos(10_000_000); // Closed, or out of descriptors.
      }
    }
  }

  private void serve(Socket socket) {
    AllowedHosts allowed = reachedAt(allowedHosts, socket.getLocalAddress());
    boolean full = open.size() >= MAX_CONNECTIONS;
    HttpRoute chosen = full ? MonitorServer::turnedAway : route;
    if (open.size() >= 2 * MAX_CONNECTIONS) {
      new Connection(socket, chosen, allowed, patience).close(); // Not even the door is free.
      return;
    }
    var connection = new Connection(socket, chosen, allowed, patience);
    var thread =
        Thread.ofVirtual()
            .name("holdfast-monitor")
            .unstarted(() -> {
              try {
                connection.run();
              } finally {
                open.remove(connection);
              }
            });
    open.put(connection, thread);
    thread.start();
    if (closing.getCount() == 0) {
      connection.close();
    }
  }

  /** {@return these hosts, and the address that a request arrived at} */
  static AllowedHosts reachedAt(AllowedHosts hosts, InetAddress local) {
    return local.isLoopbackAddress() ? hosts : hosts.with(Set.of(literal(local)));
  }

  /** {@return an address without its zone, such as {@code %eth0}} */
  private static String literal(InetAddress address) {
    String text = address.getHostAddress();
    int zone = text.indexOf('%');
    return zone < 0 ? text : text.substring(0, zone);
  }

  private static Response turnedAway(Request request) {
    return Response.Whole.error(
        503, "connections: must be at most " + MAX_CONNECTIONS + " at a time");
  }

  private void reap() {
    try {
      while (!closing.await(patience.toMillis() / 10, TimeUnit.MILLISECONDS)) {
        long now = System.nanoTime();
        open.keySet().forEach(connection -> connection.reap(now));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Gathers what a server needs. */
  public static final class Builder {
    private final StreamMonitor monitor;
    private final List<HttpRoute> routes = new ArrayList<>();
    private final Set<String> hosts = new HashSet<>();
    private InetAddress address = InetAddress.getLoopbackAddress();
    private Duration tick = MonitorRoutes.DEFAULT_TICK;
    private Duration patience = PATIENCE;
    private int port;

    private Builder(StreamMonitor monitor) {
      this.monitor = monitor;
    }

    /** Listens on this port; 0, the default, for any that is free. */
    public Builder port(int port) {
      Check.that(port >= 0 && port <= 65535, "port", "must be 0 to 65535", port);
      this.port = port;
      return this;
    }

    /**
     * Listens on another address than the loopback, for example {@code 0.0.0.0} in a container. It
     * then also answers under the address that a request arrived at; add other names that it is
     * reached by with {@link #host}.
     */
    public Builder address(InetAddress address) {
      this.address = address;
      return this;
    }

    /**
     * Accepts requests for one more host, or more: a name such as {@code holdfast.prod.svc}, an
     * address, {@code NAME:PORT}, {@code *.DOMAIN} for all names below a domain, a range such as
     * {@code 10.0.0.0/8}, or {@code *} for all. With {@code *} a web page of a stranger that a user
     * opens can read this server, unless a proxy in front checks the host.
     *
     * @throws IllegalArgumentException "host: rule, was value" if it is none of these
     */
    public Builder host(String host) {
      var unused = AllowedHosts.loopback(0).with(Set.of(host));
      hosts.add(host);
      return this;
    }

    /** Sends news every {@code tick} instead of every second. */
    public Builder tick(Duration tick) {
      this.tick = tick;
      return this;
    }

    /** Shortens the I/O timeout. For tests. */
    Builder patience(Duration patience) {
      this.patience = patience;
      return this;
    }

    /** Adds a route that is asked before the monitor's own and after those added before. */
    public Builder route(HttpRoute route) {
      routes.add(route);
      return this;
    }

    /**
     * {@return a server that listens}
     *
     * @throws UncheckedIOException if it cannot
     */
    public MonitorServer start() {
      var all = new ArrayList<>(routes);
      all.add(new MonitorRoutes(monitor, tick));
      try {
        return new MonitorServer(this, new Routes(List.copyOf(all)));
      } catch (IOException e) {
        throw new UncheckedIOException("port: must be free to listen on, was " + port, e);
      }
    }
  }

  /** Several routes; the first that answers does. */
  private record Routes(List<HttpRoute> all) implements HttpRoute {
    @Override
    public @Nullable Response answer(Request request) {
      return first(route -> route.answer(request));
    }

    @Override
    public @Nullable Response post(Request request) {
      return first(route -> route.post(request));
    }

    private @Nullable Response first(Function<HttpRoute, @Nullable Response> ask) {
      for (HttpRoute route : all) {
        var answer = ask.apply(route);
        if (answer != null) {
          return answer;
        }
      }
      return null;
    }
  }
}
