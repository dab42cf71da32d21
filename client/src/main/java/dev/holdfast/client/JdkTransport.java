package dev.holdfast.client;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/**
 * java.net.http. Cleartext is HTTP/1.1, for otherwise the JDK would send {@code Upgrade: h2c} along
 * with the request; TLS may use HTTP/2. Redirects are not followed: a key goes only where it was
 * meant to go. The system's proxy settings hold.
 */
public final class JdkTransport implements Transport {
  private static final Failure CLOSED =
      Failure.lasting(Cause.CONNECTION_FAILED, "the transport is closed");

  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** One client for each connect timeout, since the JDK sets it per client; in practice one. */
  private final ConcurrentMap<Duration, HttpClient> clients = new ConcurrentHashMap<>();

  private volatile boolean closed;

  /** Null for the JDK's own. */
  private final @Nullable SSLContext tls;

  /** A transport without connections; they are made on demand and kept alive. */
  public JdkTransport() {
    tls = null;
  }

  /**
   * A transport that trusts, and shows, the certificates of {@code tls} instead of the JDK's: for
   * endpoints behind a private authority, or that ask for a client certificate. Host names are
   * verified as always.
   *
   * @param tls an initialised context; every https connection uses it
   */
  public JdkTransport(SSLContext tls) {
    this.tls = Objects.requireNonNull(tls, "tls");
  }

  @Override
  public Exchange open(Request request, Receiver receiver) {
    var http =
        HttpRequest.newBuilder(request.uri())
            .POST(HttpRequest.BodyPublishers.ofString(request.body()));
    request.headers().forEach((name, list) -> list.forEach(content -> http.header(name, content)));
    if ("http".equalsIgnoreCase(request.uri().getScheme())) {
      http.version(HttpClient.Version.HTTP_1_1);
    }
    var exchange = new JdkExchange(request.uri(), receiver);
    if (closed) {
      receiver.onFailure(CLOSED);
      return exchange;
    }
    HttpClient client = clients.computeIfAbsent(request.connectTimeout(), this::newClient);
    try {
      exchange.follow(client.sendAsync(http.build(), exchange));
    } catch (RejectedExecutionException e) {
      receiver.onFailure(CLOSED); // It was closed just now.
    }
    return exchange;
  }

  @Override
  public void close() {
    closed = true;
    clients.values().forEach(HttpClient::shutdownNow);
    threads.shutdown();
  }

  private HttpClient newClient(Duration connectTimeout) {
    var client = HttpClient.newBuilder().executor(threads);
    if (connectTimeout.isPositive()) {
      client.connectTimeout(connectTimeout);
    }
    if (tls != null) {
      client.sslContext(tls);
    }
    return client.build();
  }
}
