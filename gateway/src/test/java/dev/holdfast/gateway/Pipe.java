package dev.holdfast.gateway;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;

/** Passes the bytes of connections on as they are, until a test cuts or freezes them. */
final class Pipe implements Closeable {
  private final ServerSocket server = new ServerSocket(0, 1024, InetAddress.getLoopbackAddress());
  private volatile int to;
  private final List<Line> lines = new CopyOnWriteArrayList<>();

  /** Until then no answer passes; null where answers pass. */
  private volatile @Nullable CountDownLatch held;

  /** One connection, to both sides. */
  private final class Line {
    private final Socket client;
    private final Socket server;
    private final CountDownLatch over = new CountDownLatch(1);
    private volatile boolean frozen;

    Line(Socket client, Socket server) {
      this.client = client;
      this.server = server;
    }

    void copy(Socket from, Socket into, boolean answers) {
      try {
        InputStream in = from.getInputStream();
        byte[] piece = new byte[1 << 14];
        for (int count = in.read(piece); count >= 0; count = in.read(piece)) {
          if (frozen) {
            over.await();
          }
          var holds = held;
          if (answers && holds != null) {
            holds.await();
          }
          into.getOutputStream().write(piece, 0, count);
        }
      } catch (IOException e) {
        // One side has left, and so does the other.
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      } finally {
        end();
      }
    }

    void end() {
      over.countDown();
      for (Socket socket : List.of(client, server)) {
        try {
          socket.close();
        } catch (IOException e) {
          // It was closed before.
        }
      }
    }
  }

  /** Leads to a port of loopback. */
  Pipe(int to) throws IOException {
    this.to = to;
    Thread.ofVirtual().start(this::acceptAll);
  }

  /** Leads new connections to another port. */
  void leadTo(int port) {
    to = port;
  }

  private void acceptAll() {
    while (!server.isClosed()) {
      try {
        Socket client = server.accept();
        var line = new Line(client, new Socket(InetAddress.getLoopbackAddress(), to));
        lines.add(line);
        Thread.ofVirtual().start(() -> line.copy(line.client, line.server, false));
        Thread.ofVirtual().start(() -> line.copy(line.server, line.client, true));
      } catch (IOException e) {
        return; // The test is over.
      }
    }
  }

  int port() {
    return server.getLocalPort();
  }

  /** {@return how many connections were made} */
  int connections() {
    return lines.size();
  }

  /**
   * Ends all connections of now.
   *
   * @param reset by RST; else by FIN
   */
  void cut(boolean reset) throws IOException {
    for (var line : lines) {
      if (reset && !line.client.isClosed()) {
        line.client.setSoLinger(true, 0);
      }
      line.end();
    }
  }

  /** Holds what the server answers from now on. */
  void holdAnswers() {
    held = new CountDownLatch(1);
  }

  /** Passes the answers on that were held, and those that follow. */
  void passAnswers() {
    var holds = held;
    held = null;
    if (holds != null) {
      holds.countDown();
    }
  }

  /** Lets no byte pass on the connections of now, and does not end them. */
  void freeze() {
    lines.forEach(line -> line.frozen = true);
  }

  @Override
  public void close() {
    try {
      server.close();
      passAnswers();
      cut(false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
