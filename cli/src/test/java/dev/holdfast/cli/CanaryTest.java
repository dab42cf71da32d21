package dev.holdfast.cli;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URLEncoder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Canaries in every place where a server can echo a secret, in every encoding, looked for in every
 * output of {@code chat} and {@code debug}: stdout, stderr, JSON, the page, the recording, and what
 * {@code debug} makes of the recording.
 */
@Timeout(300)
@Tag("slow")
class CanaryTest {
  /** Has no provider's shape, so that it is found because it is known. */
  private static final String KEY = "canary/4711+Geheim.Wort~0815";

  private static final String PROMPT = "Describe the lighthouse keeper of canary point";

  /** What must not be found, in lower case: pieces of the key in any plain form. */
  private static final List<String> PIECES = List.of("canary/", "1+geheim", "geheim", "wort~0815");

  private static final String SSE = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n";

  private static final String DELTA =
      "data: {\"id\":\"c\",\"model\":\"m\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hi.\"}}]}\n\n";

  private static final String END =
      "data: {\"choices\":[{\"index\":0,\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: [DONE]\n\n";

  private static String error(String head, String member) {
    String body = "{\"error\":{" + member + "}}";
    return head + "Content-Type: application/json\r\nContent-Length: LENGTH\r\n\r\n" + body;
  }

  /** Most of a run of {@code chat} is waiting for its next attempt. */
  private static final ExecutorService RUNS =
      Executors.newFixedThreadPool(12, Thread.ofPlatform().daemon().factory());

  /** The places; ECHO is where the secret stands. */
  private static final Map<String, String> PLACES = new LinkedHashMap<>();

  static {
    String bad = "HTTP/1.1 400 Bad\r\n";
    PLACES.put("reason", "HTTP/1.1 401 no ECHO here\r\nContent-Length: 0\r\n\r\n");
    PLACES.put(
        "reason of a success", "HTTP/1.1 200 ECHO\r\n" + SSE.substring(17) + "\r\n" + DELTA + END);
    PLACES.put("header", bad + "X-Debug: got ECHO from you\r\nContent-Length: 0\r\n\r\n");
    PLACES.put("header of a success", SSE + "X-Debug: ECHO\r\n\r\n" + DELTA + END);
    PLACES.put("cookie", SSE + "Set-Cookie: session=ECHO\r\n\r\n" + DELTA + END);
    PLACES.put(
        "www-authenticate",
        bad + "WWW-Authenticate: Bearer token=\"ECHO\"\r\nContent-Length: 0\r\n\r\n");
    PLACES.put(
        "redirect",
        "HTTP/1.1 302 F\r\nLocation: http://u:ECHO@h.example/?x=ECHO#ECHO\r\nContent-Length: 0\r\n\r\n");
    PLACES.put("redirect path", "HTTP/1.1 302 F\r\nLocation: /ECHO\r\nContent-Length: 0\r\n\r\n");
    PLACES.put("error message", error(bad, "\"message\":\"wrong key: ECHO!\""));
    PLACES.put("error type", error(bad, "\"type\":\"ECHO\",\"message\":\"no\""));
    PLACES.put("error code", error(bad, "\"code\":\"ECHO\""));
    PLACES.put("error param", error(bad, "\"message\":\"no\",\"param\":\"ECHO\""));
    PLACES.put(
        "error in a gateway",
        error("HTTP/1.1 503 Gone\r\n", "\"message\":\"upstream sent ECHO\",\"type\":\"ECHO\""));
    PLACES.put("error page", bad + "Content-Type: text/html\r\n\r\n<html>ECHO</html>");
    PLACES.put("error text", bad + "\r\nECHO");
    PLACES.put("error text, late", bad + "\r\n" + "x".repeat(390) + " ECHO");
    PLACES.put(
        "error in the stream",
        SSE
            + "\r\n"
            + DELTA
            + "data: {\"error\":{\"message\":\"ECHO\",\"type\":\"ECHO\",\"code\":\"ECHO\"}}\n\n");
    PLACES.put("comment", SSE + "\r\n: ECHO\n\n" + DELTA + END);
    PLACES.put("id", SSE + "\r\nid: ECHO\n" + DELTA + END);
    PLACES.put("event type", SSE + "\r\nevent: ECHO\n" + DELTA + END);
    PLACES.put("unknown field", SSE + "\r\nECHO: ECHO\n" + DELTA + END);
    PLACES.put("finish", SSE + "\r\n" + DELTA + END.replace("stop", "ECHO"));
    PLACES.put(
        "response id and model",
        SSE + "\r\n" + DELTA.replace("\"c\"", "\"ECHO\"").replace("\"m\"", "\"ECHO\"") + END);
    String call =
        "data: {\"choices\":[{\"index\":0,\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"a\","
            + "\"function\":{\"name\":\"ECHO\",\"arguments\":\"{\"}}]}}]}\n\n";
    PLACES.put("name of a cut call", SSE + "\r\n" + call + END.replace("stop", "length"));
    PLACES.put("name of a broken call", SSE + "\r\n" + call + END);
    PLACES.put(
        "trailer",
        SSE
            + "Transfer-Encoding: chunked\r\n\r\n"
            + Integer.toHexString((DELTA + END).length())
            + "\r\n"
            + DELTA
            + END
            + "\r\n0\r\nX-Debug: ECHO\r\n\r\n");
    PLACES.put("broken JSON", SSE + "\r\n" + DELTA + "data: {\"ECHO\n\n");
    PLACES.put("not JSON", SSE + "\r\ndata: ECHO\n\n");
    PLACES.put("no HTTP", "ECHO\r\n\r\n");
    PLACES.put("coding", SSE + "Content-Encoding: ECHO\r\n\r\n" + DELTA + END);
    PLACES.put("chunk size", SSE + "Transfer-Encoding: chunked\r\n\r\nECHO\r\nx\r\n");
    PLACES.put("cut at the end", bad + "\r\nyour key is CUT");
  }

  private static Map<String, String> encodings() {
    var all = new LinkedHashMap<String, String>();
    var escapes = new StringBuilder();
    KEY.chars().forEach(c -> escapes.append(String.format("\\u%04x", c)));
    all.put("plain", KEY);
    all.put("bearer", "Bearer " + KEY);
    all.put("percent", URLEncoder.encode(KEY, UTF_8));
    all.put("upper", KEY.toUpperCase(Locale.ROOT));
    all.put("slashes", KEY.replace("/", "\\/"));
    all.put("escapes", escapes.toString());
    all.put("base64", Base64.getEncoder().encodeToString(("user:" + KEY).getBytes(UTF_8)));
    return all;
  }

  /** Every pair with -Plong; otherwise each place plain and in one other encoding, in turn. */
  static Stream<Arguments> table() {
    var places = List.copyOf(PLACES.keySet());
    var encodings = List.copyOf(encodings().keySet());
    boolean all = Boolean.getBoolean("holdfast.long");
    return places.stream()
        .flatMap(place -> {
          int turn = 1 + places.indexOf(place) % (encodings.size() - 1);
          return encodings.stream()
              .filter(how -> all || List.of(0, turn).contains(encodings.indexOf(how)))
              .map(how -> Arguments.of(place, how));
        });
  }

  private static String answer(String place, String encoding) {
    return filled(place, Objects.requireNonNull(encodings().get(encoding)));
  }

  private static String filled(String place, String echo) {
    String answer =
        Objects.requireNonNull(PLACES.get(place))
            .replace("ECHO", echo)
            .replace("CUT", KEY.substring(0, KEY.length() - 1));
    int body = answer.length() - answer.indexOf("\r\n\r\n") - 4;
    return answer.replace("LENGTH", Integer.toString(body));
  }

  /** A server that says the same to every request, in pieces of so many bytes. */
  private static final class Parrot implements AutoCloseable {
    private final ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final byte[] answer;
    private final int size;

    Parrot(String answer, int size) throws IOException {
      this.answer = answer.getBytes(UTF_8);
      this.size = size;
      Thread.ofVirtual().start(this::serve);
    }

    private void serve() {
      while (!socket.isClosed()) {
        try (Socket client = socket.accept()) {
          readRequest(client.getInputStream());
          client.setTcpNoDelay(true);
          for (int at = 0; at < answer.length; at += size) {
            client.getOutputStream().write(answer, at, Math.min(size, answer.length - at));
            client.getOutputStream().flush();
          }
        } catch (IOException e) {
          // The client is gone, or the test is over.
        }
      }
    }

    private static void readRequest(InputStream in) throws IOException {
      var head = new StringBuilder();
      while (head.indexOf("\r\n\r\n") < 0) {
        int next = in.read();
        if (next < 0) {
          return;
        }
        head.append((char) next);
      }
      for (String line : head.toString().toLowerCase(Locale.ROOT).split("\r\n", -1)) {
        if (line.startsWith("content-length:")) {
          in.skipNBytes(Long.parseLong(line.substring(15).strip()));
        }
      }
    }

    String url() {
      return "http://127.0.0.1:" + socket.getLocalPort() + "/v1";
    }

    @Override
    public void close() throws IOException {
      socket.close();
    }
  }

  private static void assertSilent(String output, String name) {
    String lower = output.toLowerCase(Locale.ROOT);
    String base64 = Base64.getEncoder().encodeToString(("user:" + KEY).getBytes(UTF_8));
    assertThat(lower).as(name).doesNotContain(PIECES);
    // Where a read ends inside a key, what was shown before may hold its first three characters.
    assertThat(lower).as(name).doesNotContain("\\u0063\\u0061\\u006e\\u0061", "canary%2f");
    assertThat(output).as(name).doesNotContain(base64.substring(8, 30));
  }

  private static void assertSilent(Cli.Ran ran) {
    assertSilent(ran.out(), "stdout");
    assertSilent(ran.err(), "stderr");
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("table")
  void chatShowsNoEchoOfTheKey(String place, String encoding) throws Exception {
    for (var run : Objects.requireNonNull(Chats.BEGUN.get(place + encoding))) {
      assertSilent(run.get());
    }
  }

  /** The runs of each row, all begun with the first that is asked for. */
  private static final class Chats {
    static final Map<String, List<Future<Cli.Ran>>> BEGUN = begin();

    private Chats() {}

    private static Map<String, List<Future<Cli.Ran>>> begin() {
      var begun = new LinkedHashMap<String, List<Future<Cli.Ran>>>();
      table()
          .forEach(row -> {
            String place = String.valueOf(row.get()[0]);
            String encoding = String.valueOf(row.get()[1]);
            String answer = answer(place, encoding);
            begun.put(
                place + encoding,
                List.of(
                    chat(new Cli().with("OPENAI_API_KEY", KEY), answer, "hi"),
                    chat(new Cli().with("OPENAI_API_KEY", KEY), answer, "--json", "hi")));
          });
      return begun;
    }
  }

  private static Future<Cli.Ran> chat(Cli cli, String answer, String... arguments) {
    return RUNS.submit(() -> {
      try (var server = new Parrot(answer, 1 << 20)) {
        var all = new ArrayList<>(List.of("chat", "--base-url", server.url()));
        all.addAll(List.of(arguments));
        return cli.run(all.toArray(String[]::new));
      }
    });
  }

  @ParameterizedTest(name = "{0}, {1}")
  @MethodSource("table")
  void debugShowsAndKeepsNoEchoOfTheKey(String place, String encoding, @TempDir Path folder)
      throws IOException {
    Path page = folder.resolve("page.html");
    Path saved = folder.resolve("saved.holdfast");
    for (int size : new int[] {1 << 20, 7}) {
      try (var server = new Parrot(answer(place, encoding), size)) {
        assertSilent(
            debug(server, "Authorization: Bearer " + KEY, "--html", page, "--save", saved));
        assertSilent(debug(server, "x-api-key: " + KEY, "--json"));
      }
      assertSilent(Files.readString(page), "page");
      assertSilent(Files.readString(saved, ISO_8859_1), "recording");
      assertSilent(new Cli().run("debug", saved.toString()));
      assertSilent(new Cli().run("debug", "--json", saved.toString()));
    }
  }

  private static Cli.Ran debug(Parrot server, String header, Object... options) {
    var arguments = new ArrayList<>(List.of("debug", server.url(), "-H", header, "-d", "{}"));
    for (Object option : options) {
      arguments.add(option.toString());
    }
    return new Cli().run(arguments.toArray(String[]::new));
  }

  static Stream<Arguments> carriers() {
    String basic = Base64.getEncoder().encodeToString(("user:" + KEY).getBytes(UTF_8));
    String query = URLEncoder.encode(KEY, UTF_8);
    return Stream.of(
        Arguments.of("Authorization: Bearer " + KEY, ""),
        Arguments.of("Authorization: Basic " + basic, ""),
        Arguments.of("Proxy-Authorization: Basic " + basic, ""),
        Arguments.of("x-api-key: " + KEY, ""),
        Arguments.of("api-key: " + KEY, ""),
        Arguments.of("x-goog-api-key: " + KEY, ""),
        Arguments.of("Cookie: session=" + KEY, ""),
        Arguments.of("X: y", "?key=" + query),
        Arguments.of("X: y", "?api_key=" + query),
        Arguments.of("X: y", "?a=b&access_token=" + query),
        Arguments.of("X: y", "?sig=" + query));
  }

  @ParameterizedTest
  @MethodSource("carriers")
  void whereverTheKeyIsSentItsEchoIsKnown(String header, String query, @TempDir Path folder)
      throws IOException {
    Path page = folder.resolve("page.html");
    Path saved = folder.resolve("saved.holdfast");
    for (String place : List.of("reason", "header", "error message", "error type", "comment")) {
      try (var server = new Parrot(answer(place, "plain"), 1 << 20)) {
        var ran =
            new Cli()
                .run(
                    "debug",
                    server.url() + query,
                    "-H",
                    header,
                    "-d",
                    "{}",
                    "--html",
                    page.toString(),
                    "--save",
                    saved.toString());
        assertSilent(ran);
      }
      assertSilent(Files.readString(page), "page");
      assertSilent(Files.readString(saved, ISO_8859_1), "recording");
    }
  }

  @Test
  void chatKeepsAQuestionThatAnErrorRepeatsToItself() throws Exception {
    var begun = new ArrayList<Future<Cli.Ran>>();
    for (String echo :
        List.of(
            PROMPT,
            PROMPT.toUpperCase(Locale.ROOT),
            PROMPT.substring(0, 30),
            URLEncoder.encode(PROMPT, UTF_8))) {
      for (String place :
          List.of("error message", "error in the stream", "error text", "error type")) {
        String answer = filled(place, "bad prompt '" + echo + "'");
        for (String option : List.of("--json", "--protocol=openai-chat")) {
          begun.add(chat(new Cli(), answer, option, PROMPT));
        }
      }
    }
    for (var ran : begun) {
      assertThat((ran.get().out() + ran.get().err()).toLowerCase(Locale.ROOT))
          .doesNotContain("lighthouse", "describe");
    }
  }

  @Test
  void theTextOfTheAnswerStaysAsItIs() throws IOException {
    String text = "Set OPENAI_API_KEY=sk-abcdefgh12345678 and " + KEY + ".";
    try (var server = new Parrot(SSE + "\r\n" + DELTA.replace("Hi.", text) + END, 1 << 20)) {
      var ran = new Cli().with("OPENAI_API_KEY", KEY).run("chat", "--base-url", server.url(), "hi");
      assertThat(ran.out()).isEqualTo(text);
    }
  }

  @Test
  void aLongErrorNameIsCut() throws IOException {
    try (var server =
        new Parrot(
            error("HTTP/1.1 400 Bad\r\n", "\"type\":\"" + "very long ".repeat(2000) + "\"")
                .replace("LENGTH", "20021"),
            1 << 20)) {
      var ran = new Cli().run("chat", "--base-url", server.url(), "hi");
      assertThat(ran.err().length()).isLessThan(2_000);
    }
  }

  @Test
  void aWrongCommandLineDoesNotRepeatAKey() {
    for (List<String> line :
        List.of(
            List.of("chat", "--api-key", "sk-canary4711geheim", "hi"),
            List.of("chat", "--api-key=" + KEY, "hi"),
            List.of("chat", "--base-url", "http://u:" + KEY + "@h.example/v1", "hi"),
            List.of("chat", "--base-url", "htp://h.example/v1?key=" + KEY, "hi"),
            List.of("chat", "--base-url", "http://h ost/v1?key=" + KEY, "hi"),
            List.of("chat", "--base-url", "http://h.example/v1#" + KEY, "hi"),
            List.of("chat", "--base-url", "http://h.example/chat/completions?key=" + KEY, "hi"),
            List.of("debug", "http://h ost/v1?key=" + KEY),
            List.of("debug", "htp://h.example/v1?key=" + KEY),
            List.of("debug", "http://127.0.0.1:1/v1", "-H", "Bearer " + KEY),
            List.of("watch", "htp://h.example/?key=" + KEY))) {
      var ran = new Cli().with("OPENAI_API_KEY", KEY).run(line.toArray(String[]::new));
      assertThat(ran.code()).as(line.toString()).isEqualTo(2);
      assertSilent(ran);
    }
  }

  @Test
  void recordingsAndReportsBelongToTheirOwnerAlone(@TempDir Path folder) throws IOException {
    Path saved = folder.resolve("saved.holdfast");
    Path page = folder.resolve("page.html");
    Files.writeString(page, "of before");
    Files.setPosixFilePermissions(page, PosixFilePermissions.fromString("rw-r--r--"));
    try (var server = new Parrot(SSE + "\r\n" + DELTA + END, 1 << 20)) {
      debug(server, "X: y", "--save", saved, "--html", page);
    }
    for (Path file : List.of(saved, page)) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
    }
    assertThat(Files.readString(page)).startsWith("<!").doesNotContain("of before");
  }
}
