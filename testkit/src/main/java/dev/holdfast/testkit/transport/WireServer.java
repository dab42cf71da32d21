package dev.holdfast.testkit.transport;

import dev.holdfast.testkit.server.SelfSigned;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** A server on loopback that does with each connection what a test has written. */
public final class WireServer implements AutoCloseable {
  /** What becomes of one connection; it is closed afterwards. Runs on a thread of its own. */
  public interface Script {
    /** Reads requests and writes responses. */
    void run(WireConnection connection) throws Exception;
  }

  private final ServerSocket server;
  private final @Nullable SSLContext tls;
  private final List<String> protocols;
  private final Script script;
  private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch sawClose = new CountDownLatch(1);
  private final ConcurrentLinkedQueue<Exception> crashes = new ConcurrentLinkedQueue<>();
  private final CopyOnWriteArrayList<Socket> open = new CopyOnWriteArrayList<>();

  /** Whether clients must show a certificate. */
  private final boolean demands;

  private WireServer(
      @Nullable SSLContext tls, boolean demands, List<String> protocols, Script script) {
    this.tls = tls;
    this.demands = demands;
    this.protocols = protocols;
    this.script = script;
    try {
      server = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException("server: must be able to listen on loopback", e);
    }
    Thread.ofVirtual().name("wire-accept").start(this::acceptAll);
  }

  /** {@return a server without TLS} */
  public static WireServer plain(Script script) {
    return new WireServer(null, false, List.of(), script);
  }

  /**
   * {@return a server with TLS}
   *
   * @param protocols what it offers by ALPN, such as {@code h2}; none for a server without ALPN
   */
  public static WireServer tls(SelfSigned certificate, List<String> protocols, Script script) {
    return new WireServer(certificate.server(), false, protocols, script);
  }

  /**
   * {@return a server with TLS that demands a certificate of its clients}
   *
   * @param clients what it trusts
   * @param protocols what it offers by ALPN
   */
  public static WireServer mutual(
      SelfSigned certificate, List<SelfSigned> clients, List<String> protocols, Script script) {
    return new WireServer(certificate.showing(clients), true, protocols, script);
  }

  /** {@return its address, with a path} */
  public URI uri() {
    return URI.create(
        (tls == null ? "http" : "https") + "://localhost:" + server.getLocalPort() + "/v1/chat");
  }

  /** {@return {@code localhost} and the port} */
  public String authority() {
    return "localhost:" + server.getLocalPort();
  }

  /** {@return the port} */
  public int port() {
    return server.getLocalPort();
  }

  /** {@return the requests over HTTP/1.1, in order of arrival} */
  public BlockingQueue<String> requests() {
    return requests;
  }

  /** {@return how many connections were accepted} */
  public int connections() {
    return connections.get();
  }

  /** {@return opens once a script has seen a client end its connection} */
  public CountDownLatch sawClose() {
    return sawClose;
  }

  /** {@return what scripts threw} A client that leaves makes writes throw. */
  public List<Exception> crashes() {
    return List.copyOf(crashes);
  }

  @Override
  public void close() {
    try {
      server.close();
      for (Socket socket : open) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException("server: must close", e);
    }
  }

  private void acceptAll() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        socket.setTcpNoDelay(true);
        connections.incrementAndGet();
        open.add(socket);
        Thread.ofVirtual().name("wire-connection").start(() -> serve(socket));
      } catch (IOException e) {
        return; // The test is over.
      }
    }
  }

  private void serve(Socket raw) {
    try (raw;
        Socket socket = tls == null ? raw : secured(raw, tls)) {
      script.run(new WireConnection(this, raw, socket));
    } catch (Exception e) {
      crashes.add(e);
    } finally {
      open.remove(raw);
    }
  }

  private Socket secured(Socket raw, SSLContext context) throws IOException {
    var socket =
        (SSLSocket) context.getSocketFactory().createSocket(raw, null, raw.getPort(), true);
    socket.setUseClientMode(false);
    socket.setNeedClientAuth(demands);
    var parameters = socket.getSSLParameters();
    parameters.setApplicationProtocols(protocols.toArray(String[]::new));
    socket.setSSLParameters(parameters);
    socket.startHandshake();
    return socket;
  }
}
