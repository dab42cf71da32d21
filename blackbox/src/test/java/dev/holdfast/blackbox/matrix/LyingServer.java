package dev.holdfast.blackbox.matrix;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** A server that answers each request with a body of the test's making, whole or cut. */
final class LyingServer implements AutoCloseable {
  /** A response: its status, its body, and whether the connection ends before the body does. */
  record Response(int status, String type, String body, boolean cut) {
    static Response events(String body) {
      return new Response(200, "text/event-stream", body, false);
    }

    static Response cutEvents(String body) {
      return new Response(200, "text/event-stream", body, true);
    }

    static Response document(String body) {
      return new Response(200, "application/json", body, false);
    }

    static Response gone() {
      return new Response(404, "application/json", "{\"error\":{\"message\":\"gone\"}}", false);
    }
  }

  private final ServerSocket server;
  private final Function<String, Response> script;

  /** The request lines so far, without the version. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  /** Takes what answers a request line such as {@code GET /v1/models}. */
  LyingServer(Function<String, Response> script) throws IOException {
    this.script = script;
    server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofVirtual().start(this::acceptAll);
  }

  String uri(String path) {
    return "http://127.0.0.1:" + server.getLocalPort() + path;
  }

  private void acceptAll() {
    while (!server.isClosed()) {
      try {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      } catch (IOException e) {
        return; // The test is over.
      }
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      String line = request(socket.getInputStream());
      requests.add(line);
      var response = script.apply(line);
      byte[] body = response.body().getBytes(StandardCharsets.UTF_8);
      int announced = body.length + (response.cut() ? 1 : 0);
      String head =
          "HTTP/1.1 %d x\r\nContent-Type: %s\r\nContent-Length: %d\r\nConnection: close\r\n\r\n"
              .formatted(response.status(), response.type(), announced);
      var out = socket.getOutputStream();
      out.write(head.getBytes(StandardCharsets.US_ASCII));
      out.write(body);
      out.flush();
    } catch (IOException e) {
      // The client left.
    }
  }

  private static String request(InputStream in) throws IOException {
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IOException("request: must be whole, was cut");
      }
      head.append((char) next);
    }
    int length =
        head.toString()
            .lines()
            .filter(line -> line.regionMatches(true, 0, "content-length:", 0, 15))
            .mapToInt(line -> Integer.parseInt(line.substring(15).strip()))
            .findFirst()
            .orElse(0);
    in.skipNBytes(length);
    return head.substring(0, head.indexOf(" HTTP/"));
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
