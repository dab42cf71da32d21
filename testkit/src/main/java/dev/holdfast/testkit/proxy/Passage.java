package dev.holdfast.testkit.proxy;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** One exchange on its way through the proxy. */
final class Passage {
  /** Opens connections to the server. */
  interface Server {
    /** {@return a new connection} */
    Socket connect() throws IOException;
  }

  private static final byte[] LAST_CHUNK = "0\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

  private final CutPlan plan;
  private final String method;
  private final String path;
  private final Socket client;
  private final InputStream fromClient;
  private @Nullable Cut cut;
  private int status;
  private int events;
  private long bytes;
  private boolean broken;

  Passage(CutPlan plan, String method, String path, Socket client, InputStream fromClient) {
    this.plan = plan;
    this.method = method;
    this.path = path;
    this.client = client;
    this.fromClient = fromClient;
  }

  /** Passes the request on and its response back, or a part of it. */
  void pass(HttpMessage request, byte[] body, String host, Server server) throws IOException {
    try (Socket upstream = server.connect()) {
      send(upstream.getOutputStream(), request, body, host);
      // The client's next byte is its last: connections are not used twice.
      var gone = Thread.ofVirtual().name("cutting-proxy-client").start(() -> awaitEnd(upstream));
      try {
        answer(new BufferedInputStream(upstream.getInputStream()));
      } finally {
        plan.passed(new CutPlan.Exchange(method, path, status, events, bytes, broken ? cut : null));
      }
      if (broken && cut != null && cut.end() == Cut.End.STALL) {
        gone.join();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void send(OutputStream out, HttpMessage request, byte[] body, String host)
      throws IOException {
    var headers = new ArrayList<String>();
    headers.add("Host: " + host);
    request.endToEnd().stream()
        .filter(line -> !line.toLowerCase(Locale.ROOT).startsWith("host:"))
        .forEach(headers::add);
    if (body.length > 0 || method.equals("POST")) {
      headers.add("Content-Length: " + body.length);
    }
    headers.add("Connection: close");
    HttpMessage.write(out, method + " " + path + " HTTP/1.1", headers);
    out.write(body);
    out.flush();
  }

  private void answer(InputStream in) throws IOException {
    var response = HttpMessage.read(in);
    while (response != null && response.status() / 100 == 1) {
      response = HttpMessage.read(in);
    }
    if (response == null) {
      return; // The server closed without an answer: so does the proxy.
    }
    status = response.status();
    String type = response.header("content-type");
    boolean lines = type.contains("ndjson") || type.contains("jsonl");
    boolean streams = status / 100 == 2 && (lines || type.contains("text/event-stream"));
    cut = streams ? plan.next() : null;
    var out = client.getOutputStream();
    var headers = new ArrayList<>(response.endToEnd());
    boolean bodiless = method.equals("HEAD") || status == 204 || status == 304;
    if (!bodiless) {
      headers.add("Transfer-Encoding: chunked");
    }
    headers.add("Connection: close");
    HttpMessage.write(out, response.start(), headers);
    out.flush();
    if (bodiless) {
      return;
    }
    boolean whole;
    if (streams) {
      var splitter = new EventSplitter(lines, event -> take(out, event));
      whole = response.responseBody(in, splitter::take) && splitter.flush();
    } else {
      whole = response.responseBody(in, (piece, length) -> write(out, piece, length));
    }
    if (whole) {
      out.write(LAST_CHUNK);
      out.flush();
    } else {
      end(out);
    }
  }

  private boolean take(OutputStream out, byte[] event) throws IOException {
    int passes = cut == null ? event.length : cut.place().passes(events, bytes, event);
    write(out, event, passes);
    broken = passes < event.length;
    events += broken ? 0 : 1;
    return !broken;
  }

  private boolean write(OutputStream out, byte[] piece, int length) throws IOException {
    if (length > 0) {
      out.write((Integer.toHexString(length) + "\r\n").getBytes(StandardCharsets.US_ASCII));
      out.write(piece, 0, length);
      out.write(new byte[] {'\r', '\n'});
      out.flush();
      bytes += length;
    }
    return true;
  }

  private void end(OutputStream out) throws IOException {
    switch (cut == null ? Cut.End.FIN : cut.end()) {
      case FIN, STALL -> {}
      case CLEAN -> {
        out.write(LAST_CHUNK);
        out.flush();
      }
      case RST -> client.setSoLinger(true, 0);
    }
  }

  private void awaitEnd(Socket upstream) {
    try {
      while (fromClient.read() >= 0) {
        // Nothing is expected.
      }
    } catch (IOException e) {
      // Reset, or closed by the proxy itself.
    }
    CuttingProxy.quietly(upstream);
  }
}
