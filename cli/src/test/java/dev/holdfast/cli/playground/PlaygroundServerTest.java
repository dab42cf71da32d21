package dev.holdfast.cli.playground;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The server of the page: its buttons are for that page only. */
@Timeout(120)
class PlaygroundServerTest {
  private final ConcurrentLinkedQueue<String> pressed = new ConcurrentLinkedQueue<>();
  private final PlaygroundEvents events = new PlaygroundEvents();
  private final GatewayPassage passage = new GatewayPassage(() -> 1); // No server is at port 1.
  private PlaygroundServer server;

  @BeforeEach
  void start() throws IOException {
    server =
        new PlaygroundServer(
            0,
            new PlaygroundPages(),
            events,
            passage,
            new PlaygroundServer.Buttons() {
              @Override
              public boolean press(String name) {
                pressed.add(name);
                return !name.equals("nothing");
              }

              @Override
              public @Nullable String facts(String stream) {
                return stream.equals("known") ? "{\"requests\":1}" : null;
              }

              @Override
              public String state() {
                return "{\"up\":true}";
              }
            });
  }

  @AfterEach
  void stop() {
    events.close();
    server.close();
  }

  private String send(String request) throws IOException {
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      socket.getOutputStream().write(request.getBytes(StandardCharsets.UTF_8));
      return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }
  }

  private String ask(String line, String... headers) throws IOException {
    var request = new StringBuilder(line).append(" HTTP/1.1\r\n");
    for (String header : headers) {
      request.append(header.replace("PORT", String.valueOf(server.port()))).append("\r\n");
    }
    return send(request.append("\r\n").toString());
  }

  private static int status(String answer) {
    return Integer.parseInt(answer.split(" ", 3)[1]);
  }

  @Test
  void aButtonOfThePageIsPressed() throws IOException {
    String answer =
        ask(
            "POST /playground/kill-gateway",
            "Host: 127.0.0.1:PORT",
            "Origin: http://127.0.0.1:PORT",
            "Sec-Fetch-Site: same-origin",
            "X-Holdfast-Playground: 1",
            "Content-Length: 0");
    assertThat(status(answer)).isEqualTo(200);
    assertThat(pressed).containsExactly("kill-gateway");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "a form of another site      | Host: 127.0.0.1:PORT | Origin: https://evil.example        | X-Unrelated: 1",
        "a script of another site    | Host: 127.0.0.1:PORT | Origin: https://evil.example        | X-Holdfast-Playground: 1",
        "another server's page       | Host: 127.0.0.1:PORT | Origin: http://127.0.0.1:1          | X-Holdfast-Playground: 1",
        "a frame without an origin   | Host: 127.0.0.1:PORT | Origin: null                        | X-Holdfast-Playground: 1",
        "a cross-site request        | Host: 127.0.0.1:PORT | Sec-Fetch-Site: cross-site          | X-Holdfast-Playground: 1",
        "a same-site request         | Host: 127.0.0.1:PORT | Sec-Fetch-Site: same-site           | X-Holdfast-Playground: 1",
        "a name that resolves to us  | Host: evil.example   | X-Unrelated: 1                      | X-Holdfast-Playground: 1",
        "no header of the page       | Host: 127.0.0.1:PORT | Origin: http://127.0.0.1:PORT       | X-Unrelated: 1",
        "two hosts                   | Host: 127.0.0.1:PORT | Host: 127.0.0.1:PORT                | X-Holdfast-Playground: 1"
      })
  void aButtonIsRefusedTo(String sender, String first, String second, String third)
      throws IOException {
    String answer = ask("POST /playground/kill-gateway", first, second, third, "Content-Length: 0");
    assertThat(status(answer)).isEqualTo(403);
    assertThat(answer).doesNotContain("Access-Control").doesNotContain("access-control");
    assertThat(pressed).isEmpty();
  }

  /** What a browser sends before a script of another site may set a header. */
  @Test
  void aPreflightIsRefused() throws IOException {
    String answer =
        ask(
            "OPTIONS /playground/kill-gateway",
            "Host: 127.0.0.1:PORT",
            "Access-Control-Request-Method: POST",
            "Access-Control-Request-Headers: x-holdfast-playground");
    assertThat(status(answer)).isEqualTo(405);
    assertThat(answer.toLowerCase(Locale.ROOT)).doesNotContain("access-control-allow");
  }

  @Test
  void aGetPressesNoButton() throws IOException {
    String answer =
        ask("GET /playground/kill-gateway", "Host: 127.0.0.1:PORT", "X-Holdfast-Playground: 1");
    assertThat(status(answer)).isEqualTo(404);
    assertThat(pressed).isEmpty();
  }

  @Test
  void aButtonThatIsNotThereIsNotFound() throws IOException {
    String answer =
        ask(
            "POST /playground/nothing",
            "Host: 127.0.0.1:PORT",
            "X-Holdfast-Playground: 1",
            "Content-Length: 0");
    assertThat(status(answer)).isEqualTo(404);
  }

  /** The way to the gateway has the same guard. */
  @ParameterizedTest
  @ValueSource(strings = {"POST /v1/chat/completions", "GET /v1/streams/1", "DELETE /v1/streams/1"})
  void anotherSiteDoesNotReachTheGateway(String line) throws IOException {
    String origin = "Origin: https://evil.example";
    assertThat(status(ask(line, "Host: 127.0.0.1:PORT", origin))).isEqualTo(403);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/index.html", "/app.mjs", "/style.css", "/icon.svg"})
  void filesHaveAStrictPolicy(String path) throws IOException {
    String answer = ask("GET " + path, "Host: localhost:PORT");
    assertThat(status(answer)).isEqualTo(200);
    assertThat(answer)
        .contains(
            "default-src 'none'; script-src 'self'; style-src 'self'",
            "x-content-type-options: nosniff",
            "x-frame-options: DENY");
  }

  /** The policy would refuse them. */
  @Test
  void thePageHasNoScriptOrStyleInside() throws IOException {
    String page = ask("GET /", "Host: localhost:PORT");
    assertThat(page).doesNotContainPattern(Pattern.compile("<script(?![^>]* src=\"/)"));
    assertThat(page).doesNotContainPattern(Pattern.compile("<style|\\sstyle=|\\son\\w+="));
    assertThat(page).doesNotContain("http://").doesNotContain("https://");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/nothing",
        "/../index.html",
        "/playground/streams/unknown",
        "//app.mjs",
        "/%61pp.mjs"
      })
  void whatIsNotThereIsNotFound(String path) throws IOException {
    assertThat(status(ask("GET " + path, "Host: localhost:PORT"))).isEqualTo(404);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/", "/app.mjs", "/playground/streams/known", "/nothing"})
  void aHeadOfAPathIsThatOfAGetWithoutItsBody(String path) throws IOException {
    String whole = ask("GET " + path, "Host: localhost:PORT");
    String head = ask("HEAD " + path, "Host: localhost:PORT");
    assertThat(head).endsWith("\r\n\r\n");
    assertThat(whole).startsWith(head).hasSizeGreaterThan(head.length());
  }

  @Test
  void theHeadOfTheEventsEndsAtOnce() throws IOException {
    assertThat(ask("HEAD /playground/events", "Host: localhost:PORT"))
        .contains("content-type: text/event-stream")
        .endsWith("\r\n\r\n");
  }

  @Test
  void aHeadPressesNoButton() throws IOException {
    String answer =
        ask("HEAD /playground/kill-gateway", "Host: 127.0.0.1:PORT", "X-Holdfast-Playground: 1");
    assertThat(status(answer)).isEqualTo(404);
    assertThat(pressed).isEmpty();
  }

  @Test
  void garbageIsABadRequest() throws IOException {
    assertThat(status(send("GARBAGE\r\n\r\n"))).isEqualTo(400);
  }

  @Test
  void aDeadGatewayEndsTheConnectionWithoutAnAnswer() throws IOException {
    assertThat(ask("GET /v1/streams/1", "Host: 127.0.0.1:PORT")).isEmpty();
  }

  @Test
  void aPageReadsEventsAfterTheLastOneItHad() throws Exception {
    events.add("{\"event\":\"one\"}");
    events.add("{\"event\":\"two\"}");
    try (var socket = new Socket(InetAddress.getLoopbackAddress(), server.port())) {
      String request =
          "GET /playground/events?after=1 HTTP/1.1\r\nHost: 127.0.0.1:"
              + server.port()
              + "\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
      var lines =
          new BufferedReader(
              new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
      String read = "";
      while (!read.contains("\"two\"")) {
        read += lines.readLine() + "\n";
      }
      assertThat(read)
          .contains("event: state\ndata: {\"up\":true}", "id: 2")
          .doesNotContain("\"one\"");
    }
  }
}
