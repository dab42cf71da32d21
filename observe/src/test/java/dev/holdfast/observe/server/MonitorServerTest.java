package dev.holdfast.observe.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.guard.AllowedHosts;
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
        .contains("{\"minutes\":1,\"since\":\"")
        .contains("\",\"started\":1,\"ended\":0,")
        .contains("\"by_model\":[{\"name\":\"gpt-4.1\",\"ended\":0,")
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
  void servesTheHistoryInColumns() throws IOException {
    monitor.startMonitoring("one", new StreamObserver.Target("east", "", 0, "openai-chat", "m"));
    assertThat(ask("GET /history?minutes=60", host()))
        .startsWith("HTTP/1.1 200 OK\r\n")
        .containsPattern(
            "\\{\"minutes\":60,\"step_seconds\":60,\"at\":\\[([0-9]{10}(\\.[0-9]{1,3})?)?]")
        .contains("\"tokens_per_second\":[", "\"first_token_p95_ms\":[");
    for (String query : List.of("", "?minutes=2", "?minutes=1&x=y", "?minutes=-5")) {
      assertThat(ask("GET /history" + query, host()))
          .startsWith("HTTP/1.1 400 ")
          .endsWith("minutes: must be 1, 5 or 60\n");
    }
  }

  @Test
  void exportsStreamsAsCsvWithoutFormulasOrForgedHeaders() throws IOException {
    String hostile = "=cmd|' /C calc'!A0";
    monitor.startMonitoring("a\"b,c", new StreamObserver.Target("east", "", 0, "x", hostile));
    monitor.recordError("a\"b,c", "+1\n\"two\", three");
    monitor.completeStream("a\"b,c");
    assertThat(ask("GET /streams?format=csv", host()))
        .contains("Content-Type: text/csv; charset=utf-8; header=present\r\n")
        .contains("\r\n\r\nid,state,cause,model,")
        .contains("\r\n\"a\"\"b,c\",complete,,'=cmd|' /C calc'!A0,east,x,20");
    assertThat(ask("GET /streams/a%22b,c?format=csv", host()))
        .contains("Content-Disposition: attachment; filename=\"a_b_c.csv\"\r\n")
        .contains(
            "\r\n\r\nid,at,at_ms,kind,attempt,cause,rung,number,detail,error\r\n\"a\"\"b,c\",20")
        .contains(",error,0,,,0,\"'+1 \"\"two\"\", three\",true\r\n")
        .contains(",ended,0,,,0,,false\r\n");
  }

  @Test
  void servesMetricsToPrometheus() throws IOException {
    monitor.startMonitoring(
        "one", new StreamObserver.Target("east", "", 0, "x", "m\"} 1\\\nevil 2"));
    monitor.recordChunk("one", 7);
    assertThat(ask("GET /metrics", host()))
        .contains("Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n")
        .contains("\nholdfast_streams_active 1\n")
        .contains(
            "\nholdfast_stream_bytes_total{upstream=\"east\",dialect=\"x\",model=\"m\\\"} 1\\\\ evil"
                + " 2\"} 7\n")
        .doesNotContain("\nevil");
  }

  @Test
  void answersUnderTheNamesThatItIsReachedBy() throws IOException {
    try (var wide =
        MonitorServer.builder(monitor)
            .host("holdfast.prod.svc")
            .host("*.Example.com")
            .host("10.0.0.0/8")
            .start()) {
      int port = wide.port();
      for (String name :
          List.of(
              "holdfast.prod.svc",
              "holdfast.prod.svc:" + port,
              "a.b.example.com:1234",
              "10.1.2.3:9464",
              "localhost:" + port)) {
        assertThat(statusOf(port, name)).as(name).isEqualTo("200");
      }
      for (String name :
          List.of(
              "evil.com",
              "example.com",
              "holdfast.prod.svc:1",
              "holdfast.prod.svc.evil.com",
              "evilexample.com",
              "11.0.0.1",
              "10.1.2.3.evil.com",
              "010.1.2.3")) {
        assertThat(statusOf(port, name)).as(name).isEqualTo("403");
      }
    }
    assertThatThrownBy(() -> MonitorServer.builder(monitor).host("http://x/"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("host: must be a name, *.DOMAIN, an address, a range");
  }

  private static String statusOf(int port, String name) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
      send(socket, "GET /metrics HTTP/1.1\r\nHost: " + name + "\r\n\r\n");
      String answer =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      return answer.substring("HTTP/1.1 ".length(), "HTTP/1.1 200".length());
    }
  }

  /** As Prometheus reads a pod: by an address that is configured nowhere. */
  @ParameterizedTest(name = "{0} at {1}: {2}")
  @CsvSource({
    "10.1.2.3:9464, 10.1.2.3, true",
    "10.1.2.3, 10.1.2.3, true",
    "10.1.2.4:9464, 10.1.2.3, false",
    "evil.example:9464, 10.1.2.3, false",
    "[fd00::2]:9464, fd00:0:0:0:0:0:0:2, true",
    "[fd00::3]:9464, fd00:0:0:0:0:0:0:2, false",
    "10.1.2.3:9464, 127.0.0.1, false",
    "localhost:9464, 10.1.2.3, true",
  })
  void answersUnderTheAddressThatARequestArrivedAt(String host, String local, boolean allowed)
      throws IOException {
    var hosts = MonitorServer.reachedAt(AllowedHosts.loopback(9464), InetAddress.getByName(local));
    assertThat(hosts.complaint("/metrics", Map.of("host", List.of(host))) == null)
        .isEqualTo(allowed);
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
  @CsvSource({
    "/mounted, 200",
    "/streams, 200",
    "/history, 400",
    "/nothing, 404",
  })
  void aHeadOfAPathIsThatOfAGetWithoutItsBody(String path, int status) throws IOException {
    String whole = ask("GET " + path, host());
    String head = ask("HEAD " + path, host());
    assertThat(head).startsWith("HTTP/1.1 " + status + " ").endsWith("\r\n\r\n");
    assertThat(whole).startsWith(head).hasSizeGreaterThan(head.length());
  }

  @Test
  void theHeadOfTheEventsEndsAtOnce() throws IOException {
    assertThat(ask("HEAD /events", host()))
        .startsWith("HTTP/1.1 200 ")
        .contains("Content-Type: text/event-stream")
        .endsWith("\r\n\r\n");
  }

  @Test
  void aForeignNameGetsNoBodyOfARefusalEither() throws IOException {
    assertThat(ask("HEAD /report", "Host: evil.example:" + server.port()))
        .startsWith("HTTP/1.1 403 ")
        .endsWith("\r\n\r\n");
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
  void aClientThatNeitherReadsNorWritesIsDisconnected() throws IOException {
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
  void aTakenPortIsReported() {
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
    void reportsWhatIsAndWhatHasEnded() throws IOException {
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
    void continuesWhereAReaderLeft() throws IOException {
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
    void reportsThatWhatAReaderMissedIsNoLongerKept() throws IOException {
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
    void isNotHeldUpByReadersThatDoNotRead() throws IOException {
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
