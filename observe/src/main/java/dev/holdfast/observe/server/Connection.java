package dev.holdfast.observe.server;

import dev.holdfast.core.guard.AllowedHosts;
import java.io.IOException;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;

/**
 * One connection and its one request. Every read and write has a deadline, which the server's
 * reaper keeps by closing the socket: a blocking write knows none of its own.
 */
final class Connection implements Runnable {
  private static final long NEVER = Long.MAX_VALUE;

  /** Where one may add to or replace these, for a page that needs scripts of its own. */
  private static final Map<String, String> STRICT =
      Map.of(
          "Cache-Control", "no-store",
          "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'",
          "Cross-Origin-Resource-Policy", "same-origin",
          "Referrer-Policy", "no-referrer",
          "X-Content-Type-Options", "nosniff",
          "X-Frame-Options", "DENY");

  private final Socket socket;
  private final HttpRoute route;
  private final AllowedHosts allowedHosts;
  private final long patienceNanos;
  private volatile long deadlineNanos;

  /** Whether the response is its head alone. */
  private boolean asksForHead;

  /**
   * A connection.
   *
   * @param patience for the head, and for every single write
   */
  Connection(Socket socket, HttpRoute route, AllowedHosts allowedHosts, Duration patience) {
    this.socket = socket;
    this.route = route;
    this.allowedHosts = allowedHosts;
    patienceNanos = patience.toNanos();
    deadlineNanos = System.nanoTime() + patienceNanos;
  }

  /** Closes the connection if it is past its deadline. Any thread. */
  void reap(long nowNanos) {
    long deadline = deadlineNanos;
    if (deadline != NEVER && nowNanos - deadline > 0) {
      close();
    }
  }

  /** Any thread; a read or write then throws. */
  void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is gone, then.
    }
  }

  @Override
  public void run() {
    try (socket) {
      Response response = respond();
      switch (response) {
        case Response.Whole whole -> write(whole);
        case Response.Streaming streaming -> write(streaming);
      }
    } catch (IOException e) {
      // The client has gone, or was too slow.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // The server closes.
    }
  }

  private Response respond() throws IOException {
    try {
      var head = RequestHead.read(socket.getInputStream());
      asksForHead = head.request().method().equals("HEAD");
      String complaint = allowedHosts.complaint(head.target(), head.headers());
      if (complaint != null) {
        return Response.Whole.error(403, complaint);
      }
      Request request = head.request();
      if (request.method().equals("POST")) {
        Response answer = route.post(request);
        if (answer != null) {
          return answer;
        }
      }
      if (!asksForHead && !request.method().equals("GET")) {
        var refusal = Response.Whole.error(405, "method: must be GET or HEAD");
        return new Response.Whole(
            refusal.status(), refusal.contentType(), refusal.body(), Map.of("Allow", "GET, HEAD"));
      }
      Response answer = route.answer(request);
      return answer == null ? Response.Whole.error(404, "path: is not known") : answer;
    } catch (RequestHead.Refused e) {
      return Response.Whole.error(e.status(), String.valueOf(e.getMessage()));
    } catch (RuntimeException e) {
      // A route's own bug; the client does not receive its details.
      return Response.Whole.error(500, "route: must answer, failed");
    }
  }

  private void write(Response.Whole whole) throws IOException {
    String length = "Content-Length: " + whole.body().length + "\r\n";
    OutputStream out = new Patient(socket.getOutputStream());
    out.write(head(whole.status(), whole, length));
    if (!asksForHead) {
      out.write(whole.body());
    }
    out.flush();
    // The client closes first, or its bytes still under way would turn our end into a reset.
    socket.shutdownOutput();
    deadlineNanos = System.nanoTime() + patienceNanos;
    var unused = socket.getInputStream().skip(RequestHead.MAX_BYTES);
  }

  private void write(Response.Streaming streaming) throws IOException, InterruptedException {
    OutputStream out = new Patient(socket.getOutputStream());
    out.write(head(200, streaming, ""));
    out.flush();
    if (!asksForHead) {
      streaming.writing().to(out);
    }
  }

  private static byte[] head(int status, Response response, String length) {
    var headers = new TreeMap<String, String>(String.CASE_INSENSITIVE_ORDER);
    headers.putAll(STRICT);
    headers.putAll(response.headers());
    headers.put("Content-Type", response.contentType());
    headers.put("Connection", "close");
    var head = new StringBuilder("HTTP/1.1 ").append(status).append(' ').append(reason(status));
    head.append("\r\n").append(length);
    headers.forEach((name, content) ->
        head.append(name).append(": ").append(content.replaceAll("[\r\n]", " ")).append("\r\n"));
    return head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
  }

  private static String reason(int status) {
    return switch (status) {
      case 200 -> "OK";
      case 400 -> "Bad Request";
      case 401 -> "Unauthorized";
      case 403 -> "Forbidden";
      case 404 -> "Not Found";
      case 405 -> "Method Not Allowed";
      case 413 -> "Content Too Large";
      case 422 -> "Unprocessable Content";
      case 431 -> "Request Header Fields Too Large";
      case 500 -> "Internal Server Error";
      case 503 -> "Service Unavailable";
      case 505 -> "HTTP Version Not Supported";
      default -> "Status";
    };
  }

  /** Sets the deadline around every write. */
  private final class Patient extends OutputStream {
    private static final int PIECE = 16 * 1024;

    private final OutputStream out;

    Patient(OutputStream out) {
      this.out = out;
    }

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    /** In pieces, so that a reader that is slow but alive is not taken for a dead one. */
    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      for (int done = 0; done < length; done += PIECE) {
        deadlineNanos = System.nanoTime() + patienceNanos;
        out.write(bytes, offset + done, Math.min(PIECE, length - done));
      }
      deadlineNanos = NEVER;
    }

    @Override
    public void flush() throws IOException {
      out.flush();
    }

    @Override
    public void close() throws IOException {
      out.close();
    }
  }
}
