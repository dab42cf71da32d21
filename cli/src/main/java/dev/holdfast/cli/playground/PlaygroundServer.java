package dev.holdfast.cli.playground;

import dev.holdfast.core.guard.AllowedHosts;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.testkit.http.HttpRequest;
import dev.holdfast.testkit.http.HttpRequestReader;
import dev.holdfast.testkit.http.HttpResponseWriter;
import dev.holdfast.testkit.http.HttpSyntaxException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.BindException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * The server that a browser sees: the page, its buttons, and the gateway behind the same address.
 * It stays when the gateway is killed, so that the page can be reloaded meanwhile. Loopback only;
 * one request per connection. Thread-safe.
 */
final class PlaygroundServer implements AutoCloseable {
  /** A page of another origin cannot send it without asking first, and is refused then. */
  static final String BUTTON_HEADER = "x-holdfast-playground";

  private static final String BUTTONS = "/playground/";
  private static final String HEAD = "HEAD";
  private static final int MOST_CONNECTIONS = 256;
  private static final int PATIENCE_MILLIS = 10_000;

  /** What the page's buttons and questions do. */
  interface Buttons {
    /** {@return whether there is a button of that name, which is pressed} */
    boolean press(String name);

    /** {@return facts about the stream of a name, as a JSON object; null if there is none} */
    @Nullable String facts(String stream);

    /** {@return the state of the gateway, as a JSON object} */
    String state();
  }

  private final ServerSocket listening;
  private final AllowedHosts allowedHosts;
  private final PlaygroundPages pages;
  private final PlaygroundEvents events;
  private final GatewayPassage passage;
  private final Buttons buttons;
  private final Set<Socket> open = ConcurrentHashMap.newKeySet();

  /**
   * Listens.
   *
   * @throws IllegalArgumentException if the port is taken
   */
  PlaygroundServer(
      int port,
      PlaygroundPages pages,
      PlaygroundEvents events,
      GatewayPassage passage,
      Buttons buttons)
      throws IOException {
    listening = new ServerSocket();
    try {
      listening.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 64);
    } catch (BindException e) {
      listening.close();
      throw new IllegalArgumentException("port: must be free to listen on, was " + port, e);
    }
    allowedHosts = AllowedHosts.loopback(listening.getLocalPort());
    this.pages = pages;
    this.events = events;
    this.passage = passage;
    this.buttons = buttons;
    Thread.ofVirtual().name("playground-accept").start(this::accept);
  }

  int port() {
    return listening.getLocalPort();
  }

  @Override
  public void close() {
    quietly(listening);
    open.forEach(PlaygroundServer::quietly);
  }

  private void accept() {
    while (!listening.isClosed()) {
      try {
        Socket browser = listening.accept();
        if (open.size() >= MOST_CONNECTIONS) {
          quietly(browser);
          continue;
        }
        open.add(browser);
        Thread.ofVirtual().name("playground").start(() -> serve(browser));
      } catch (IOException e) {
        LockSupport.parkNanos(10_000_000); // Closed, or out of descriptors.
      }
    }
  }

  private void serve(Socket browser) {
    try (browser) {
      browser.setTcpNoDelay(true);
      browser.setSoTimeout(PATIENCE_MILLIS);
      var out = browser.getOutputStream();
      HttpRequest request;
      try {
        request = new HttpRequestReader(browser.getInputStream(), out).next();
      } catch (HttpSyntaxException e) {
        error(out, "", e.status(), String.valueOf(e.getMessage()));
        return;
      }
      if (request != null) {
        browser.setSoTimeout(0);
        answer(request, browser, out);
      }
    } catch (IOException e) {
      // The browser has gone.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      open.remove(browser);
    }
  }

  private void answer(HttpRequest request, Socket browser, OutputStream out)
      throws IOException, InterruptedException {
    String complaint = allowedHosts.complaint(request.path(), request.headers());
    if (complaint != null) {
      error(out, request.method(), 403, complaint);
      return;
    }
    String path = request.path();
    if (path.startsWith("/v1/")) {
      passage.pass(request, browser);
      return;
    }
    switch (request.method()) {
      case "GET", HEAD -> get(request, path, out);
      case "POST" -> post(request, path, out);
      default -> error(out, request.method(), 405, "method: must be GET, HEAD or POST");
    }
  }

  private void get(HttpRequest request, String path, OutputStream out)
      throws IOException, InterruptedException {
    String method = request.method();
    var file = pages.file(path);
    if (file != null) {
      write(out, method, 200, file.type(), file.bytes());
    } else if (path.equals(BUTTONS + "events")) {
      follow(request, out);
    } else if (path.startsWith(BUTTONS + "streams/")) {
      String facts = buttons.facts(path.substring((BUTTONS + "streams/").length()));
      if (facts == null) {
        error(out, method, 404, "stream: is not known");
      } else {
        write(out, method, 200, "application/json", facts.getBytes(StandardCharsets.UTF_8));
      }
    } else {
      error(out, method, 404, "path: is not known");
    }
  }

  private void post(HttpRequest request, String path, OutputStream out) throws IOException {
    String method = request.method();
    if (!path.startsWith(BUTTONS)) {
      error(out, method, 404, "path: is not known");
    } else if (request.header(BUTTON_HEADER).isEmpty()) {
      error(out, method, 403, BUTTON_HEADER + ": must be sent with a button");
    } else if (buttons.press(path.substring(BUTTONS.length()))) {
      write(out, method, 200, "application/json", "{}".getBytes(StandardCharsets.UTF_8));
    } else {
      error(out, method, 404, "button: is not known");
    }
  }

  private void follow(HttpRequest request, OutputStream out)
      throws IOException, InterruptedException {
    String after =
        request.header("last-event-id").isEmpty()
            ? request.query().replaceFirst("^after=", "")
            : request.header("last-event-id");
    boolean known = after.matches("\\d{1,15}");
    long from = known ? Math.min(Long.parseLong(after), events.last()) : events.last();
    out.write(head(200, "text/event-stream", -1));
    if (request.method().equals(HEAD)) {
      out.flush();
      return;
    }
    out.write(("event: state\ndata: " + buttons.state() + "\n\n").getBytes(StandardCharsets.UTF_8));
    out.flush();
    events.follow(from, out);
  }

  private static void error(OutputStream out, String method, int status, String sentence)
      throws IOException {
    write(
        out,
        method,
        status,
        "text/plain; charset=utf-8",
        (sentence + "\n").getBytes(StandardCharsets.UTF_8));
  }

  private static void write(OutputStream out, String method, int status, String type, byte[] body)
      throws IOException {
    out.write(head(status, type, body.length));
    if (!method.equals(HEAD)) {
      out.write(body);
    }
    out.flush();
  }

  private static byte[] head(int status, String type, int length) {
    var headers = new TreeMap<String, List<String>>();
    for (Map.Entry<String, String> header : PlaygroundPages.POLICY.entrySet()) {
      headers.put(header.getKey(), List.of(header.getValue()));
    }
    headers.put("content-type", List.of(type));
    if (length >= 0) {
      headers.put("content-length", List.of(String.valueOf(length)));
    }
    return HttpResponseWriter.headBytes(new ResponseHead(status, headers), false, false);
  }

  private static void quietly(AutoCloseable socket) {
    try {
      socket.close();
    } catch (Exception e) {
      // It is closed then.
    }
  }
}
