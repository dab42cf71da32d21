package dev.holdfast.gateway;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** An upstream that keeps each request as it came, and sends what a test wants sent. */
final class ScriptedUpstream implements Closeable {
  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: *(\\d+)");

  /** Serves one connection whose request has been read. */
  interface Reply {
    void to(String request, Socket connection) throws IOException, InterruptedException;
  }

  private final ServerSocket server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
  private final List<String> requests = new CopyOnWriteArrayList<>();
  private final CountDownLatch gone = new CountDownLatch(1);
  private final CountDownLatch asked = new CountDownLatch(1);

  ScriptedUpstream(Reply reply) throws IOException {
    Thread.ofPlatform().daemon().start(() -> accept(reply));
  }

  /** Sends these bytes and closes. */
  static ScriptedUpstream answering(String response) throws IOException {
    return new ScriptedUpstream((request, connection) -> {
      connection.getOutputStream().write(response.getBytes(StandardCharsets.ISO_8859_1));
      connection.shutdownOutput();
    });
  }

  /** Sends these bytes and then nothing until the peer is gone. */
  static ScriptedUpstream silentAfter(String response) throws IOException {
    return new ScriptedUpstream((request, connection) -> {
      connection.getOutputStream().write(response.getBytes(StandardCharsets.ISO_8859_1));
      connection.getOutputStream().flush();
    });
  }

  private void accept(Reply reply) {
    while (!server.isClosed()) {
      try {
        Socket connection = server.accept();
        Thread.ofPlatform().daemon().start(() -> serve(connection, reply));
      } catch (IOException e) {
        return;
      }
    }
  }

  private void serve(Socket connection, Reply reply) {
    try (connection) {
      requests.add(read(connection.getInputStream()));
      asked.countDown();
      reply.to(requests.getLast(), connection);
      while (connection.getInputStream().read() >= 0) {
        // Until the peer is gone.
      }
    } catch (IOException e) {
      // The peer is gone.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      gone.countDown();
    }
  }

  private static String read(InputStream in) throws IOException {
    var bytes = new ByteArrayOutputStream();
    while (true) {
      int b = in.read();
      if (b < 0) {
        throw new IOException("no request");
      }
      bytes.write(b);
      String text = bytes.toString(StandardCharsets.ISO_8859_1);
      if (text.endsWith("\r\n\r\n")) {
        var length = LENGTH.matcher(text);
        if (length.find()) {
          bytes.write(in.readNBytes(Integer.parseInt(length.group(1))));
        } else if (text.toLowerCase(Locale.ROOT).contains("transfer-encoding")) {
          do {
            bytes.write(in.read());
            text = bytes.toString(StandardCharsets.ISO_8859_1);
          } while (!text.contains("\r\n0\r\n") || !text.endsWith("\r\n\r\n"));
        }
        return bytes.toString(StandardCharsets.UTF_8);
      }
    }
  }

  int port() {
    return server.getLocalPort();
  }

  List<String> requests() {
    return requests;
  }

  boolean awaitAsked() throws InterruptedException {
    return asked.await(60, TimeUnit.SECONDS);
  }

  /** {@return whether the first connection was closed by its peer within the time} */
  boolean awaitGone(long millis) throws InterruptedException {
    return gone.await(millis, TimeUnit.MILLISECONDS);
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
