package dev.holdfast.client;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * java.net.http. Cleartext is HTTP/1.1, for otherwise the JDK would send {@code Upgrade: h2c} along
 * with the request; TLS may use HTTP/2. Redirects are not followed: a key goes only where it was
 * meant to go. The system's proxy settings hold.
 */
public final class JdkTransport implements Transport {
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();

  /** One client for each connect timeout, since the JDK sets it per client; in practice one. */
  private final ConcurrentMap<Duration, HttpClient> clients = new ConcurrentHashMap<>();

  /** A transport without connections; they are made on demand and kept alive. */
  public JdkTransport() {}

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
    HttpClient client = clients.computeIfAbsent(request.connectTimeout(), this::newClient);
    try {
      exchange.follow(client.sendAsync(http.build(), exchange));
    } catch (java.util.concurrent.RejectedExecutionException e) {
      receiver.onFailure(Failure.lasting(Cause.CONNECTION_FAILED, "the transport is closed"));
    }
    return exchange;
  }

  @Override
  public void close() {
    clients.values().forEach(HttpClient::shutdownNow);
    threads.shutdown();
  }

  private HttpClient newClient(Duration connectTimeout) {
    var client = HttpClient.newBuilder().executor(threads);
    if (connectTimeout.isPositive()) {
      client.connectTimeout(connectTimeout);
    }
    return client.build();
  }
}
