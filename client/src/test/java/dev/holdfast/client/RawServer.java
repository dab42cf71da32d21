package dev.holdfast.client;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;

/** A server that reads a request's head and then does with the socket what the test says. */
final class RawServer implements AutoCloseable {
  /** What to do with a connection; it is closed afterwards. */
  interface Script {
    void run(Socket socket) throws Exception;
  }

  static final String CHUNKED =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

  final BlockingQueue<String> requests = new LinkedBlockingQueue<>();
  final CountDownLatch sawClose = new CountDownLatch(1);
  private final ServerSocket server;

  RawServer(Script script) throws IOException {
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(() -> acceptAll(script));
  }

  URI uri() {
    return URI.create("http://localhost:" + server.getLocalPort() + "/v1/chat");
  }

  static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  /** Ends the connection by RST. */
  static void reset(Socket socket) throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  /** Sends nothing until the peer ends the connection, and says so. */
  void stall(Socket socket) {
    try {
      while (socket.getInputStream().read() >= 0) {
        // Nothing is expected, and anything is ignored.
      }
    } catch (IOException e) {
      // A reset is an end as well.
    }
    sawClose.countDown();
  }

  @Override
  public void close() throws IOException {
    server.close();
  }

  private void acceptAll(Script script) {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> serve(socket, script));
      } catch (IOException e) {
        return; // The test is over.
      }
    }
  }

  private void serve(Socket socket, Script script) {
    try (socket) {
      requests.add(readRequest(socket));
      script.run(socket);
    } catch (Exception e) {
      requests.add("server: " + e);
    }
  }

  private static String readRequest(Socket socket) throws IOException {
    var in = new BufferedInputStream(socket.getInputStream(), 1);
    var head = new ByteArrayOutputStream();
    while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
      head.write(in.read());
    }
    String text = head.toString(StandardCharsets.ISO_8859_1);
    int length =
        text.lines()
            .filter(line -> line.regionMatches(true, 0, "content-length:", 0, 15))
            .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
            .findFirst()
            .orElse(0);
    return text + new String(in.readNBytes(length), StandardCharsets.UTF_8);
  }
}
