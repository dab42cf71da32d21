package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.cli.terminal.Terminal;
import dev.holdfast.cli.terminal.TextWrapper;
import dev.holdfast.core.json.Json;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DemoCommandTest {
  private final Cli cli = new Cli().with("HOLDFAST_UNPACED", "1");

  @ParameterizedTest(name = "seed {0}, {1}")
  @CsvSource({
    "1, openai-chat",
    "2, openai-chat",
    "3, openai-chat",
    "-9223372036854775808, openai-chat",
    "1, anthropic-messages",
    "2, anthropic-messages",
    "3, anthropic-messages"
  })
  void theAnswerArrivesWholeThroughTwoCutsAndOneDamage(String seed, String protocol) {
    var ran = cli.run("demo", "--seed", seed, "--protocol", protocol, "--json");
    assertThat(ran.err()).isEmpty();
    assertThat(ran.code()).isZero();

    List<Json.Obj> lines = ran.outLines().stream().map(Cli::object).toList();
    assertThat(lines.getFirst().text("event")).isEqualTo("demo");
    Json.Obj summary = lines.getLast();
    assertThat(summary.text("verdict")).isEqualTo("COMPLETE");
    assertThat(summary.text("text")).isEqualTo(summary.text("expected")).hasSizeGreaterThan(500);
    assertThat(texts(lines)).isEqualTo(summary.text("expected"));
    assertThat(causes(lines))
        .hasSize(3)
        .filteredOn(cause -> cause.equals("malformed-json"))
        .hasSize(1);
    assertThat(lines).filteredOn(line -> line.text("event").equals("seam")).hasSize(3);
  }

  /** It asks once, in HTTP/1.0, and knows no cut. */
  @ParameterizedTest(name = "seed {0}")
  @ValueSource(strings = {"1", "2", "3"})
  void anOrdinaryClientOfTheGatewayHasTheWholeAnswer(String seed) {
    var ran = cli.run("demo", "--gateway", "--seed", seed, "--json");
    assertThat(ran.err()).isEmpty();
    Json.Obj summary = Cli.object(ran.outLines().getLast());
    assertThat(summary.text("text")).isEqualTo(summary.text("expected")).hasSizeGreaterThan(500);
    assertThat(summary.number("attempts", -1)).isEqualTo(4);
    assertThat(ran.code()).isZero();
  }

  @ParameterizedTest
  @CsvSource({
    "cursor, EXACT",
    "token-ids, EXACT",
    "continue, CONTINUED",
    "prefill, CONTINUED",
    "anchor, CONTINUED",
    "replay, EXACT"
  })
  void everyRungMendsTheAnswer(String rung, String exactness) {
    var ran = cli.run("demo", "--rung", rung, "--json");
    assertThat(ran.err()).isEmpty();
    Json.Obj summary = Cli.object(ran.outLines().getLast());
    assertThat(summary.text("text")).isEqualTo(summary.text("expected")).hasSizeGreaterThan(500);
    assertThat(summary.text("exactness")).isEqualToIgnoringCase(exactness);
    assertThat(ran.code()).isZero();
    assertThat(
            ran.outLines().stream()
                .map(Cli::object)
                .filter(line -> line.text("event").equals("retrying")))
        .isNotEmpty();
  }

  @Test
  void whereNoRungIsLeftTheEndIsReportedAsOne() {
    var ran = cli.run("demo", "--rung", "refuse", "--json");
    Json.Obj summary = Cli.object(ran.outLines().getLast());
    assertThat(summary.text("verdict")).isEqualTo("TRUNCATED");
    assertThat(summary.text("expected")).startsWith(summary.text("text"));
    assertThat(ran.code()).isZero();
  }

  @Test
  void anUnknownRungIsNamedWithTheKnownOnes() {
    assertThat(cli.run("demo", "--rung", "rope").err())
        .contains("--rung: must be one of all, cursor, token-ids, continue, prefill, anchor");
  }

  @Test
  void namesEveryBreakWhereItHappensAndSumsUp() {
    var ran = cli.run("demo");
    assertThat(ran.code()).isZero();
    assertThat(ran.out())
        .doesNotContain("\u001b")
        .contains("✂ connection-lost: ")
        .contains("✂ malformed-json: ")
        .contains("↻ attempt 4 continues by anchor, at once")
        .containsPattern("┃ joined at character \\d+, \\d+ repeated characters swallowed")
        .contains("✓ COMPLETE")
        .containsPattern("1 {2}cut-fin@token=\\d+ +connection-lost +✓")
        .containsPattern("2 {2}malformed-json@token=\\d+ +malformed-json +✓")
        .containsPattern("3 {2}cut-rst@token=\\d+ +connection-lost +✓")
        .containsPattern("4 {2}no fault +whole +✓")
        .contains("exactness  continued, joined at characters")
        .containsPattern("times +first token .*, total ")
        .containsPattern("gaps +longest .*, median ");
    assertThat(ran.outLines()).allMatch(line -> TextWrapper.columns(line) <= 80);
  }

  @Test
  void theTextOnTheScreenIsTheTextBetweenTheSideLines() {
    var expected = cli.run("demo", "--json").outLines().getLast();
    String answer = Cli.object(expected).text("expected");
    String screen =
        String.join(
            " ",
            cli.run("demo").outLines().stream()
                .skip(3)
                .takeWhile(line -> !line.contains("COMPLETE"))
                .filter(line -> !line.matches("[✂↻┃·] .*"))
                .toList());
    // A seam may stand inside a word, and lines end at words: without blanks all is the same.
    assertThat(screen.replaceAll("[\\s┃]", "")).isEqualTo(answer.replaceAll("\\s", ""));
  }

  @Test
  void usesColoursOnATerminalAndAsciiWhereTheLocaleIsPlain() {
    assertThat(cli.on(Cli.TERMINAL).run("demo").out()).contains("\u001b[31m✂\u001b[0m");
    var plain = new Terminal.Screen(true, true, 80, false);
    String out = cli.on(plain).with("NO_COLOR", "1").run("demo").out();
    assertThat(out).contains("x connection-lost: ").doesNotContain("\u001b");
  }

  private static String texts(List<Json.Obj> lines) {
    return String.join(
        "",
        lines.stream()
            .filter(line -> line.text("event").equals("text"))
            .map(line -> line.text("text"))
            .toList());
  }

  private static List<String> causes(List<Json.Obj> lines) {
    return lines.stream()
        .filter(line -> line.text("event").equals("attempt-failed"))
        .map(line -> line.text("cause"))
        .toList();
  }
}
