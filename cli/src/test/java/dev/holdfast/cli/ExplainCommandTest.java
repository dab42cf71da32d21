package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExplainCommandTest {
  @Test
  void aCausesPageIsPrinted() {
    assertThat(new Cli().run("explain", "idle-timeout").out()).contains("Symptom.");
    assertThat(new Cli().run("explain", "Idle", "timeout").out()).startsWith("idle-timeout");
    assertThat(new Cli().run("explain", "--json", "idle_timeout").out()).contains("\"page\"");
  }

  @Test
  void aMessageIsExplainedWithItsSoftwareAndACure() {
    var found = new Cli().run("explain", "TypeError:", "terminated");
    assertThat(found.code()).isZero();
    assertThat(found.out())
        .startsWith("connection-lost, cancelled  Node, undici, fetch")
        .contains("\n  > ")
        .contains("The whole page: holdfast explain connection-lost");
    var json = new Cli().run("explain", "--json", "socket hang up");
    assertThat(json.outLines()).hasSize(1);
    assertThat(json.out()).contains("\"cure\":").contains("\"said_by\":\"Node");
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          stream disconnected before completion: stream closed before response.completed | truncated | Codex CLI
          API Error: Stream idle timeout - partial response received | idle-timeout | Claude Code
          Received message_stop without a current message | protocol-violation | Anthropic SDKs
          Model stream ended with empty response text | truncated | Gemini CLI
          Incomplete JSON segment at the end | truncated | Google Gemini
          Provider returned error | provider-error | OpenRouter
          dev.langchain4j.exception.InternalServerException | provider-error | LangChain4j
          """)
  void theMostReportedMessagesAreKnown(String message, String cause, String software) {
    var found =
        new Cli()
            .reading("12:00:01 \u001b[31mError: " + message + "\u001b[0m\n")
            .run("explain", "-");
    assertThat(found.code()).isZero();
    assertThat(found.out()).startsWith(cause).contains(software).doesNotContain("Bedrock");
  }

  @Test
  void anUnknownMessageIsAnsweredWithWhatWasLookedForAndWhatToDo() {
    var unknown = new Cli().run("explain", "the sea is blue");
    assertThat(unknown.code()).isEqualTo(1);
    assertThat(unknown.out()).isEmpty();
    assertThat(unknown.err()).contains("known wordings of").contains("holdfast debug URL");
    assertThat(new Cli().run("explain", "--json", "the sea is blue").out())
        .contains("\"matches\":[]");
    assertThat(new Cli().reading(" \n").run("explain", "-").err()).contains("an empty text");
  }

  @Test
  void withoutAnArgumentEveryCauseHasOneLine() {
    var list = new Cli().run("explain");
    assertThat(list.code()).isZero();
    assertThat(list.outLines())
        .hasSize(22)
        .allMatch(line -> line.length() <= 100)
        .anyMatch(line -> line.matches("truncated +the body ended cleanly, .*"));
    assertThat(new Cli().run("explain", "--json").outLines())
        .hasSize(22)
        .allMatch(line -> line.contains("\"summary\":\""));
  }

  @Test
  void aNearlyRightCauseIsNamed() {
    var ran = new Cli().run("explain", "idle-timout");
    assertThat(ran.code()).isEqualTo(1);
    assertThat(ran.err()).contains("(did you mean idle-timeout?)").hasLineCount(1);
  }
}
