package dev.holdfast.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.provider.detect.DialectDetector;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** One synthetic body per quirk; what it should read as stands beside it, written by hand. */
class InspectFixturesTest {
  private static final Path FIXTURES =
      Path.of(System.getProperty("holdfast.root", "."), "fixtures", "dialect");

  static List<Path> bodies() throws IOException {
    var bodies = new ArrayList<Path>();
    for (var id : Dialects.ids()) {
      try (Stream<Path> files = Files.list(FIXTURES.resolve(id))) {
        files.filter(file -> !file.toString().endsWith(".json")).sorted().forEach(bodies::add);
      }
    }
    return bodies;
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("bodies")
  void readsEveryQuirk(Path body) throws Exception {
    String name = body.toString();
    var expected =
        (Json.Obj)
            Json.parse(
                Files.readString(Path.of(name.substring(0, name.lastIndexOf('.')) + ".json")));
    var line = (Json.Obj) Json.parse(Inspection.inspect(body, "a file", expected.text("dialect")));
    assertThat(line.text("file")).isEqualTo("a file");
    var members = new LinkedHashMap<>(line.members());
    members.remove("file");
    // Beside most bodies these two are left out, which says that there are none.
    var wanted = new LinkedHashMap<>(expected.members());
    wanted.putIfAbsent("cut_tool_calls", new Json.Arr(List.of()));
    wanted.putIfAbsent("warnings", new Json.Arr(List.of()));
    assertThat(members).containsExactlyInAnyOrderEntriesOf(wanted);
  }

  @Test
  void detectsTheProtocolFromTheBytes() throws Exception {
    assertThat(detect("anthropic-messages/plain.sse"))
        .isEqualTo(
            new DialectDetector.Detection("anthropic-messages", "an event of type message_start"));
    assertThat(detect("openai-chat/plain.sse"))
        .isEqualTo(new DialectDetector.Detection("openai-chat", "a member named choices"));
    assertThat(detect("openai-chat/empty-body.sse"))
        .isEqualTo(new DialectDetector.Detection("openai-chat", "assumed: no frame shows it"));
  }

  private static DialectDetector.Detection detect(String fixture) throws IOException {
    return DialectDetector.detect(Files.readAllBytes(FIXTURES.resolve(fixture)), null);
  }

  @Test
  void showsFramesByTheStandardsView(@TempDir Path folder) throws Exception {
    var file = folder.resolve("a.sse");
    Files.writeString(
        file,
        """
        id: 7
        event: tick
        data: one
        data: two

        : comment
        retry: 250
        data: é

        data: never dispatched
        """);
    for (int chunk : new int[] {1, 3, 4096}) {
      var lines = new ArrayList<String>();
      FrameLines.of(file, "a.sse", chunk, lines::add);
      assertThat(lines)
          .containsExactly(
              """
              {"file":"a.sse","type":"tick","data":"one\\ntwo","lastEventId":"7"}\
              """,
              """
              {"file":"a.sse","type":"message","data":"é","lastEventId":"7"}\
              """,
              """
              {"file":"a.sse","retry":250,"frames":2}\
              """);
    }
  }

  @Test
  void aBodyWithoutRetryReportsNull(@TempDir Path folder) throws Exception {
    var file = folder.resolve("a.sse");
    Files.writeString(file, "data: x\n\n");
    var lines = new ArrayList<String>();
    FrameLines.of(file, "a.sse", 16, lines::add);
    assertThat(lines.getLast())
        .isEqualTo(
            """
            {"file":"a.sse","retry":null,"frames":1}\
            """);
  }
}
