package dev.holdfast.gateway;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicLong;
import java.util.regex.Pattern;

/** An upstream that reads no body before it may, and answers once it has read the whole. */
final class HeldUpstream implements Closeable {
  private static final Pattern LENGTH = Pattern.compile("(?i)content-length: *(\\d+)");

  private final ServerSocket server = new ServerSocket();
  private final AtomicLong bytes = new AtomicLong();

  HeldUpstream(CountDownLatch go) throws IOException {
    server.setReceiveBufferSize(64 << 10);
    server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
    Thread.ofVirtual()
        .start(() -> {
          try (var connection = server.accept()) {
            InputStream in = connection.getInputStream();
            var head = new StringBuilder();
            while (head.indexOf("\r\n\r\n") < 0) {
              head.append((char) in.read());
            }
            var length = LENGTH.matcher(head);
            long left = length.find() ? Long.parseLong(length.group(1)) : 0;
            go.await();
            byte[] piece = new byte[1 << 14];
            while (bytes.get() < left) {
              int count = in.read(piece);
              if (count < 0) {
                return;
              }
              bytes.addAndGet(count);
            }
            connection
                .getOutputStream()
                .write(
                    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
                        .getBytes(StandardCharsets.US_ASCII));
            connection.shutdownOutput();
          } catch (IOException e) {
            // The gateway has left.
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  int port() {
    return server.getLocalPort();
  }

  /** {@return how many bytes of the body it has read} */
  long bytes() {
    return bytes.get();
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
