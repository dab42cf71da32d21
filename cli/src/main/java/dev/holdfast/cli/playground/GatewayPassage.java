package dev.holdfast.cli.playground;

import dev.holdfast.testkit.http.HttpRequest;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.IntSupplier;
import java.util.regex.Pattern;

/**
 * The way from the browser to the gateway and back, which can be cut. Where no gateway listens, or
 * the way is cut, a connection ends without an answer, as over any broken network. Thread-safe.
 */
final class GatewayPassage {
  /** Of one connection, or replaced here; the last ones because the gateway has another address. */
  private static final Set<String> NOT_PASSED =
      Set.of(
          "connection",
          "keep-alive",
          "transfer-encoding",
          "content-length",
          "expect",
          "cookie",
          "host",
          "origin",
          "referer");

  private static final Pattern FETCH_METADATA = Pattern.compile("sec-.*");

  private final IntSupplier port;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();
  private volatile long cutUntilNanos = System.nanoTime();

  /** A passage to a gateway, by its present port. */
  GatewayPassage(IntSupplier port) {
    this.port = port;
  }

  /** Resets all connections of browsers, and all that they open within {@code length}. */
  void cut(Duration length) {
    cutUntilNanos = System.nanoTime() + length.toNanos();
    open.forEach(GatewayPassage::reset);
  }

  /** Passes a request on, and its answer back, until one side ends. */
  void pass(HttpRequest request, Socket browser) throws IOException {
    open.add(browser);
    try (var gateway = new Socket(InetAddress.getLoopbackAddress(), port.getAsInt())) {
      if (System.nanoTime() - cutUntilNanos < 0) {
        reset(browser);
        return;
      }
      gateway.setTcpNoDelay(true);
      var out = gateway.getOutputStream();
      out.write(message(request));
      out.flush();
      var gone =
          Thread.ofVirtual().name("playground-browser").start(() -> awaitEnd(browser, gateway));
      gateway.getInputStream().transferTo(browser.getOutputStream());
      gone.interrupt();
    } finally {
      open.remove(browser);
    }
  }

  private byte[] message(HttpRequest request) {
    byte[] body = request.body().getBytes(StandardCharsets.UTF_8);
    var head = new StringBuilder(request.method()).append(' ').append(request.path());
    head.append(request.query().isEmpty() ? "" : "?" + request.query()).append(" HTTP/1.1\r\n");
    head.append("host: 127.0.0.1:").append(port.getAsInt()).append("\r\n");
    request
        .headers()
        .forEach((name, values) -> {
          if (!NOT_PASSED.contains(name) && !FETCH_METADATA.matcher(name).matches()) {
            values.forEach(each -> head.append(name).append(": ").append(each).append("\r\n"));
          }
        });
    if (body.length > 0 || request.method().equals("POST")) {
      head.append("content-length: ").append(body.length).append("\r\n");
    }
    byte[] bytes =
        head.append("connection: close\r\n\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
    byte[] all = java.util.Arrays.copyOf(bytes, bytes.length + body.length);
    System.arraycopy(body, 0, all, bytes.length, body.length);
    return all;
  }

  /** The browser's next byte is its end, which the gateway learns of. */
  private static void awaitEnd(Socket browser, Socket gateway) {
    try (gateway) {
      InputStream in = browser.getInputStream();
      while (in.read() >= 0) {
        // Nothing is expected.
      }
    } catch (IOException e) {
      // Reset, or closed by this server.
    }
  }

  private static void reset(Socket socket) {
    try {
      socket.setSoLinger(true, 0);
      socket.close();
    } catch (IOException e) {
      // It is closed then.
    }
  }
}
