package dev.holdfast.gateway;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client that sends exactly these bytes, and reads HTTP with no code of Netty's. */
final class RawClient implements Closeable {
  private static final int PATIENCE_MILLIS = 30_000;

  private final Socket socket;
  private final InputStream in;

  /**
   * A response.
   *
   * @param whole whether its body ended as its framing requires
   */
  @SuppressWarnings("ArrayRecordComponent") // Never compared.
  record Response(int status, Map<String, List<String>> headers, byte[] body, boolean whole) {
    String header(String name) {
      var values = headers.get(name);
      return values == null ? "" : values.getFirst();
    }

    String text() {
      return new String(body, StandardCharsets.UTF_8);
    }
  }

  RawClient(int port) throws IOException {
    this(new Socket(InetAddress.getLoopbackAddress(), port));
  }

  /** A client on a socket that is connected. */
  RawClient(Socket socket) throws IOException {
    this.socket = socket;
    socket.setSoTimeout(PATIENCE_MILLIS);
    in = socket.getInputStream();
  }

  /** Sends a request with a JSON body, and reads the response. */
  static Response post(int port, String path, String body, String... headers) throws IOException {
    try (var client = new RawClient(port)) {
      client.send(request("POST", path, body, headers));
      return client.read("POST");
    }
  }

  static Response get(int port, String path, String... headers) throws IOException {
    try (var client = new RawClient(port)) {
      client.send(request("GET", path, "", headers));
      return client.read("GET");
    }
  }

  static String request(String method, String path, String body, String... headers) {
    var head = new StringBuilder(method + " " + path + " HTTP/1.1\r\nHost: localhost\r\n");
    for (String header : headers) {
      head.append(header).append("\r\n");
    }
    if (!body.isEmpty()) {
      head.append("Content-Type: application/json\r\nContent-Length: ")
          .append(body.getBytes(StandardCharsets.UTF_8).length)
          .append("\r\n");
    }
    return head.append("\r\n").append(body).toString();
  }

  void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.UTF_8));
    socket.getOutputStream().flush();
  }

  /** Reads one response. */
  Response read(String method) throws IOException {
    String line = line();
    int status = Integer.parseInt(line.split(" ", -1)[1]);
    var headers = headers();
    var body = new ByteArrayOutputStream();
    boolean none = method.equals("HEAD") || status == 204 || status == 304 || status < 200;
    boolean whole = true;
    try {
      if (none) {
        // No body follows.
      } else if (headers.containsKey("transfer-encoding")) {
        whole = chunks(body);
      } else if (headers.containsKey("content-length")) {
        long length = Long.parseLong(headers.get("content-length").getFirst());
        whole = copy(body, length) == length;
      } else {
        body.write(in.readAllBytes());
      }
    } catch (IOException e) {
      whole = false;
    }
    return new Response(status, headers, body.toByteArray(), whole);
  }

  /** Reads the head alone; the body follows by {@link #stream}. */
  Response head() throws IOException {
    int status = Integer.parseInt(line().split(" ", -1)[1]);
    return new Response(status, headers(), new byte[0], false);
  }

  InputStream stream() {
    return in;
  }

  private boolean chunks(ByteArrayOutputStream body) throws IOException {
    while (true) {
      String size = line();
      if (size.isEmpty()) {
        return false;
      }
      int length = Integer.parseInt(size, 16);
      if (length == 0) {
        return line().isEmpty();
      }
      if (copy(body, length) < length) {
        return false;
      }
      line();
    }
  }

  private long copy(ByteArrayOutputStream body, long length) throws IOException {
    byte[] piece = in.readNBytes((int) length);
    body.write(piece);
    return piece.length;
  }

  private Map<String, List<String>> headers() throws IOException {
    var headers = new TreeMap<String, List<String>>();
    for (String line = line(); !line.isEmpty(); line = line()) {
      int colon = line.indexOf(':');
      headers
          .computeIfAbsent(
              line.substring(0, colon).toLowerCase(Locale.ROOT), n -> new ArrayList<>())
          .add(line.substring(colon + 1).strip());
    }
    return headers;
  }

  private String line() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int b = in.read(); b >= 0 && b != '\n'; b = in.read()) {
      line.write(b);
    }
    return line.toString(StandardCharsets.UTF_8).strip();
  }

  /** Waits for the end of the connection. */
  byte[] rest() throws IOException {
    try {
      return in.readAllBytes();
    } catch (SocketException e) {
      return new byte[0]; // It was reset, which ends it, too.
    }
  }

  Socket socket() {
    return socket;
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
