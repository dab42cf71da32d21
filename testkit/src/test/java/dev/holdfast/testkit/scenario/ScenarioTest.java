package dev.holdfast.testkit.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

final class ScenarioTest {
  @TempDir private Path dir = Path.of("");

  private Scenario load(String json) throws IOException {
    return Scenario.load(Files.writeString(dir.resolve("s.json"), json));
  }

  @Test
  void readsEverythingThereIs() throws IOException {
    Scenario scenario =
        load(
            """
            {
              "seed": 42,
              "answer": {
                "text": "The tide turns.",
                "reasoning": "Hm.",
                "tools": [{"id": "call_1", "name": "moon", "arguments": "{\\"day\\":1}"}]
              },
              "continuation": "overlap:7",
              "pace": "2ms",
              "attempts": ["cut-fin@token=2; slices@max=3", ["status@code=503", "slow"], []]
            }
            """);

    assertThat(scenario.seed()).isEqualTo(42);
    assertThat(scenario.answer().text()).isEqualTo("The tide turns.");
    assertThat(scenario.answer().reasoning()).isEqualTo("Hm.");
    assertThat(scenario.answer().tools().getFirst().argumentsJson()).isEqualTo("{\"day\":1}");
    assertThat(scenario.continuation()).isEqualTo(new Continuation.Overlap(7));
    var pace = new Fault.Slow(Duration.ofMillis(2));
    assertThat(scenario.script().faults("s", 1))
        .containsExactly(Fault.parse("cut-fin@token=2"), new Fault.Slices(3), pace);
    assertThat(scenario.script().faults("s", 2)).hasSize(3);
    assertThat(scenario.script().faults("s", 3)).containsExactly(pace);
    assertThat(scenario.script().faults("s", 9)).containsExactly(pace);
  }

  @Test
  void anAnswerMayBeAToolCallAlone() throws IOException {
    String tools = "{\"tools\": [{\"id\": \"c\", \"name\": \"moon\", \"arguments\": \"{}\"}]}";
    var answer = load("{\"answer\": " + tools + "}").answer();
    assertThat(answer.text()).isEmpty();
    assertThat(answer.tools()).hasSize(1);
  }

  @Test
  void everyKeyMayBeLeftOut() throws IOException {
    assertThat(load("{}").script().faults("s", 1)).isEmpty();
    assertThat(load("{\"answer\":\"Hi\"}").answer()).isEqualTo(Answer.ofText("Hi"));
    assertThat(load("{\"answer\":{\"style\":\"cjk\",\"words\":9}}").answer().text()).isNotEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          {~"sead": 1}                            | s.json:2: scenario: must have no other keys
          {~"seed": "x"}                          | s.json:2: seed: must be a whole number, was "x"
          {~"answer": {}}                         | s.json:2: answer: must have a text, a style, a
          {~"answer": {"style": "latin"}}         | s.json:2: answer.style: must be one of english
          {~"answer": {"text": 1}}                | s.json:2: answer.text: must be a string, was 1
          {~~"continuation": "perfect"}           | s.json:3: continuation: must be one of exact,
          {~"pace": "soon"}                       | s.json:2: pace: must be a time such as
          {"attempts": [~"slow",~["cut@x=1"]]}    | s.json:3: attempts[1]: fault: must be one of
          {"attempts": [~"status@code=99"]}       | s.json:2: attempts[0]: code: must be 400 to 599
          {"attempts": 3}                         | s.json:1: attempts: must be a list, was 3
          {"seed": 1~~                            | s.json:3: must be valid JSON
          [1]                                     | s.json:1: scenario: must be an object
          {"answer":{"text":"a","tools":[{"id":"1"}]}} | s.json:1: answer.tools: must have a member
          """)
  void aBadFileIsReportedWithFileLineKeyRuleAndValue(String json, String message) {
    assertThatThrownBy(() -> load(json.replace('~', '\n')))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .contains(message)
        .doesNotContain("jackson", "\n");
  }

  @Test
  void aMissingFileIsNamed() {
    Path none = dir.resolve("none.json");

    assertThatThrownBy(() -> Scenario.load(none))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("scenario: must be an existing file, was " + none);
    assertThatThrownBy(() -> Scenario.load(dir))
        .hasMessage("scenario: must be a readable file, was " + dir);
  }

  @Test
  void oneSeedGivesOneScenario() {
    for (long seed = 0; seed < 200; seed++) {
      Scenario one = Scenario.random(seed);
      Scenario again = Scenario.random(seed);

      assertThat(one.answer()).isEqualTo(again.answer());
      assertThat(one.continuation()).isEqualTo(again.continuation());
      for (int attempt = 1; attempt <= 5; attempt++) {
        assertThat(one.script().faults("s", attempt))
            .isEqualTo(again.script().faults("s", attempt));
      }
      assertThat(one.script().faults("s", 4)).as("every stream heals").isEmpty();
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void theDemoIsCutTwiceAndDamagedOnceAndCanBeMadeWhole(Protocol protocol) {
    for (long seed = 0; seed < 50; seed++) {
      Scenario demo = Scenario.demo(seed, Duration.ofMillis(1));
      var reader = new DemoReader(demo, protocol);

      assertThat(reader.read()).as("seed %d", seed).isEqualTo(demo.answer().text());
      assertThat(reader.struck())
          .as("seed %d", seed)
          .containsExactly("cut-fin", "malformed-json", "cut-rst");
      assertThat(List.of(demo.answer().text().split("\\s+", -1)).size()).isBetween(110, 160);
    }
  }
}
