package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.holdfast.cli.terminal.TextWrapper;
import dev.holdfast.core.json.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code demo --engine} against a small server of the test's own. */
final class EngineDemoTest {
  private static final List<String> WORDS =
      List.of(
          ("The keeper wound the lamp at dusk and wrote the wind into her book, then she made tea"
                  + " for two although nobody had come, and at midnight a boat with a torn sail"
                  + " found the harbour by her light and stayed until the morning was calm.")
              .split("(?<= )", -1));

  private final Cli cli = new Cli();
  private final AtomicInteger answers = new AtomicInteger();
  private final ConcurrentLinkedQueue<String> keys = new ConcurrentLinkedQueue<>();
  private HttpServer server;
  private int models = 200;
  private String list =
      "{\"object\":\"list\",\"data\":[{\"id\":\"small-1\"},{\"id\":\"small-2\"}]}";

  /** Answers are the same each time; otherwise each begins with its number. */
  private boolean repeats = true;

  private int words = WORDS.size();

  @BeforeEach
  void start() throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 16);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext("/", this::serve);
    server.start();
  }

  @AfterEach
  void stop() {
    server.stop(0);
  }

  private String url() {
    return "http://127.0.0.1:" + server.getAddress().getPort();
  }

  private void serve(HttpExchange exchange) throws IOException {
    try (exchange) {
      exchange.getRequestBody().readAllBytes();
      keys.add(String.valueOf(exchange.getRequestHeaders().getFirst("Authorization")));
      if (exchange.getRequestURI().getPath().equals("/v1/models")) {
        write(exchange, models, "application/json", list);
      } else if (exchange.getRequestURI().getPath().equals("/v1/chat/completions")) {
        write(exchange, 200, "text/event-stream", answer());
      } else {
        write(exchange, 404, "text/html", "<h1>none</h1>");
      }
    }
  }

  private String answer() {
    int number = answers.incrementAndGet();
    var body = new StringBuilder();
    if (!repeats) {
      event(body, "{\"content\":\"Answer " + number + " is another one. \"}", "null");
    }
    for (String word : WORDS.subList(repeats ? 0 : number, words)) {
      event(body, "{\"content\":" + new Json.Str(word).write() + "}", "null");
    }
    event(body, "{}", "\"stop\"");
    return body.append("data: [DONE]\n\n").toString();
  }

  private static void event(StringBuilder body, String delta, String finish) {
    body.append(
            "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"choices\":[{\"index\":0,")
        .append("\"delta\":%s,\"finish_reason\":%s}]}\n\n".formatted(delta, finish));
  }

  private static void write(HttpExchange exchange, int status, String type, String body)
      throws IOException {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type);
    exchange.sendResponseHeaders(status, bytes.length);
    exchange.getResponseBody().write(bytes);
  }

  @ParameterizedTest(name = "seed {0}")
  @CsvSource({"1", "2", "3", "4", "5", "6"})
  void theServersAnswerIsCutAndArrivesWhole(String seed) {
    var ran = cli.run("demo", "--engine", url(), "--seed", seed, "--json");
    assertThat(ran.err()).isEmpty();
    var lines = ran.outLines().stream().map(Cli::object).toList();
    assertThat(lines.getFirst().text("model")).isEqualTo("small-1");
    Json.Obj summary = lines.getLast();
    assertThat(summary.text("verdict")).isEqualTo("COMPLETE");
    assertThat(summary.text("text")).isEqualTo(String.join("", WORDS));
    assertThat(summary.text("expected")).isEqualTo(summary.text("text"));
    assertThat(summary.get("cut")).isEqualTo(new Json.Bool(true));
    assertThat(summary.text("rung")).isIn("anchor", "replay");
    assertThat(lines).filteredOn(line -> line.text("event").equals("attempt-failed")).isNotEmpty();
    assertThat(ran.code()).isZero();
  }

  @Test
  void theScreenNamesTheRungAndMarksTheSeam() {
    var ran = cli.run("demo", "--engine", url());
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .contains(url() + " · openai-chat · small-1")
        .containsPattern("uncut: \\d+ characters in ")
        .containsPattern("✂ connection-lost: ")
        .containsPattern("↻ attempt 2 continues ")
        .containsPattern("┃ joined at character \\d+")
        .containsPattern("✓ COMPLETE {2}all \\d+ characters are those of the uncut answer")
        .containsPattern("cut +[\\d,]+ bytes into the answer, by (FIN|RST)")
        .containsPattern("rung +(anchor|replay)");
    assertThat(ran.outLines()).allMatch(line -> TextWrapper.columns(line) <= 80);
  }

  @Test
  void anAnswerThatCannotBeContinuedIsRefusedWithTheReason() {
    repeats = false;
    var ran = cli.run("demo", "--engine", url());
    assertThat(ran.code()).isOne();
    assertThat(ran.err()).isEmpty();
    assertThat(ran.out())
        .contains("✗ TRUNCATED")
        .containsPattern("the text ends after \\d+ characters and is reported as cut")
        .containsPattern("(?s)no way to\\s+continue worked \\(.*");
    assertThat(ran.outLines()).allMatch(line -> TextWrapper.columns(line) <= 80);
  }

  @Test
  void aShortAnswerIsNotCut() {
    words = 5;
    var ran = cli.run("demo", "--engine", url());
    assertThat(ran.code()).isOne();
    assertThat(ran.out()).contains("NOT CUT").contains("too few to be cut");
  }

  @Test
  void theModelAndTheKeyAreTheUsers() {
    var ran =
        cli.with("MY_KEY", "sk-test-000000000000000000000000")
            .run("demo", "--engine", url(), "--model", "mine", "--key-env", "MY_KEY", "--json");
    assertThat(ran.code()).isZero();
    assertThat(Cli.object(ran.outLines().getFirst()).text("model")).isEqualTo("mine");
    assertThat(keys).isNotEmpty().allMatch("Bearer sk-test-000000000000000000000000"::equals);
    assertThat(ran.out() + ran.err()).doesNotContain("sk-test");
  }

  @Test
  void whereNothingListensItIsReportedInOneSentence() throws IOException {
    try (var taken = Cli.takenPort()) {
      var ran = cli.run("demo", "--engine", "http://127.0.0.1:" + taken.getLocalPort());
      assertThat(ran.code()).isEqualTo(2);
      assertThat(ran.err())
          .isEqualTo(
              "holdfast demo: --engine: must be the address of a server that runs, was"
                  + " http://127.0.0.1:%d, where nothing listens\n"
                      .formatted(taken.getLocalPort()));
    }
  }

  @ParameterizedTest(name = "{2}")
  @CsvSource(
      delimiter = '|',
      value = {
        "404 | <h1>no</h1> | must be a model server with a list of models at /v1/models",
        "200 | <h1>hello</h1> | was something else from http://127.0.0.1",
        "200 | {\"data\":[]} | must have a model, or be given with --model",
        "401 | {} | wants a key, which --key-env NAME can give it",
        "503 | {} | must have loaded its model"
      })
  void aServerOfAnotherKindIsRefused(int status, String body, String sentence) {
    models = status;
    list = body;
    var ran = cli.run("demo", "--engine", url());
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.out()).isEmpty();
    assertThat(ran.err()).contains(sentence).hasLineCount(1);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      value = {
        "--engine http://192.0.2.7:8080 | must be on this machine, or be given with --allow-remote",
        "--engine 127.0.0.1:8080 | must be an http or https address",
        "--engine http://u:p@127.0.0.1:8080 | no password or query",
        "--engine http://127.0.0.1:8080/v1/chat/completions | must end before /chat/completions",
        "--engine http://127.0.0.1:8080 --rung anchor | must not be given with --engine",
        "--engine http://127.0.0.1:8080 --key-env NOT_SET | must name a variable that is set",
        "--engine http://127.0.0.1:8080 --protocol carrier-pigeon | must be one of",
        "--model small | must be given with --engine",
        "--allow-remote | must be given with --engine"
      })
  void aWrongOptionIsNamedWithItsRule(String options, String rule) {
    var arguments = ("demo " + options).split(" ", -1);
    var ran = cli.run(arguments);
    assertThat(ran.code()).isEqualTo(2);
    assertThat(ran.err()).contains(rule).hasLineCount(1).doesNotContain("u:p");
  }
}
