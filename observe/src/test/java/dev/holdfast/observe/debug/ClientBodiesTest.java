package dev.holdfast.observe.debug;

import static java.util.stream.Collectors.toCollection;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.guard.Redactor;
import dev.holdfast.observe.debug.clients.ClientBreak;
import dev.holdfast.observe.debug.decode.HttpDecoder;
import dev.holdfast.observe.debug.report.DebugJson;
import dev.holdfast.observe.debug.report.DebugReport;
import dev.holdfast.observe.debug.report.HtmlReport;
import dev.holdfast.observe.debug.wire.WireEnd;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The bodies that real clients were fed with: what the debugger says of each. */
@Tag("slow")
class ClientBodiesTest {
  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", "..")).normalize();
  private static final Path BODIES = ROOT.resolve("fixtures/clients");

  record Body(String name, Set<String> kinds, String text, int calls) {
    String protocol() {
      return name.substring(0, name.indexOf('/'));
    }

    byte[] bytes() {
      try {
        boolean lines = protocol().startsWith("ollama");
        return Files.readAllBytes(BODIES.resolve(name + (lines ? ".ndjson" : ".sse")));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    @Override
    public String toString() {
      return name;
    }
  }

  static Stream<Body> bodies() throws IOException {
    return Files.readAllLines(BODIES.resolve("bodies.txt")).stream()
        .filter(line -> !line.startsWith("#"))
        .map(line -> line.split(" \\| ", 4))
        .map(cells ->
            new Body(
                cells[0],
                cells[1].equals("-") ? Set.of() : new TreeSet<>(List.of(cells[1].split(" "))),
                cells[2].equals("-") ? "" : cells[2],
                cells[3].equals("-") ? 0 : (int) cells[3].chars().filter(c -> c == '{').count()));
  }

  private static DebugReport debug(byte[] bytes, int slice) {
    var played = new Played(Redactor.SHAPES, HttpDecoder.Input.BODY);
    for (int at = 0; at < bytes.length; at += slice) {
      played.wire(java.util.Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + slice)));
    }
    played.session.end(WireEnd.UNKNOWN, "", 0);
    return played.session.report();
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bodies")
  void isReadWholeAndItsKindIsSeen(Body body) {
    var report = debug(body.bytes(), Integer.MAX_VALUE >> 1);
    var reading = report.facts().reading();
    assertThat(report.verdict()).as("%s", report.cause()).isNotNull();
    assertThat(Objects.requireNonNull(report.verdict()).isComplete())
        .as("%s %s", report.cause(), reading)
        .isTrue();
    assertThat(reading.dialect()).isEqualTo(body.protocol());
    assertThat(reading.textChars()).isEqualTo(body.text().length());
    assertThat(reading.toolCalls()).isEqualTo(body.calls());
    assertThat(kinds(report)).containsExactlyElementsOf(body.kinds());
    boolean named =
        Stream.concat(Stream.of(report.diagnosis().main()), report.diagnosis().notes().stream())
            .anyMatch(finding -> finding.name().equals("clients"));
    assertThat(named).isEqualTo(!body.kinds().isEmpty());
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bodies")
  void isSeenAlikeHoweverItArrives(Body body) {
    var whole = debug(body.bytes(), Integer.MAX_VALUE >> 1).facts().clients();
    assertThat(debug(body.bytes(), 7).facts().clients()).isEqualTo(whole);
    // A byte at a time costs ten times as much: every body with -Plong, otherwise one in eight.
    if (Boolean.getBoolean("holdfast.long") || body.name().hashCode() % 8 == 0) {
      assertThat(debug(body.bytes(), 1).facts().clients()).isEqualTo(whole);
    }
  }

  private static Set<String> kinds(DebugReport report) {
    return report.facts().clients().stream()
        .map(ClientBreak::kind)
        .collect(toCollection(TreeSet::new));
  }

  @Test
  void aBrokenAnswerHasOtherWorries() {
    var played = new Played().asked().sse();
    played.chunk("data: : odd\n\n" + Played.TOKEN);
    assertThat(played.lastChunk().facts().clients()).isEmpty();
  }

  private static final String PLAIN =
      Played.TOKEN
          + Played.FINISH
          + "data: {\"id\":\"c\",\"object\":\"chat.completion.chunk\",\"created\":1,"
          + "\"model\":\"m\",\"choices\":[]}\n\n"
          + Played.DONE;

  private static Set<String> kindsAfter(int head, int body, int burst) {
    var played = new Played().asked().after(Duration.ofSeconds(head)).sse();
    played.after(Duration.ofSeconds(body)).chunk(PLAIN.substring(0, 40));
    return kinds(played.after(Duration.ofSeconds(burst)).chunk(PLAIN.substring(40)).lastChunk());
  }

  @ParameterizedTest(name = "head after {0} s, body {1} s later, for {2} s: {3}")
  @CsvSource({
    "0, 0, 0, ''",
    "64, 0, 0, ''",
    "65, 0, 0, late-head",
    "66, 0, 6, late-head",
    "66, 0, 7, ''",
    "0, 66, 1, ''",
    "40, 40, 0, ''",
    "100, 100, 0, late-head",
    "10, 329, 0, ''",
    "329, 0, 0, late-head",
    "330, 0, 0, very-late-head",
    "1, 330, 20, very-late-body"
  })
  void aBodyThatComesLateAndInOneBurstIsKnownByItsTimes(
      int head, int body, int burst, String kind) {
    assertThat(kindsAfter(head, body, burst)).isEqualTo(kind.isEmpty() ? Set.of() : Set.of(kind));
  }

  @Test
  void ofAFileThePaceIsNotKnown() {
    assertThat(kinds(debug(PLAIN.getBytes(StandardCharsets.UTF_8), 10))).isEmpty();
  }

  @Test
  void theReportNamesTheClients() {
    byte[] body = new Body("anthropic-messages/nameless-events", Set.of(), "", 0).bytes();
    var report = debug(body, body.length);
    assertThat(report.diagnosis().main().name()).isEqualTo("clients");
    assertThat(DebugJson.report(report))
        .contains("\"kind\":\"nameless-event\"")
        .contains("@anthropic-ai/sdk");
    assertThat(HtmlReport.of(report, ""))
        .contains("<h2>Clients</h2>")
        .contains("@anthropic-ai/sdk");
    assertThat(new String(body, StandardCharsets.UTF_8)).doesNotContain("event:");
  }
}
