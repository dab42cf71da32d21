package dev.holdfast.observe.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.observe.StreamMonitor;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MonitorServerTest {
  private static final Pattern ID = Pattern.compile("id: (.*)");

  private final StreamMonitor monitor = new StreamMonitor(100);
  private final MonitorServer server =
      MonitorServer.builder(monitor)
          .tick(Duration.ofMillis(10))
          .route(request ->
              request.path().equals("/mounted")
                  ? new Response.Whole(
                      200,
                      "text/html",
                      "<p>".getBytes(StandardCharsets.UTF_8),
                      Map.of("Content-Security-Policy", "default-src 'self'"))
                  : null)
          .start();

  @AfterEach
  void close() {
    server.close();
  }

  private Socket connect() throws IOException {
    return new Socket(InetAddress.getLoopbackAddress(), server.port());
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    socket.getOutputStream().flush();
  }

  /** {@return the whole answer to a request with these further header lines} */
  private String ask(String line, String... headers) throws IOException {
    try (var socket = connect()) {
      send(socket, line + " HTTP/1.1\r\n" + String.join("\r\n", headers) + "\r\n\r\n");
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String host() {
    return "Host: localhost:" + server.port();
  }

  @Test
  void servesTheReportAndTheStreams() throws IOException {
    monitor.startMonitoring(
        "a/b c", new StreamObserver.Target("east", "", 0, "openai-chat", "gpt-4.1"));
    monitor.recordChunk("a/b c", 5);
    assertThat(ask("GET /report", host()))
        .startsWith("HTTP/1.1 200 OK\r\n")
        .contains("Content-Type: application/json\r\n")
        .contains("\"active\":1,\"total\":1,")
        .contains("{\"minutes\":1,\"started\":1,\"ended\":0,")
        .contains("\"success_rate\":null");
    assertThat(ask("GET /streams?x=y", host()))
        .contains("{\"live\":[{\"id\":\"a/b c\",\"upstream\":\"east\"")
        .endsWith("\"finished\":[]}");
    assertThat(ask("GET /streams/a/b%20c", host()))
        .contains("\"timeline\":[{\"at_ms\":")
        .contains("\"kind\":\"first-token\"");
    assertThat(ask("GET /streams/nobody", host())).startsWith("HTTP/1.1 404 ");
    assertThat(ask("GET /else", host())).startsWith("HTTP/1.1 404 ");
  }

  @Test
  void everyAnswerHasStrictHeadersAndAMountedRouteMayReplaceThem() throws IOException {
    assertThat(ask("GET /report", host()))
        .contains(
            "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\n",
            "X-Content-Type-Options: nosniff\r\n",
            "Cross-Origin-Resource-Policy: same-origin\r\n",
            "Cache-Control: no-store\r\n");
    assertThat(ask("GET /mounted", host()))
        .contains("Content-Security-Policy: default-src 'self'\r\n", "X-Frame-Options: DENY\r\n")
        .endsWith("\r\n\r\n<p>");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          # case                        | request line     | headers                                    | status
          its own name                  | GET /report      | Host: localhost:PORT                       | 200
          its address                   | GET /report      | Host: 127.0.0.1:PORT                       | 200
          its own origin                | GET /report      | Host: localhost:PORT~Origin: http://localhost:PORT | 200
          a name that was rebound       | GET /report      | Host: evil.example:PORT                    | 403
          another port's name           | GET /report      | Host: localhost:1                          | 403
          no host                       | GET /report      | X: y                                       | 403
          a stranger's page             | GET /report      | Host: localhost:PORT~Origin: http://evil.example | 403
          a page from a file            | GET /report      | Host: localhost:PORT~Origin: null          | 403
          a page that hides its origin  | GET /report      | Host: localhost:PORT~Sec-Fetch-Site: cross-site | 403
          two hosts                     | GET /report      | Host: localhost:PORT~Host: evil            | 400
          another method                | POST /report     | Host: localhost:PORT                       | 405
          a body                        | GET /report      | Host: localhost:PORT~Content-Length: 5     | 413
          a body in chunks              | GET /report      | Host: localhost:PORT~Transfer-Encoding: chunked | 413
          a proxy's request             | GET http://x/    | Host: localhost:PORT                       | 400
          no target                     | GET              | Host: localhost:PORT                       | 400
          a broken escape               | GET /%zz         | Host: localhost:PORT                       | 400
          a header without a name       | GET /report      | Host: localhost:PORT~: x                   | 400
          """)
  void letsInOnlyItsOwn(String name, String line, String headers, int status) throws IOException {
    String[] lines = headers.replace("PORT", Integer.toString(server.port())).split("~", -1);
    assertThat(ask(line, lines)).as(name).startsWith("HTTP/1.1 " + status + " ");
  }

  @Test
  void aHeadWithoutEndIsRefused() throws IOException {
    try (var socket = connect()) {
      send(socket, "GET / HTTP/1.1\r\nX: " + "a".repeat(RequestHead.MAX_BYTES));
      var in = new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8);
      assertThat(new BufferedReader(in).readLine()).startsWith("HTTP/1.1 431 ");
    }
  }

  @Test
  void aVisitorWhoNeitherReadsNorWritesIsSentAway() throws IOException {
    for (int i = 0; i < 300; i++) {
      monitor.startMonitoring("live" + i);
    }
    var tick = Duration.ofMillis(10);
    try (var hasty =
            MonitorServer.builder(monitor).tick(tick).patience(Duration.ofMillis(100)).start();
        var silent = new Socket(InetAddress.getLoopbackAddress(), hasty.port())) {
      send(silent, "GET /report HTTP/1.1\r\nX: ");
      assertThat(isSentAway(silent)).isTrue();
      // Not before: the patience with one would have been spent on the other.
      var deaf = new Socket(InetAddress.getLoopbackAddress(), hasty.port());
      try (deaf) {
        send(deaf, "GET /events HTTP/1.1\r\nHost: localhost:" + hasty.port() + "\r\n\r\n");
        // Before the places are counted it must have one; on a busy machine it had one.
        boolean unused = isSentAway(deaf);
        // Unread, the news fill the sockets; then a write takes too long, and the place is free.
        while (hasty.visitors() > 0) {
          Thread.onSpinWait();
        }
      }
    }
  }

  /** By a reset, where something that the visitor had sent was not read yet. */
  private static boolean isSentAway(Socket visitor) throws IOException {
    try {
      return visitor.getInputStream().read() < 0;
    } catch (SocketException reset) {
      return true;
    }
  }

  @Test
  void aRouteThatFailsIsA500WithoutItsReason() throws IOException {
    try (var failing =
        MonitorServer.builder(monitor)
            .route(request -> {
              throw new IllegalStateException("secret");
            })
            .start()) {
      try (var socket = new Socket(InetAddress.getLoopbackAddress(), failing.port())) {
        send(socket, "GET / HTTP/1.1\r\nHost: localhost:" + failing.port() + "\r\n\r\n");
        assertThat(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8))
            .startsWith("HTTP/1.1 500 ")
            .doesNotContain("secret");
      }
    }
  }

  @Test
  void aTakenPortIsSaid() {
    assertThatThrownBy(() -> MonitorServer.builder(monitor).port(server.port()).start())
        .isInstanceOf(UncheckedIOException.class)
        .hasMessage("port: must be free to listen on, was " + server.port());
  }

  @Nested
  class TheEventStream {
    /** A reader of events. */
    private final class Reader implements AutoCloseable {
      private final Socket socket = connect();
      private final BufferedReader in =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      private String id = "";

      Reader(String lastEventId) throws IOException {
        String resume = lastEventId.isEmpty() ? "" : "\r\nLast-Event-ID: " + lastEventId;
        send(socket, "GET /events HTTP/1.1\r\n" + host() + resume + "\r\n\r\n");
      }

      /** {@return the data of the next event} */
      String next() throws IOException {
        while (true) {
          String line = in.readLine();
          if (line == null) {
            throw new IOException("the stream has ended");
          }
          var found = ID.matcher(line);
          if (found.matches()) {
            id = found.group(1);
          }
          if (line.startsWith("data: ")) {
            return line.substring("data: ".length());
          }
        }
      }

      /** {@return the next event that tells of a stream's end} */
      String nextWith(String text) throws IOException {
        String data = next();
        while (!data.contains(text)) {
          data = next();
        }
        return data;
      }

      @Override
      public void close() throws IOException {
        socket.close();
      }
    }

    private void streamEnds(String id) {
      monitor.startMonitoring(id);
      monitor.completeStream(id, new Verdict.Truncated(Cause.TRUNCATED));
    }

    @Test
    void tellsWhatIsAndWhatHasEnded() throws IOException {
      streamEnds("before");
      try (var reader = new Reader("")) {
        assertThat(reader.next())
            .contains("\"report\":{\"at\":", "\"live\":[]", "\"finished\":[{\"id\":\"before\"")
            .endsWith("\"gap\":false}");
        assertThat(reader.next()).contains("\"finished\":[]");
        streamEnds("meanwhile");
        assertThat(reader.nextWith("\"finished\":[{")).contains("\"id\":\"meanwhile\"");
      }
    }

    @Test
    void goesOnWhereAReaderLeft() throws IOException {
      String last;
      try (var reader = new Reader("")) {
        streamEnds("seen");
        assertThat(reader.nextWith("\"finished\":[{")).contains("seen");
        last = reader.id;
      }
      streamEnds("missed");
      try (var reader = new Reader(last)) {
        assertThat(reader.next())
            .contains("\"finished\":[{\"id\":\"missed\"", "\"gap\":false")
            .doesNotContain("seen");
      }
    }

    @Test
    void saysSoWhenWhatAReaderMissedIsNoLongerKept() throws IOException {
      String last;
      try (var reader = new Reader("")) {
        reader.next();
        last = reader.id;
      }
      for (int i = 0; i < 150; i++) {
        streamEnds("s" + i);
      }
      try (var reader = new Reader(last)) {
        assertThat(reader.next()).contains("\"id\":\"s149\"").endsWith("\"gap\":true}");
      }
      try (var stranger = new Reader("0badcafe-7")) {
        assertThat(stranger.next()).contains("\"id\":\"s149\"").endsWith("\"gap\":false}");
      }
    }

    @Test
    void isNotHeldUpByReadersWhoDoNotRead() throws IOException {
      for (int i = 0; i < 500; i++) {
        monitor.startMonitoring("live" + i);
      }
      var idle = new ArrayList<Reader>();
      try {
        for (int i = 0; i < 10; i++) {
          idle.add(new Reader("")); // A few news fill the sockets between us.
        }
        try (var reader = new Reader("")) {
          for (int i = 0; i < 20; i++) {
            assertThat(reader.next()).contains("\"live499\"");
          }
        }
      } finally {
        for (Reader reader : idle) {
          reader.close();
        }
      }
    }

    @Test
    void turnsReadersAwayWhenThereAreTooMany() throws IOException {
      List<Reader> readers = new ArrayList<>();
      try {
        for (int i = 0; i < MonitorServer.MAX_CONNECTIONS; i++) {
          var reader = new Reader("");
          readers.add(reader);
          reader.next();
        }
        assertThat(ask("GET /report", host())).startsWith("HTTP/1.1 503 ");
      } finally {
        for (Reader reader : readers) {
          reader.close();
        }
      }
    }

    @Test
    void endsWhenTheServerCloses() throws IOException {
      try (var reader = new Reader("")) {
        reader.next();
        server.close();
        assertThatThrownBy(() -> reader.nextWith("never")).isInstanceOf(IOException.class);
      }
    }
  }
}
