package dev.holdfast.testkit.transport;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** An HTTP proxy that answers {@code CONNECT} as a test wants it, and then passes bytes on. */
public final class TunnelProxy implements AutoCloseable {
  private final ServerSocket server;
  private final String answer;
  private final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

  /**
   * A proxy on loopback.
   *
   * @param answer what each request for a tunnel receives; a status of 200 opens it
   */
  public TunnelProxy(String answer) {
    this.answer = answer;
    try {
      server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException("proxy: must be able to listen on loopback", e);
    }
    Thread.ofVirtual().name("tunnel-accept").start(this::acceptAll);
  }

  /** {@return a selector that sends everything through it} */
  public ProxySelector selector() {
    return ProxySelector.of(new InetSocketAddress("localhost", server.getLocalPort()));
  }

  /** {@return the heads of the requests for a tunnel, in order of arrival} */
  public BlockingQueue<String> requests() {
    return requests;
  }

  private void acceptAll() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Thread.ofVirtual().name("tunnel").start(() -> serve(client));
      } catch (IOException e) {
        return; // The test is over.
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      var head = new ByteArrayOutputStream();
      while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
        int next = client.getInputStream().read();
        if (next < 0) {
          return;
        }
        head.write(next);
      }
      String request = head.toString(StandardCharsets.US_ASCII);
      requests.add(request);
      client.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
      if (answer.startsWith("HTTP/1.1 200")) {
        pass(client, request);
      }
    } catch (IOException e) {
      // One of the ends has left.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private static void pass(Socket client, String request) throws IOException, InterruptedException {
    String authority = request.substring("CONNECT ".length(), request.indexOf(" HTTP/1.1"));
    int port = Integer.parseInt(authority.substring(authority.lastIndexOf(':') + 1));
    try (var target = new Socket(InetAddress.getLoopbackAddress(), port)) {
      var back =
          Thread.ofVirtual()
              .name("tunnel-back")
              .start(() -> {
                try {
                  target.getInputStream().transferTo(client.getOutputStream());
                  client.shutdownOutput();
                } catch (IOException e) {
                  // One of the ends has left.
                }
              });
      client.getInputStream().transferTo(target.getOutputStream());
      target.shutdownOutput();
      back.join();
    }
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException("proxy: must close", e);
    }
  }
}
