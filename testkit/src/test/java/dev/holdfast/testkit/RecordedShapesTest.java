package dev.holdfast.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Members that a template writes stand in recordings of the real provider too, and in that order.
 * Skipped where the recordings are not at hand.
 */
final class RecordedShapesTest {
  private static final Answer ANSWER =
      Answer.ofText("The tide turns.")
          .withReasoning("Tides, then.")
          .withTool("call_1", "add", "{\"x\":1}");

  private static List<Json> recorded(String directory, String ending) {
    Path root = Path.of(System.getProperty("holdfast.root", ".."));
    Path shared =
        Path.of(System.getProperty("holdfast.shared", root.resolve("../shared").toString()));
    Path directoryOfProvider = shared.resolve("recordings").resolve(directory);
    assumeTrue(
        Files.isDirectory(directoryOfProvider), () -> "no recordings at " + directoryOfProvider);
    var all = new ArrayList<Json>();
    try (Stream<Path> files = Files.list(directoryOfProvider)) {
      for (Path file : files.filter(it -> it.toString().endsWith(ending)).sorted().toList()) {
        try {
          all.addAll(WireReader.events(Files.readString(file)));
        } catch (JsonException e) {
          // Some are cut on purpose.
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  /** Pairs of members of one object of which the first stands before the second. */
  private static void orders(String path, Json json, Set<String> out) {
    switch (json) {
      case Json.Obj(var members, int line) -> {
        var names = List.copyOf(members.keySet());
        for (int i = 0; i < names.size(); i++) {
          out.add(path + "." + names.get(i));
          for (int k = i + 1; k < names.size(); k++) {
            out.add(path + "." + names.get(i) + " < " + names.get(k));
          }
        }
        members.forEach((name, value) -> {
          if (!name.equals("arguments") && !name.equals("args") && !name.equals("input")) {
            orders(path + "." + name, value, out);
          }
        });
      }
      case Json.Arr(var items, int line) -> items.forEach(item -> orders(path + "[]", item, out));
      case Json.Str text -> {}
      case Json.Num number -> {}
      case Json.Bool bool -> {}
      case Json.Nil none -> {}
    }
  }

  private static Set<String> orders(List<Json> events) {
    var all = new LinkedHashSet<String>();
    events.forEach(event -> orders(event.text("type", ""), event, all));
    return all;
  }

  @ParameterizedTest
  @CsvSource({
    "OPENAI_CHAT, openai, .sse",
    "OPENAI_RESPONSES, openai, .sse",
    "ANTHROPIC_MESSAGES, anthropic, .sse",
    "GEMINI_SSE, gemini, .sse",
    "GEMINI_JSON_ARRAY, gemini, .jsonarray",
    "OLLAMA_CHAT, ollama, .ndjson"
  })
  void membersStandAsInRecordings(Protocol protocol, String directory, String ending) {
    var model = new ScriptedModel(protocol, ANSWER, new Continuation.Exact(), 5);
    String body = model.reply(Requests.of(protocol, "Hello"), 1).body();
    Set<String> written = orders(WireReader.events(body));
    Set<String> known = orders(recorded(directory, ending));
    var unknown = new LinkedHashSet<>(written);
    unknown.removeAll(known);

    assertThat(unknown).isEmpty();
  }

  @Test
  void orderIsCompared() {
    var written = new HashSet<String>();
    orders("", Json.parse("{\"a\":[{\"b\":1,\"c\":2}]}"), written);

    assertThat(written).containsExactlyInAnyOrder(".a", ".a[].b", ".a[].c", ".a[].b < c");
  }
}
