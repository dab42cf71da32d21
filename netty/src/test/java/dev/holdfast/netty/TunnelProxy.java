package dev.holdfast.netty;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** An HTTP proxy that answers {@code CONNECT} as a test wants it, and then passes bytes on. */
final class TunnelProxy implements AutoCloseable {
  private final ServerSocket server;
  private final String answer;
  final BlockingQueue<String> requests = new LinkedBlockingQueue<>();

  TunnelProxy(String answer) throws IOException {
    this.answer = answer;
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::acceptAll);
  }

  ProxySelector selector() {
    return ProxySelector.of(new InetSocketAddress("localhost", server.getLocalPort()));
  }

  private void acceptAll() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        Thread.ofVirtual().start(() -> serve(client));
      } catch (IOException e) {
        return; // The test is over.
      }
    }
  }

  private void serve(Socket client) {
    try (client) {
      var head = new ByteArrayOutputStream();
      while (!head.toString(StandardCharsets.US_ASCII).endsWith("\r\n\r\n")) {
        head.write(client.getInputStream().read());
      }
      String request = head.toString(StandardCharsets.US_ASCII);
      requests.add(request);
      client.getOutputStream().write(answer.getBytes(StandardCharsets.US_ASCII));
      if (!answer.startsWith("HTTP/1.1 200")) {
        return;
      }
      String port = request.substring(request.indexOf(':') + 1, request.indexOf(" HTTP/1.1"));
      try (var target = new Socket(InetAddress.getLoopbackAddress(), Integer.parseInt(port))) {
        var back =
            Thread.ofVirtual()
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
    } catch (IOException e) {
      // One of the ends has left.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
