package dev.holdfast.cli.inspect;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.core.json.Json;
import dev.holdfast.core.provider.Dialects;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Real streams, read without a word about who sent them, against an independent decoder. */
class InspectRecordingsTest {
  private static final List<String> COMPARED =
      List.of("verdict", "finish", "text", "reasoning", "refusal", "tool_calls", "usage", "error");

  private static final Path ROOT = Path.of(System.getProperty("holdfast.root", "."));

  private static Path recordings() {
    return Path.of(System.getProperty("holdfast.shared", ROOT.resolve("../shared").toString()))
        .resolve("recordings");
  }

  /** Bodies that say nothing by which anybody could tell who sent them. */
  private static final Set<String> MUTE = Set.of("vertex/streaming-failure-invalid-json.sse");

  @Test
  void agreesWithTheOracleOnEveryRecordingOfEachProtocol() throws Exception {
    assumeTrue(Files.isDirectory(recordings()), "no recordings beside the project: skipped");
    var index = (Json.Arr) Json.parse(Files.readString(recordings().resolve("index.json")));
    var differences = new ArrayList<String>();
    var counts = new TreeMap<String, Integer>();
    for (var item : index.items()) {
      var entry = (Json.Obj) item;
      String protocol = entry.text("protocol");
      if (!Dialects.ids().contains(protocol)) {
        continue;
      }
      counts.merge(protocol, 1, Integer::sum);
      String path = entry.text("path");
      var line =
          (Json.Obj)
              Json.parse(
                  Inspection.inspect(
                      recordings().resolve(path),
                      path,
                      MUTE.contains(path) ? protocol : Inspection.AUTO));
      var expected = sibling(path);
      if (!line.text("dialect").equals(protocol)) {
        differences.add(path + ": dialect " + line.text("dialect"));
      }
      for (var name : COMPARED) {
        var value = name.equals("tool_calls") ? allCalls(line) : line.get(name);
        if (!Objects.equals(byValue(value), byValue(expected.get(name)))) {
          differences.add(
              "%s: %s %s, expected %s"
                  .formatted(path, name, shown(value), shown(expected.get(name))));
        }
      }
      if (!Objects.equals(line.get("frames"), expected.get("events"))) {
        differences.add(path + ": frames " + line.get("frames") + ", " + expected.get("events"));
      }
    }
    assertThat(differences).isEmpty();
    assertThat(counts)
        .containsEntry("openai-chat", 127)
        .containsEntry("openai-completions", 6)
        .containsEntry("openai-responses", 33)
        .containsEntry("anthropic-messages", 23)
        .containsEntry("bedrock-converse", 12)
        .containsEntry("bedrock-invoke", 4)
        .containsEntry("cohere-v2", 9)
        .containsEntry("dashscope-cumulative", 1)
        .containsEntry("ollama-chat", 9)
        .containsEntry("ollama-generate", 1);
  }

  /** {@return whole and cut calls: the oracle does not tell them apart} */
  private static Json allCalls(Json.Obj line) {
    var calls = new ArrayList<>(Objects.requireNonNull(line.array("tool_calls")).items());
    for (var item : Objects.requireNonNull(line.array("cut_tool_calls")).items()) {
      var members = new LinkedHashMap<>(((Json.Obj) item).members());
      members.remove("reason");
      calls.add(new Json.Obj(members));
    }
    return new Json.Arr(calls);
  }

  private static Json.Obj sibling(String path) throws Exception {
    String name = path.substring(0, path.lastIndexOf('.')) + ".json";
    return (Json.Obj) Json.parse(Files.readString(recordings().resolve(name)));
  }

  /** The sibling files were written by a program that spells numbers its own way. */
  private static @Nullable Json byValue(@Nullable Json json) {
    return switch (json) {
      case Json.Num(String text) ->
          new Json.Num(new BigDecimal(text).stripTrailingZeros().toPlainString());
      case Json.Obj(var members) -> {
        var copy = new LinkedHashMap<String, Json>();
        members.forEach((name, value) -> copy.put(name, Objects.requireNonNull(byValue(value))));
        yield new Json.Obj(copy);
      }
      case Json.Arr(var items) ->
          new Json.Arr(items.stream().map(item -> Objects.requireNonNull(byValue(item))).toList());
      case null -> null;
      default -> json;
    };
  }

  private static String shown(@Nullable Json json) {
    String text = json == null ? "absent" : json.write();
    return text.length() > 200 ? text.substring(0, 200) + "..." : text;
  }
}
