package dev.holdfast.testkit.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.networknt.schema.InputFormat;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.model.Continuation;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ScenarioYamlTest {
  private static final Path PAGE =
      Path.of(System.getProperty("holdfast.root", ".."), "docs", "scenarios.md");

  @TempDir private Path dir = Path.of("");

  private Scenario load(String yaml) throws IOException {
    return Scenario.load(Files.writeString(dir.resolve("s.yaml"), yaml));
  }

  /** {@return the example of the documentation} */
  private static String example() throws IOException {
    String page = Files.readString(PAGE);
    int from = page.indexOf("```yaml\n") + 8;
    return page.substring(from, page.indexOf("```", from));
  }

  private static Schema schema() throws IOException {
    try (InputStream in =
        Objects.requireNonNull(Scenario.class.getResourceAsStream("scenario.schema.json"))) {
      return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
          .getSchema(new String(in.readAllBytes(), StandardCharsets.UTF_8), InputFormat.JSON);
    }
  }

  /** {@return a document as JSON, since the schema is one of JSON values} */
  private static String json(TestJson value) {
    return switch (value) {
      case TestJson.Obj(var members, int line) -> {
        var all = new StringBuilder("{");
        members.forEach((name, member) ->
            all.append(all.length() > 1 ? "," : "")
                .append(TestJson.quote(name))
                .append(':')
                .append(json(member)));
        yield all.append('}').toString();
      }
      case TestJson.Arr(var items, int line) ->
          "[" + String.join(",", items.stream().map(ScenarioYamlTest::json).toList()) + "]";
      default -> value.shown();
    };
  }

  private static boolean fits(String yaml) throws IOException {
    return schema().validate(json(Yaml.parse(yaml)), InputFormat.JSON).isEmpty();
  }

  @Test
  void theExampleOfThePageIsReadAndFitsTheSchema() throws IOException {
    Scenario scenario = load(example());

    assertThat(fits(example())).isTrue();
    assertThat(scenario.seed()).isEqualTo(42);
    assertThat(scenario.answer().text()).isEqualTo("The tide turns twice a day.");
    assertThat(scenario.continuation()).isEqualTo(new Continuation.Overlap(12));
    assertThat(scenario.script().faults("s", 1, Duration.ofSeconds(31)))
        .contains(Fault.parse("cut-fin@token=2"), Fault.parse("status@code=503,retry-after=2s"));
    assertThat(scenario.script().faults("s", 9, Duration.ofSeconds(45)))
        .contains(Fault.parse("slow@delay=200ms"), Fault.parse("slow@delay=20ms"));
    assertThat(scenario.script().faults("s", 9, Duration.ofSeconds(131)))
        .as("the outage comes again")
        .contains(Fault.parse("status@code=503,retry-after=2s"));
  }

  @Test
  void theRulesOfThePageAreReadAndFitTheSchema() throws IOException {
    String page = Files.readString(PAGE);
    int from = page.indexOf("```yaml\n", page.indexOf("## Which requests")) + "```yaml\n".length();
    String yaml = page.substring(from, page.indexOf("```", from));

    assertThat(fits(yaml)).isTrue();
    var rules = load(yaml).rules();
    assertThat(rules).hasSize(3);
    assertThat(rules.getFirst().when())
        .isEqualTo(
            RequestMatch.any()
                .withProtocols(Protocol.ANTHROPIC_MESSAGES)
                .withModel("claude-*")
                .withPrompt("weather"));
    assertThat(rules.getFirst().then().answer().refusal())
        .isEqualTo("I cannot see the sky from here.");
    assertThat(rules.get(1).when())
        .isEqualTo(
            RequestMatch.any()
                .withPath("*/chat/completions")
                .withHeader("X-Tenant", "acme")
                .withRequest(3));
    assertThat(rules.get(2).when().protocols())
        .containsExactlyInAnyOrder(Protocol.GEMINI_SSE, Protocol.GEMINI_JSON_ARRAY);
  }

  @Test
  void jsonAndYamlMeanTheSame() throws IOException {
    String json =
        "{\"seed\": 7, \"answer\": {\"style\": \"cjk\", \"words\": 9}, \"attempts\": [[\"slow\"]]}";
    Scenario one = Scenario.load(Files.writeString(dir.resolve("s.json"), json));
    Scenario same = load("seed: 7\nanswer: {style: cjk, words: 9}\nattempts:\n- - slow\n");

    assertThat(fits(json)).isTrue();
    assertThat(same.answer()).isEqualTo(one.answer());
    assertThat(same.seed()).isEqualTo(one.seed());
    assertThat(same.script().faults("s", 1)).isEqualTo(one.script().faults("s", 1));
  }

  @Test
  void anotherSeedDrawsAnew() throws IOException {
    Path file = Files.writeString(dir.resolve("s.yaml"), "answer: {style: english}\n");

    assertThat(Scenario.load(file, 8).answer()).isNotEqualTo(Scenario.load(file).answer());
    assertThat(Scenario.load(file, 8).answer()).isEqualTo(Scenario.load(file, 8).answer());
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          seed: 1~sead: 2                          | s.yaml:2: scenario: must have no other keys than answer
          seed: 1~seed: 2                          | s.yaml:2: must have each key once, was seed
          seed: soon                               | s.yaml:1: seed: must be a whole number, was "soon"
          seed: 0x1F                               | s.yaml:1: seed: must be a whole number, was
          repeat: often                            | s.yaml:1: repeat: must be true or false, was "often"
          answer:~  text: [a]                      | s.yaml:2: answer.text: must be a string, was an array
          attempts:~- cut-rts                      | s.yaml:2: attempts[0]: fault: must be one of cut-fin
          sometimes:~- chance: 2~  faults: slow    | s.yaml:2: sometimes[0].chance: must be a number from 0 to 1, was 2
          sometimes:~- chance: 0.5                 | s.yaml:2: sometimes[0]: must have a member faults
          phases:~- name: a                        | s.yaml:2: phases[0]: must have a member for
          phases:~- name: a~  for: 0s              | s.yaml:3: phases[0].for: must be positive, was PT0S
          phases:~- name: a~  for: 3 days          | s.yaml:3: phases[0].for: must be a time such as
          phases:~- name: a~  for: 1s~  until: 2s  | s.yaml:4: phases[0]: must have no other keys
          a: &x 1~b: *x                            | s.yaml:2: must have no aliases
          seed: !!binary aGk=                      | s.yaml:1: must have no tags, was tag:yaml.org,2002:binary
          seed: [1                                 | must be valid YAML
          """)
  void aBadFileIsReportedWithFileLineKeyRuleAndValue(String yaml, String message) {
    assertThatThrownBy(() -> load(yaml.replace('~', '\n')))
        .isInstanceOf(IllegalArgumentException.class)
        .message()
        .contains(message)
        .doesNotContain("snakeyaml", "\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sead: 2",
        "seed: soon",
        "repeat: often",
        "answer: {}",
        "answer: {text: a, style: cjk}",
        "answer: {style: latin}",
        "answer: {style: cjk, words: 0}",
        "answer: {text: a, tools: [{id: a}]}",
        "attempts: slow",
        "sometimes: [{chance: 2, faults: slow}]",
        "sometimes: [{chance: 0.5}]",
        "phases: [{name: a}]",
        "phases: [{name: '', for: 1s}]",
        "phases: [{name: a, for: soon}]",
        "pace: 3",
        "answer: {refusal: ''}",
        "answer: {reasoning: a}",
        "rules: [{answer: a}]",
        "rules: [{when: {}, seed: 1}]",
        "rules: [{when: {}, repeat: true}]",
        "rules: [{when: {colour: red}}]",
        "rules: [{when: {protocol: smtp}}]",
        "rules: [{when: {protocol: []}}]",
        "rules: [{when: {model: ''}}]",
        "rules: [{when: {path: v1}}]",
        "rules: [{when: {headers: {a b: c}}}]",
        "rules: [{when: {requests: 0}}]",
        "rules: [{when: {requests: many}}]",
        "[]"
      })
  void whatTheSchemaRefusesTheReaderRefuses(String yaml) throws IOException {
    assertThat(fits(yaml)).isFalse();
    assertThatThrownBy(() -> load(yaml)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aBombOfAliasesOrNestingIsRefused() {
    var bomb = new StringBuilder("a: &a [x, x]\n");
    for (char c = 'b'; c < 'z'; c++) {
      bomb.append("%s: &%<s [*%s, *%<s, *%<s, *%<s]\n".formatted(c, (char) (c - 1)));
    }

    assertThatThrownBy(() -> load(bomb.toString())).hasMessageEndingWith("must have no aliases");
    assertThatThrownBy(() -> load("a: " + "[".repeat(5000) + "]".repeat(5000)))
        .hasMessageEndingWith("must be at most 32 levels deep");
  }
}
