package dev.holdfast.gateway;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/** An upstream that serves several requests on one connection, and remembers which came where. */
final class KeptUpstream implements Closeable {
  /** Answers requests. */
  interface Reply {
    /** {@return whether the connection stays open, once the request is answered} */
    boolean to(int connection, int request, OutputStream out) throws IOException;
  }

  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<String> seen = new CopyOnWriteArrayList<>();
  private final AtomicInteger connections = new AtomicInteger();
  private final CountDownLatch firstGone = new CountDownLatch(1);

  KeptUpstream(Reply reply) throws IOException {
    Thread.ofPlatform()
        .daemon()
        .start(() -> {
          while (!server.isClosed()) {
            try {
              Socket connection = server.accept();
              int number = connections.incrementAndGet();
              Thread.ofPlatform().daemon().start(() -> serve(connection, number, reply));
            } catch (IOException e) {
              return;
            }
          }
        });
  }

  private void serve(Socket connection, int number, Reply reply) {
    try (connection) {
      for (int request = 1; ; request++) {
        String line = read(connection.getInputStream());
        if (line.isEmpty()) {
          return;
        }
        seen.add(number + "." + request);
        if (!reply.to(number, request, connection.getOutputStream())) {
          return;
        }
        connection.getOutputStream().flush();
      }
    } catch (IOException e) {
      // The peer is gone.
    } finally {
      if (number == 1) {
        firstGone.countDown();
      }
    }
  }

  /** {@return the request line; empty at the end} */
  private static String read(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int b = in.read();
      if (b < 0) {
        return "";
      }
      head.append((char) b);
    }
    String lower = head.toString().toLowerCase(java.util.Locale.ROOT);
    int at = lower.indexOf("content-length:");
    if (at >= 0) {
      in.readNBytes(Integer.parseInt(lower.substring(at + 15, lower.indexOf('\r', at)).strip()));
    }
    return head.substring(0, head.indexOf("\r"));
  }

  static void write(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  int port() {
    return server.getLocalPort();
  }

  /** {@return each request as CONNECTION.REQUEST, both from 1} */
  List<String> seen() {
    return seen;
  }

  /** {@return whether the first connection ended} */
  boolean awaitFirstGone(long millis) throws InterruptedException {
    return firstGone.await(millis, TimeUnit.MILLISECONDS);
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
