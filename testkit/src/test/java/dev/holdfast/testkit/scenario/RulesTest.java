package dev.holdfast.testkit.scenario;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.WireObserver;
import dev.holdfast.testkit.WireReader;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.server.FaultServer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which requests get which answer and which faults. */
final class RulesTest {
  private static final Protocol CHAT = Protocol.OPENAI_CHAT;
  private static final Protocol CLAUDE = Protocol.ANTHROPIC_MESSAGES;

  @TempDir private Path dir = Path.of("");

  private static FaultServer server(Scenario scenario) {
    return FaultServer.builder().scenario(scenario).start();
  }

  private Scenario load(String yaml) throws IOException {
    return Scenario.load(Files.writeString(dir.resolve("s.yaml"), yaml));
  }

  /** {@return the text of an answer, or the status if it is none} */
  private static String ask(FaultServer server, Protocol protocol, String prompt, String... headers)
      throws IOException {
    try (var observer = new WireObserver(server.origin())) {
      observer.post(protocol, Requests.of(protocol, prompt), headers);
      var seen = observer.observe();
      return seen.status() == 200 ? WireReader.text(seen.text()) : "" + seen.status();
    }
  }

  @Test
  void theFirstRuleThatFitsDecidesAndOthersGetTheRest() throws IOException {
    var scenario =
        Scenario.builder()
            .answer("All others.")
            .rule(
                RequestMatch.any().withProtocols(CLAUDE).withPrompt("tide"),
                rule -> rule.answer("The tide, to Claude."))
            .rule(RequestMatch.any().withPrompt("tide"), rule -> rule.answer("The tide."))
            .rule(RequestMatch.any().withHeader("X-Tenant", "ac*"), rule -> rule.answer("Acme."))
            .build();
    try (var server = server(scenario)) {
      assertThat(ask(server, CLAUDE, "When is high tide?")).isEqualTo("The tide, to Claude.");
      assertThat(ask(server, CHAT, "When is high tide?")).isEqualTo("The tide.");
      assertThat(ask(server, CHAT, "Tides?")).isEqualTo("All others.");
      assertThat(ask(server, CHAT, "Hi", "x-tenant: acme")).isEqualTo("Acme.");
      assertThat(ask(server, CHAT, "Hi", "x-tenant: other")).isEqualTo("All others.");
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          openai-chat        | {"messages":[{"role":"user","content":"Oslo"},{"role":"tool","tool_call_id":"c","content":"7"}]}
          openai-responses   | {"input":[{"role":"user","content":"Oslo"},{"type":"function_call_output","call_id":"c","output":"7"}]}
          anthropic-messages | {"messages":[{"role":"user","content":"Oslo"},{"role":"user","content":[{"type":"tool_result","content":"7"}]}]}
          gemini-sse         | {"contents":[{"role":"user","parts":[{"text":"Oslo"}]},{"role":"user","parts":[{"functionResponse":{"name":"weather"}}]}]}
          ollama-chat        | {"messages":[{"role":"user","content":"Oslo"},{"role":"tool","content":"7"}]}
          """)
  void aResultOfAToolIsSeenInEveryProtocol(String id, String body) throws IOException {
    Protocol protocol = Protocol.of(id);
    try (var server =
        server(
            load(
                """
                answer: none
                rules:
                  - when: {prompt: Oslo, tool-result: true}
                    answer: It is 7 degrees in Oslo.
                  - when: {tool-result: false}
                    answer: Not yet.
                """))) {
      assertThat(ask(server, protocol, "Oslo")).isEqualTo("Not yet.");
      try (var observer = new WireObserver(server.origin())) {
        observer.post(protocol, body.replaceFirst("\\{", "{\"model\":\"m\",\"stream\":true,"));
        assertThat(WireReader.text(observer.observe().text()))
            .isEqualTo("It is 7 degrees in Oslo.");
      }
    }
  }

  @Test
  void aRuleCountsTheRequestsThatFitIt() throws IOException {
    var scenario =
        Scenario.builder()
            .answer("Fine.")
            .rule(
                RequestMatch.any().withPrompt("tide").withRequests(2, 3),
                rule -> rule.sometimes(1, Fault.parse("status@code=503")))
            .build();
    try (var server = server(scenario)) {
      var told = new ArrayList<String>();
      for (String prompt : List.of("tide", "other", "tide", "another tide", "other", "tide")) {
        told.add(ask(server, CHAT, prompt));
      }
      assertThat(told).containsExactly("Fine.", "Fine.", "503", "503", "Fine.", "Fine.");
    }
  }

  @Test
  void modelsAndPathsAreWildcards() throws IOException {
    var scenario =
        Scenario.builder()
            .answer("All others.")
            .rule(
                RequestMatch.any().withModel("gemini-*-flash"), rule -> rule.answer("By address."))
            .rule(RequestMatch.any().withPath("/v1/messages"), rule -> rule.answer("By path."))
            .rule(RequestMatch.any().withModel("m"), rule -> rule.answer("By body."))
            .build();
    try (var server = server(scenario)) {
      assertThat(ask(server, Protocol.GEMINI_SSE, "Hi")).isEqualTo("By address.");
      assertThat(ask(server, CLAUDE, "Hi")).isEqualTo("By path.");
      assertThat(ask(server, Protocol.OLLAMA_CHAT, "Hi")).isEqualTo("By body.");
    }
  }

  @Test
  void whatARuleLeavesOutIsAsForAllOthersAndAnEmptyListTakesItBack() throws IOException {
    Scenario scenario =
        load(
            """
            answer: Others.
            continuation: restart
            attempts: [status@code=503]
            rules:
              - when: {prompt: one}
                answer: Mine.
              - when: {prompt: two}
                attempts: []
            """);
    Scenario first = scenario.rules().getFirst().then();
    assertThat(first.answer().text()).isEqualTo("Mine.");
    assertThat(first.continuation()).isEqualTo(new Continuation.Restart());
    assertThat(first.script().faults("s", 1)).containsExactly(Fault.parse("status@code=503"));
    Scenario second = scenario.rules().getLast().then();
    assertThat(second.answer().text()).isEqualTo("Others.");
    assertThat(second.script().faults("s", 1)).isEmpty();
  }

  @Test
  void aRuleHasPhasesOfItsOwn() throws IOException {
    Scenario scenario =
        load(
            """
            phases: [{name: well, for: 1h}]
            rules:
              - when: {requests: 5-}
                phases: [{name: outage, for: 10s, faults: status@code=503}, {name: well, for: 5s}]
                repeat: true
            """);
    ScenarioRule rule = scenario.rules().getFirst();
    assertThat(rule.when().first()).isEqualTo(5);
    assertThat(rule.when().last()).isEqualTo(Long.MAX_VALUE);
    assertThat(rule.then().script().faults("s", 1, Duration.ofSeconds(16)))
        .containsExactly(Fault.parse("status@code=503"));
    assertThat(scenario.script().faults("s", 1, Duration.ofSeconds(16))).isEmpty();
  }

  @Test
  void aRuleTakesBackThePaceOfAllOthers() throws IOException {
    Scenario scenario = load("{pace: 20ms, rules: [{when: {requests: 2}, pace: 0ms}]}");
    assertThat(scenario.script().faults("s", 1))
        .containsExactly(new Fault.Slow(Duration.ofMillis(20)));
    assertThat(scenario.rules().getFirst().then().script().faults("s", 1)).isEmpty();
  }

  @Test
  void theRuleOfARequestHoldsForItsContinuationToo() throws IOException {
    var scenario =
        Scenario.builder()
            .answer("Others.")
            .rule(RequestMatch.any().withPrompt("tide"), rule -> rule.answer("It turns twice."))
            .build();
    try (var server = server(scenario);
        var observer = new WireObserver(server.origin())) {
      observer.post(CLAUDE, Requests.of(CLAUDE, "The tide?", "It turns"));
      assertThat(WireReader.text(observer.observe().text())).isEqualTo(" twice.");
    }
  }

  @Test
  void aRefusalStandsAloneOrBehindText() throws IOException {
    Scenario alone = load("answer: {refusal: I will not.}");
    assertThat(alone.answer().refusal()).isEqualTo("I will not.");
    assertThat(alone.answer().text()).isEmpty();
    Scenario both = load("answer: {text: 'Well, ', refusal: no., reasoning: Hm.}");
    assertThat(both.answer().text()).isEqualTo("Well, ");
    assertThat(both.answer().refusal()).isEqualTo("no.");
    assertThat(both.answer().reasoning()).isEqualTo("Hm.");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "rules: 7 | :1: rules: must be a list, was 7",
        "rules: [{answer: a}] | :1: rules[0]: must have a member when, was an object",
        "rules: [{when: 3}] | :1: rules[0].when: must be an object, was 3",
        "rules: [{when: {colour: red}}] | :1: rules[0].when: must have no other keys than headers,"
            + " model, path, prompt, protocol, requests, tool-result, was colour",
        "rules: [{when: {protocol: smtp}}] | :1: rules[0].when.protocol: must be one of"
            + " openai-chat, anthropic-messages, openai-responses, gemini-sse, gemini-json-array,"
            + " ollama-chat, was smtp",
        "rules: [{when: {protocol: []}}] | :1: rules[0].when.protocol: must name a protocol, was an"
            + " array",
        "rules: [{when: {model: 4}}] | :1: rules[0].when.model: must be a string, was 4",
        "rules: [{when: {path: v1}}] | :1: rules[0].when.path: must begin with / or *, was v1",
        "rules: [{when: {requests: 0}}] | :1: rules[0].when.requests: must count from 1, was 0",
        "rules: [{when: {requests: 3-2}}] | :1: rules[0].when.requests: must not end before they"
            + " begin, was 3-2",
        "rules: [{when: {requests: many}}] | :1: rules[0].when.requests: must be a number, or a"
            + " range such as 2-4 or 5-, was \"many\"",
        "rules: [{when: {headers: {a b: c}}}] | :1: rules[0].when.headers: must have names of"
            + " headers, was a b",
        "rules: [{when: {headers: {a: 7}}}] | :1: rules[0].when.headers.a: must be a string, was 7",
        "rules: [{when: {}, seed: 3}] | :1: rules[0]: must have no other keys than answer, attempts,"
            + " continuation, pace, phases, repeat, sometimes, when, was seed",
        "rules: [{when: {}, repeat: true}] | :1: rules[0].repeat: must stand beside phases, was"
            + " true",
        "rules: [{when: {}, attempts: [explode]}] | :1: rules[0].attempts[0]: fault:",
        "answer: {refusal: ''} | :1: answer.refusal: must not be empty, was ''",
        "answer: {reasoning: Hm.} | :1: answer: must have a text, a style, a refusal or tools, was an"
            + " object",
      })
  void mistakesAreReportedWithFileLineKeyRuleAndValue(String yaml, String told) {
    assertThatIllegalArgumentException()
        .isThrownBy(() -> load(yaml))
        .satisfies(thrown -> assertThat(thrown.getMessage()).contains("s.yaml" + told));
  }

  @Test
  void aMistakeInALaterRuleHasItsOwnLine() {
    assertThatIllegalArgumentException()
        .isThrownBy(() ->
            load(
                """
                rules:
                  - when: {model: m}
                  - when:
                      model: m
                      requests: x
                """))
        .withMessageContaining("s.yaml:5: rules[1].when.requests: ");
  }

  @Test
  void rulesOfRulesAreRefused() {
    var scenario =
        Scenario.builder()
            .rule(RequestMatch.any(), rule -> rule.rule(RequestMatch.any(), inner -> {}));
    assertThatIllegalArgumentException()
        .isThrownBy(scenario::build)
        .withMessageStartingWith("rules: must not have rules of their own");
  }
}
