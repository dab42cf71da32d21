package dev.holdfast.testkit.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.WireReader;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.json.JsonException;
import dev.holdfast.testkit.json.TestJson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Members that a template writes stand in recordings of the real provider too, and in that order.
 * Skipped where the recordings are not at hand.
 */
final class RecordedShapesTest {
  private static final Answer ANSWER =
      Answer.ofText("The tide turns.")
          .withReasoning("Tides, then.")
          .withTool("call_1", "add", "{\"x\":1}");

  /** The events of whole recordings of some protocols. */
  private static List<TestJson> recorded(Set<String> protocols) {
    Path root = Path.of(System.getProperty("holdfast.root", ".."));
    Path shared =
        Path.of(System.getProperty("holdfast.shared", root.resolve("../shared").toString()));
    Path recordings = shared.resolve("recordings");
    assumeTrue(Files.isDirectory(recordings), () -> "no recordings at " + recordings);
    var all = new ArrayList<TestJson>();
    try {
      TestJson index =
          TestJson.parse("{\"all\":" + Files.readString(recordings.resolve("index.json")) + "}");
      for (TestJson one : index.items("all")) {
        if (protocols.contains(one.text("protocol", "")) && !one.isTrue("derived")) {
          Path file = recordings.resolve(one.text("path", ""));
          all.addAll(events(Files.readAllBytes(file)));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return all;
  }

  /** Some are damaged on purpose or by fate. */
  private static List<TestJson> events(byte[] body) {
    try {
      return WireReader.events(new String(body, StandardCharsets.UTF_8));
    } catch (JsonException e) {
      return List.of();
    }
  }

  /** Pairs of members of one object of which the first stands before the second. */
  private static void orders(String path, TestJson json, boolean skipSorted, Set<String> out) {
    switch (json) {
      case TestJson.Obj(var members, int line) -> {
        var names = List.copyOf(members.keySet());
        // Some recorders sort the members, and so say nothing of their order.
        boolean sorted = names.equals(names.stream().sorted().toList());
        for (int i = 0; i < names.size(); i++) {
          out.add(path + "." + names.get(i));
          for (int k = i + 1; !(sorted && skipSorted) && k < names.size(); k++) {
            out.add(path + "." + names.get(i) + " < " + names.get(k));
          }
        }
        members.forEach((name, value) -> {
          if (!name.equals("arguments") && !name.equals("args") && !name.equals("input")) {
            orders(path + "." + name, value, skipSorted, out);
          }
        });
      }
      case TestJson.Arr(var items, int line) ->
          items.forEach(item -> orders(path + "[]", item, skipSorted, out));
      case TestJson.Str text -> {}
      case TestJson.Num number -> {}
      case TestJson.Bool bool -> {}
      case TestJson.Nil none -> {}
    }
  }

  private static Set<String> orders(List<TestJson> events, boolean skipSorted) {
    var all = new LinkedHashSet<String>();
    events.forEach(event -> orders(event.text("type", ""), event, skipSorted, all));
    return all;
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void membersStandAsInRecordings(Protocol protocol) {
    var model = new ScriptedModel(protocol, ANSWER, new Continuation.Exact(), 5);
    String body = model.reply(Requests.of(protocol, "Hello"), 1).body();
    Set<String> written = orders(WireReader.events(body), false);
    List<TestJson> recordings =
        recorded(
            protocol == Protocol.GEMINI_JSON_ARRAY
                ? Set.of("gemini-sse", "gemini-json-array")
                : Set.of(protocol.id()));
    Set<String> known = orders(recordings, false);
    Set<String> firm = orders(recordings, true);
    var wrong = new LinkedHashSet<String>();
    for (String one : written) {
      if (!known.contains(one) && (!one.contains(" < ") || firm.contains(turned(one)))) {
        wrong.add(one);
      }
    }

    assertThat(wrong).isEmpty();
  }

  /** The same pair the other way round: two members that never meet have no order. */
  private static String turned(String pair) {
    int dot = pair.lastIndexOf('.', pair.indexOf(" < "));
    String[] names = pair.substring(dot + 1).split(" < ", 2);
    return pair.substring(0, dot + 1) + names[1] + " < " + names[0];
  }

  @Test
  void orderIsCompared() {
    var written = new HashSet<String>();
    orders("", TestJson.parse("{\"a\":[{\"b\":1,\"c\":2}]}"), false, written);

    assertThat(written).containsExactlyInAnyOrder(".a", ".a[].b", ".a[].c", ".a[].b < c");
  }
}
