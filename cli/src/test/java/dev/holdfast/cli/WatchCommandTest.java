package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.terminal.Exit;
import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.TextWrapper;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.observe.StreamMonitor;
import dev.holdfast.observe.server.MonitorServer;
import dev.holdfast.observe.server.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WatchCommandTest {
  private static final String EVIL = "\u001b[2J<b>\u202egpt" + "A".repeat(1 << 20);

  private final Cli cli = new Cli();

  private static StreamMonitor monitor() {
    var monitor = new StreamMonitor();
    monitor.startMonitoring("done");
    monitor.recordChunk("done", 4096);
    monitor.completeStream("done");
    monitor.startMonitoring("cut");
    monitor.completeStream("cut", new Verdict.Truncated(Cause.TRUNCATED));
    monitor.startMonitoring(
        EVIL + "id", new StreamObserver.Target(EVIL, "", 0, "openai-chat", EVIL));
    monitor.recordError(EVIL + "id", EVIL);
    return monitor;
  }

  @Test
  void showsTheHealthOfAnApplicationOnceAndPlain() {
    try (var server = MonitorServer.builder(monitor()).start()) {
      var ran = cli.run("watch", "--once", server.uri().toString());
      assertThat(ran.err()).isEmpty();
      assertThat(ran.code()).isZero();
      assertThat(ran.out())
          .contains("active 1   total 3   successful 1   truncated 1   failed 0   cancelled 0")
          .containsPattern("success rate +50\\.0 % +50\\.0 % +50\\.0 %")
          .containsPattern("average bytes +2,048 ")
          .containsPattern(" 1 {2}truncated")
          .contains("live streams");
    }
  }

  @ParameterizedTest(name = "{0} columns")
  @CsvSource({"40", "80", "200"})
  void allThatStrangersWriteFitsTheScreenAndCannotSteerIt(int columns) {
    try (var server = MonitorServer.builder(monitor()).start()) {
      var screen = new Terminal.Screen(false, false, columns, true);
      var ran = cli.on(screen).run("watch", "--once", server.uri().toString());
      assertThat(ran.code()).isZero();
      assertThat(ran.out()).doesNotContain("\u001b", "\u202e", "A".repeat(70));
      if (columns >= 80) {
        assertThat(ran.outLines()).allMatch(line -> TextWrapper.columns(line) <= columns);
      }
    }
  }

  @Test
  void givesTheServersNewsAsAJsonLine() {
    try (var server = MonitorServer.builder(monitor()).start()) {
      var ran = cli.run("watch", "--once", "--json", server.uri() + "events");
      assertThat(ran.code()).isZero();
      assertThat(ran.outLines()).hasSize(1);
      var news = Cli.object(ran.outLines().getFirst());
      var report = news.object("report");
      assertThat(report).isNotNull();
      assertThat(report.number("total", 0)).isEqualTo(3);
    }
  }

  @ParameterizedTest(name = "{0} empty reports")
  @CsvSource({"0, 1", "3, 1", "5, 1", "6, 0"})
  void onceWaitsForTheFirstStreamAWhile(int before, int total) {
    String none = "event: news\ndata: {\"report\":{\"total\":0,\"active\":0}}\n\n";
    String one = "event: news\ndata: {\"report\":{\"total\":1,\"active\":0}}\n\n";
    byte[] news = (none.repeat(before) + one).getBytes(StandardCharsets.UTF_8);
    try (var server =
        MonitorServer.builder(new StreamMonitor())
            .route(request ->
                new Response.Streaming("text/event-stream", out -> out.write(news), Map.of()))
            .start()) {
      var ran = cli.run("watch", "--once", server.uri().toString());
      assertThat(ran.code()).isZero();
      assertThat(ran.out()).containsOnlyOnce("total " + total);
    }
  }

  @Test
  void drawsOnAScreenOfItsOwnAndLeavesIt() {
    // A server that tells once and then something else ends the command from outside.
    try (var server =
        MonitorServer.builder(new StreamMonitor())
            .route(request ->
                new Response.Streaming(
                    "text/event-stream",
                    out ->
                        out.write(
                            "event: news\ndata: {}\n\nevent: news\ndata: no JSON\n\n"
                                .getBytes(StandardCharsets.UTF_8)),
                    Map.of()))
            .start()) {
      var ran = cli.on(Cli.TERMINAL).run("watch", server.uri().toString());
      assertThat(ran.code()).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.out()).startsWith("\u001b[?1049h").endsWith("\u001b[?1049l").contains("n/a");
      assertThat(ran.err()).contains("URL: must serve a monitor's events, was other data");
    }
  }

  @Test
  void whatIsNoMonitorIsReportedInOneSentence() {
    try (var server =
        MonitorServer.builder(new StreamMonitor())
            .route(request -> Response.Whole.of("text/html", "<p>"))
            .start()) {
      var ran = cli.run("watch", server.uri().toString());
      assertThat(ran.code()).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err())
          .isEqualTo(
              "holdfast watch: URL: must serve a monitor's events, was HTTP 200 text/html\n");
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"localhost:9464", "ftp://x/", "http://", "not an address"})
  void whatIsNoAddressIsRefused(String url) {
    var ran = cli.run("watch", url);
    assertThat(ran.code()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err())
        .startsWith("holdfast watch: URL: must be an http or https address, was " + url);
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          --allow-host x           | --host, --allow-host: must come with --web, were without
          --host 0.0.0.0           | --host, --allow-host: must come with --web, were without
          --web --allow-host a/b   | --allow-host: must be a name, *.DOMAIN, an address, a range such as 10.0.0.0/8, or *, was a/b
          --web --host 300.1.1.1x/ | --host: must be an address of this machine, was 300.1.1.1x/
          """)
  void hostsOfTheDashboardAreChecked(String options, String sentence) {
    var ran = cli.run(("watch " + options).split(" "));
    assertThat(ran.code()).isEqualTo(Exit.BAD_INPUT);
    assertThat(ran.err()).isEqualTo("holdfast watch: " + sentence + "\n");
  }

  @Test
  void aServerThatIsNotThereIsReported() throws IOException {
    try (var taken = Cli.takenPort()) {
      var ran = cli.run("watch", "http://127.0.0.1:" + taken.getLocalPort() + "/");
      assertThat(ran.code()).isEqualTo(Exit.BAD_INPUT);
      assertThat(ran.err()).startsWith("holdfast watch: URL: must be a server that answers, was ");
    }
  }
}
