package dev.holdfast.client;

import dev.holdfast.client.transport.CallbackThreads;
import dev.holdfast.client.transport.JdkExchange;
import dev.holdfast.client.transport.NetworkFailures;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Check;
import dev.holdfast.core.stream.Failure;
import java.net.ProxySelector;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * java.net.http. Cleartext is HTTP/1.1, for otherwise the JDK would send {@code Upgrade: h2c} along
 * with the request; TLS may use HTTP/2. Redirects are not followed: a key goes only where it was
 * meant to go. The system's proxy settings hold.
 *
 * <p>The pieces of a body over HTTP/1.1 reach the receiver on the thread that reads all sockets, so
 * a receiver must not block.
 */
public final class JdkTransport implements Transport {
  /**
   * An HTTP client of the JDK keeps one HTTP/2 connection to a server, and fails a request beyond
   * its limit of streams. So such a request goes to the next client. At 100 streams a connection,
   * the usual limit, this is enough for 6,400 at once.
   */
  private static final int MAX_LANES = 64;

  private static final int MAX_PORT = 65_535;

  /** Which client: the JDK sets the connect timeout per client. */
  private record Lane(Duration connectTimeout, int number) {}

  private static final Failure CLOSED =
      Failure.permanent(Cause.CONNECTION_FAILED, "the transport is closed");

  private final CallbackThreads threads = new CallbackThreads();

  /** Clients by what the JDK fixes per client; in practice one. */
  private final ConcurrentMap<Lane, HttpClient> clients = new ConcurrentHashMap<>();

  private volatile boolean closed;

  /** What the caller sets of each client. */
  private final Consumer<HttpClient.Builder> settings;

  private final int maxLanes;

  /** A transport without connections; they are made on demand and kept alive. */
  public JdkTransport() {
    this(client -> {}, MAX_LANES);
  }

  /**
   * A transport that trusts, and shows, the certificates of {@code tls} instead of the JDK's: for
   * endpoints with a private authority, or that ask for a client certificate. Host names are
   * verified as always.
   *
   * @param tls an initialised context; every https connection uses it
   */
  public JdkTransport(SSLContext tls) {
    this(client -> client.sslContext(tls), MAX_LANES);
    Objects.requireNonNull(tls, "tls");
  }

  /** A transport with another number of HTTP/2 connections to a server. For tests. */
  JdkTransport(Consumer<HttpClient.Builder> settings, int maxLanes) {
    this.settings = settings;
    this.maxLanes = maxLanes;
  }

  /** {@return a builder of a transport with settings of its own} */
  public static Builder builder() {
    return new Builder();
  }

  /** Gathers the settings of a transport; each has the JDK's default. Not thread-safe. */
  public static final class Builder {
    private Consumer<HttpClient.Builder> settings = client -> {};

    private Builder() {}

    /** Sends requests through a proxy, for example {@link ProxySelector#of}. */
    public Builder proxy(ProxySelector proxy) {
      Objects.requireNonNull(proxy, "proxy");
      return configure(client -> client.proxy(proxy));
    }

    /**
     * Trusts, and shows, the certificates of {@code tls}: for endpoints with a private authority,
     * or that ask for a client certificate. Host names are verified as always.
     *
     * @param tls an initialised context; every https connection uses it
     */
    public Builder tls(SSLContext tls) {
      Objects.requireNonNull(tls, "tls");
      return configure(client -> client.sslContext(tls));
    }

    /**
     * Sets anything else of the JDK's client, such as the authenticator of a proxy or TLS
     * parameters. Runs once for each client that the transport makes, before Holdfast's own
     * settings: the connect timeout, the executor, and that redirects are not followed.
     */
    public Builder configure(Consumer<HttpClient.Builder> setting) {
      settings = settings.andThen(Objects.requireNonNull(setting, "setting"));
      return this;
    }

    /** {@return a transport without connections} */
    public JdkTransport build() {
      return new JdkTransport(settings, MAX_LANES);
    }
  }

  @Override
  public Exchange open(Request request, Receiver receiver) {
    var http = HttpRequest.newBuilder(request.uri());
    switch (request.method()) {
      case GET -> http.GET();
      case POST -> http.POST(HttpRequest.BodyPublishers.ofString(request.body()));
      case DELETE -> http.DELETE();
    }
    Check.that(
        request.uri().getPort() <= MAX_PORT,
        "uri",
        "port must be at most 65535",
        request.uri().getPort());
    for (var header : request.headers().entrySet()) {
      Check.that(
          !"transfer-encoding".equalsIgnoreCase(header.getKey()), // The JDK refuses the others.
          "header",
          "must not be one that the transport sets",
          header.getKey());
      for (String content : header.getValue()) {
        http.header(header.getKey(), content);
      }
    }
    if ("http".equalsIgnoreCase(request.uri().getScheme())) {
      http.version(HttpClient.Version.HTTP_1_1);
    }
    var exchange = new JdkExchange(request.uri(), receiver, threads, this::closedBefore);
    send(http.build(), exchange, new Lane(request.connectTimeout(), 0));
    return exchange;
  }

  private void send(HttpRequest request, JdkExchange exchange, Lane lane) {
    if (closed) {
      exchange.fail(CLOSED);
      return;
    }
    HttpClient client = clients.get(lane);
    if (client == null) {
      client = clients.computeIfAbsent(lane, this::newClient);
    }
    if (closed) {
      client.shutdownNow(); // {@code close} may have looked before it was there.
      exchange.fail(CLOSED);
      return;
    }
    try {
      var response = client.sendAsync(request, exchange);
      exchange.follow(
          response,
          thrown -> {
            if (NetworkFailures.isFullConnection(thrown) && lane.number() + 1 < maxLanes) {
              send(request, exchange, new Lane(lane.connectTimeout(), lane.number() + 1));
            } else {
              exchange.onError(thrown);
            }
          });
    } catch (RejectedExecutionException e) {
      exchange.fail(CLOSED); // It was closed just now.
    }
  }

  @Override
  public void close() {
    closed = true;
    clients.values().forEach(HttpClient::shutdownNow);
    threads.close();
  }

  /** {@return why an exchange of a closed transport has ended; null while it is open} */
  private @Nullable Failure closedBefore(boolean headArrived) {
    if (!closed) {
      return null;
    }
    return headArrived ? Failure.retryable(Cause.CONNECTION_LOST, CLOSED.detail()) : CLOSED;
  }

  /** {@return how many of the JDK's tasks run on the thread that reads sockets; for tests} */
  int inPlace() {
    return threads.inPlace();
  }

  private HttpClient newClient(Lane lane) {
    var client = HttpClient.newBuilder();
    settings.accept(client);
    client.executor(threads).followRedirects(HttpClient.Redirect.NEVER);
    if (lane.connectTimeout().isPositive()) {
      client.connectTimeout(lane.connectTimeout());
    }
    return client.build();
  }
}
