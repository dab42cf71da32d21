package dev.holdfast.testkit.proxy;

import dev.holdfast.core.guard.AllowedHosts;
import dev.holdfast.core.stream.Check;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.SSLSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * A proxy on the loopback address in front of a real server. It passes everything on, and cuts the
 * streamed answers of each {@link CutPlan} where the plan has a cut. Each request has a connection
 * of its own; where a client closes, the connection to the server is closed too. Thread-safe.
 */
public final class CuttingProxy implements AutoCloseable {
  private static final int CONNECT_MILLIS = 10_000;

  private final URI target;
  private final ServerSocket listening;
  private final AllowedHosts allowedHosts;
  private final Map<String, CutPlan> plans = new ConcurrentHashMap<>();
  private final AtomicInteger planned = new AtomicInteger();
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  private CuttingProxy(URI target, ServerSocket listening) {
    this.target = target;
    this.listening = listening;
    allowedHosts = AllowedHosts.loopback(listening.getLocalPort());
  }

  /**
   * {@return a proxy that listens on a free port}
   *
   * @param target the server's address with the path that requests begin with, for example {@code
   *     http://127.0.0.1:8080/v1}
   * @throws IllegalArgumentException if the address is no http or https address with a host
   * @throws IOException if no port is free
   */
  public static CuttingProxy to(URI target) throws IOException {
    String scheme = String.valueOf(target.getScheme());
    Check.that(
        scheme.matches("(?i)https?") && target.getHost() != null,
        "target",
        "must be an http or https address with a host",
        scheme + "://" + target.getHost());
    var listening = new ServerSocket();
    listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 256);
    var proxy = new CuttingProxy(target, listening);
    Thread.ofVirtual().name("cutting-proxy").start(proxy::accept);
    return proxy;
  }

  /**
   * {@return a new address, whose streamed answers are cut in this order; further answers pass}
   * Only successful responses that stream count as answers.
   */
  public CutPlan plan(List<Cut> cuts) {
    String name = "cut-" + planned.incrementAndGet();
    String path = target.getRawPath() == null ? "" : target.getRawPath();
    var url = URI.create("http://127.0.0.1:" + listening.getLocalPort() + "/" + name + path);
    var plan = new CutPlan(url, cuts);
    plans.put(name, plan);
    return plan;
  }

  /** As {@link #plan(List)}. */
  public CutPlan plan(Cut... cuts) {
    return plan(List.of(cuts));
  }

  /** Closes every connection and the port. */
  @Override
  public void close() {
    quietly(listening);
    open.forEach(CuttingProxy::quietly);
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket client = listening.accept();
        open.add(client);
        Thread.ofVirtual().name("cutting-proxy-exchange").start(() -> serve(client));
      } catch (IOException e) {
        LockSupport.parkNanos(10_000_000); // Closed, or out of descriptors.
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      client.setTcpNoDelay(true);
      var in = new BufferedInputStream(client.getInputStream());
      var request = HttpMessage.read(in);
      if (request == null) {
        return;
      }
      byte[] body = request.requestBody(in);
      String[] words = request.start().split(" ", -1);
      String[] path = words.length > 1 ? words[1].split("/", 3) : new String[0];
      CutPlan plan = path.length == 3 ? plans.get(path[1]) : null;
      // A web page must not reach the server through the proxy.
      boolean allowed =
          words.length > 1 && allowedHosts.complaint(words[1], request.byName()) == null;
      if (plan == null || !allowed) {
        String status = allowed ? "404 Not Found" : "421 Misdirected Request";
        HttpMessage.write(
            client.getOutputStream(),
            "HTTP/1.1 " + status,
            List.of("Content-Length: 0", "Connection: close"));
        return;
      }
      new Passage(plan, words[0], "/" + path[2], client, in)
          .pass(request, body, host(target), this::connect);
    } catch (IOException e) {
      // One of the two ends left: so does the other one.
    } finally {
      open.remove(client);
    }
  }

  private Socket connect() throws IOException {
    boolean tls = "https".equalsIgnoreCase(target.getScheme());
    int port = target.getPort() >= 0 ? target.getPort() : tls ? 443 : 80;
    var socket = new Socket();
    socket.connect(
        new InetSocketAddress(target.getHost().replaceAll("[\\[\\]]", ""), port), CONNECT_MILLIS);
    socket.setTcpNoDelay(true);
    return tls ? secured(socket, port) : socket;
  }

  private SSLSocket secured(Socket socket, int port) throws IOException {
    var factory = (SSLSocketFactory) SSLSocketFactory.getDefault();
    var secured = (SSLSocket) factory.createSocket(socket, target.getHost(), port, true);
    var parameters = secured.getSSLParameters();
    parameters.setEndpointIdentificationAlgorithm("HTTPS");
    secured.setSSLParameters(parameters);
    return secured;
  }

  /** {@return what the server is called in the Host header} */
  static String host(URI target) {
    return target.getHost() + (target.getPort() < 0 ? "" : ":" + target.getPort());
  }

  static void quietly(@Nullable AutoCloseable closed) {
    try {
      if (closed != null) {
        closed.close();
      }
    } catch (Exception e) {
      // It is closed anyway.
    }
  }
}
