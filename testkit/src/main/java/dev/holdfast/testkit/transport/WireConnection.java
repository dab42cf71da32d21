package dev.holdfast.testkit.transport;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** One connection of a {@link WireServer}, in the hands of a script. Not thread-safe. */
public final class WireConnection {
  /** The head of a response whose body is chunked. */
  public static final String CHUNKED =
      "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n";

  /** What ends a chunked body. */
  public static final String LAST_CHUNK = "0\r\n\r\n";

  private final WireServer server;
  private final Socket raw;
  private final InputStream in;
  private final OutputStream out;

  WireConnection(WireServer server, Socket raw, Socket socket) throws IOException {
    this.server = server;
    this.raw = raw;
    in = new BufferedInputStream(socket.getInputStream(), 1 << 14);
    out = socket.getOutputStream();
  }

  /** {@return text as one chunk of a body} */
  public static String chunk(String text) {
    return Integer.toHexString(text.length()) + "\r\n" + text + "\r\n";
  }

  /** {@return the number of connections that came before} */
  public int number() {
    return server.connections() - 1;
  }

  InputStream in() {
    return in;
  }

  OutputStream out() {
    return out;
  }

  WireServer server() {
    return server;
  }

  /** {@return the next request, head and body; empty if the client has closed} */
  public String request() throws IOException {
    var head = new ByteArrayOutputStream();
    int matched = 0;
    while (matched < 4) {
      int next = in.read();
      if (next < 0) {
        return "";
      }
      head.write(next);
      matched = next == (matched % 2 == 0 ? '\r' : '\n') ? matched + 1 : next == '\r' ? 1 : 0;
    }
    String text = head.toString(StandardCharsets.ISO_8859_1);
    int length =
        text.lines()
            .filter(line -> line.regionMatches(true, 0, "content-length:", 0, 15))
            .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
            .findFirst()
            .orElse(0);
    String request = text + new String(in.readNBytes(length), StandardCharsets.UTF_8);
    server.requests().add(request);
    return request;
  }

  /** Waits for the client's first bytes, and drops so many. */
  public void skip(int bytes) throws IOException {
    in.skipNBytes(bytes);
  }

  /** Sends text as it is, one byte a character. */
  public void send(String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.ISO_8859_1));
    out.flush();
  }

  /** Sends bytes. */
  public void send(byte[] bytes) throws IOException {
    out.write(bytes);
    out.flush();
  }

  /** Ends the server's side by FIN, under TLS without a word of TLS, and waits for the client's. */
  public void fin() throws IOException {
    raw.shutdownOutput();
    awaitClosed();
  }

  /** Ends the connection by RST. */
  public void reset() throws IOException {
    raw.setSoLinger(true, 0);
    raw.close();
  }

  /** Sends nothing until the client ends the connection, and reports it. */
  public void awaitClosed() {
    try {
      byte[] ignored = new byte[1 << 14];
      while (in.read(ignored) >= 0) {
        // Nothing is expected.
      }
    } catch (IOException e) {
      // A reset is an end as well.
    }
    server.sawClose().countDown();
  }
}
