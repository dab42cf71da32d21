package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.TextWrapper;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.server.FaultServer;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.io.TempDir;

@TestInstance(Lifecycle.PER_CLASS)
class DebugCommandTest {
  private static final String KEY = "sk-canary-0123456789abcdef";
  private static final String BODY =
      "{\"model\":\"m\",\"stream\":true,\"messages\":[{\"role\":\"user\",\"content\":\"Tell.\"}]}";

  private final FaultServer server =
      FaultServer.builder().answer(Answer.ofText("Once upon a time there was a light.")).start();

  @TempDir private Path dir = Path.of(".");

  @BeforeAll
  void isUp() {
    assertThat(server.port()).isPositive();
  }

  @AfterAll
  void close() {
    server.close();
  }

  private Cli.Ran debug(String fault, String... more) {
    var arguments =
        new java.util.ArrayList<>(
            java.util.List.of(
                "debug",
                "http://127.0.0.1:" + server.port() + "/v1/chat/completions",
                "-d",
                BODY,
                "-H",
                "Authorization: Bearer " + KEY,
                "-H",
                "X-Holdfast-Fault: " + fault));
    arguments.addAll(java.util.List.of(more));
    return new Cli().run(arguments.toArray(String[]::new));
  }

  @Test
  void aWholeStreamIsExitCodeZero() {
    var ran = debug("");
    assertThat(ran.code()).isZero();
    assertThat(ran.out()).contains("COMPLETE").contains("finish: stop").contains("chunk 1");
    assertThat(ran.err()).isEmpty();
  }

  @Test
  void aBrokenOneIsExplained() {
    var ran = debug("cut-rst@token=3", "--quiet");
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out())
        .contains("TRUNCATED")
        .contains("[reset, likely the network or the host]")
        .contains("holdfast explain connection-lost")
        .doesNotContain("chunk 1 ");
  }

  @Test
  void theLastJsonLineIsTheReport() {
    var ran = debug("error-event@token=3,trouble=overloaded", "--json");
    var lines = ran.outLines();
    var report = Cli.object(lines.getLast());
    assertThat(report.text("verdict")).isEqualTo("FAILED");
    assertThat(report.text("cause")).isEqualTo("overloaded");
    assertThat(java.util.Objects.requireNonNull(report.object("diagnosis")).text("name"))
        .isEqualTo("overload-in-stream");
    assertThat(lines.stream().map(line -> Cli.object(line).text("event")))
        .contains("connected", "request", "response", "chunk", "frame", "error", "end", "report");
  }

  @Test
  void whatIsSavedIsReadAgainAndHoldsNoKey() throws Exception {
    Path saved = dir.resolve("a.holdfast");
    Path page = dir.resolve("a.html");
    var ran = debug("cut-fin@token=3", "--save", saved.toString(), "--html", page.toString());
    var again = new Cli().run("debug", saved.toString());
    assertThat(again.code()).isEqualTo(1);
    assertThat(again.out().lines().filter(line -> line.contains("likely")))
        .isEqualTo(ran.out().lines().filter(line -> line.contains("likely")).toList());
    for (Path file : new Path[] {saved, page}) {
      assertThat(Files.readString(file)).doesNotContain(KEY).doesNotContain("Tell.");
    }
    assertThat(ran.out()).doesNotContain(KEY);
  }

  @Test
  void theFilesAreWholeThoughNothingMoreIsRead() throws Exception {
    for (int read : new int[] {0, 300}) {
      Path saved = dir.resolve("head.holdfast");
      Path page = dir.resolve("head.html");
      var ran =
          new Cli()
              .readUntil(read)
              .run(
                  "debug",
                  "http://127.0.0.1:" + server.port() + "/v1/chat/completions",
                  "-d",
                  BODY,
                  "--save",
                  saved.toString(),
                  "--html",
                  page.toString());
      assertThat(ran.code()).as("%s", read).isEqualTo(Exit.OUTPUT_CLOSED);
      assertThat(Files.readString(page)).contains("COMPLETE").endsWith("</html>\n");
      assertThat(new Cli().run("debug", saved.toString()).code()).isZero();
    }
  }

  @Test
  void aPageThatCannotBeWrittenIsReportedBeforeAnythingIsAsked() {
    int asked = server.received().size();
    var ran = debug("", "--html", dir.resolve("no/such/place.html").toString());
    assertThat(ran.code()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).contains("--html: must be a writable file");
    assertThat(server.received().size()).isEqualTo(asked);
  }

  @Test
  void theOutputOfCurlIsReadFromStdin() {
    String curl =
        """
        HTTP/2 200 \r
        content-type: text/event-stream\r
        \r
        data: {"choices":[{"index":0,"delta":{"content":"hi"}}]}

        """;
    var ran = new Cli().reading(curl).run("debug", "-");
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.out()).contains("HTTP/2 200").contains("[truncated, likely the provider]");
  }

  @Test
  void whatAServerWritesCannotSteerTheTerminal() {
    String hostile =
        """
        HTTP/1.1 200 \u001b]0;gotcha\u0007\r
        Server: \u001b[2J\r
        \r
        event: \u001b[31m
        data: \u202E\u001b[2J

        """;
    var ran = new Cli().on(Cli.TERMINAL).with("NO_COLOR", "1").reading(hostile).run("debug", "-");
    assertThat(ran.out()).doesNotContain("\u001b").doesNotContain("\u202E").contains("\u241b");
    assertThat(ran.out().lines()).allMatch(line -> TextWrapper.columns(line) <= 80);
    var json = new Cli().reading(hostile).run("debug", "--json", "-");
    assertThat(json.out()).doesNotContain("\u001b").doesNotContain("\u202E");
  }

  @Test
  void aTargetThatCannotBeReachedEndsInAReport() throws Exception {
    try (var taken = Cli.takenPort()) {
      var ran = new Cli().run("debug", "http://127.0.0.1:" + taken.getLocalPort() + "/");
      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.out()).contains("connection-failed").contains("[refused, likely the request]");
    }
  }

  @Test
  void theClocksOfAProfileAreTaken() {
    assertThat(debug("", "--profile", "openrouter").code()).isZero();
    assertThat(debug("", "--profile", "llama.cpp", "--idle", "5").code()).isZero();

    var unknown = debug("", "--profile", "acme");
    assertThat(unknown.code()).isEqualTo(2);
    assertThat(unknown.out()).isEmpty();
    assertThat(unknown.err())
        .startsWith("holdfast debug: --profile: must be one of ")
        .contains("was 'acme'");
  }

  @Test
  void anAddressNeedsNoScheme() {
    var ran = new Cli().run("debug", "localhost:" + server.port() + "/v1/models");
    assertThat(ran.out())
        .contains("request       GET http://localhost:" + server.port() + "/v1/models");

    assertThat(new Cli().run("debug", "no-such-file.json").err())
        .contains("no-such-file.json")
        .doesNotContain("http://");
  }

  @Test
  void theReportNamesItsMakerAndHasNoEmptyRows() {
    var ran = debug("", "--html", dir.resolve("page.html").toString());
    assertThat(ran.out())
        .containsPattern("holdfast \\S+ \\(Java \\d+\\), \\d{4}-\\d\\d-\\d\\dT")
        .doesNotContain("0 heartbeats", "0 parse errors", "likely nobody");
    assertThat(dir.resolve("page.html")).content().containsPattern("holdfast \\S+ \\(Java");
  }
}
