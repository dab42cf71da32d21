package dev.holdfast.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.server.FaultServer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ChatCommandTest {
  private static final String TEXT =
      "The light is still there when the storm has passed, and the keeper has slept through half"
          + " of it, as she does whenever the wind blows from the west and the sea is rough.";
  private static final String KEY = "sk-very-secret-0123456789";

  private final Cli cli = new Cli();

  @ParameterizedTest
  @ValueSource(strings = {"openai-chat", "anthropic-messages"})
  void printsTheAnswerAndNothingElse(String protocol) {
    try (var server = answering(TEXT).start()) {
      var ran = chat(server, "--protocol", protocol, "hi");
      assertThat(ran.out()).isEqualTo(TEXT);
      assertThat(ran.err()).startsWith("COMPLETE ").contains("1 attempt").hasLineCount(1);
      assertThat(ran.code()).isZero();
    }
  }

  @Test
  void anAnswerThatWasCutAndRepairedIsComplete() {
    try (var server = answering(TEXT).script(Script.of("cut-rst@token=12")).start()) {
      var ran = chat(server, "hi");
      assertThat(ran.out()).isEqualTo(TEXT);
      assertThat(ran.err()).contains("2 attempts").contains("joined at character");
      assertThat(ran.code()).isZero();
    }
  }

  @Test
  void anAnswerThatCannotBeRepairedIsPrintedAsFarAsItCame() {
    Script always = (stream, attempt) -> List.of(Fault.parse("cut-rst@token=12"));
    var broken = answering(TEXT).script(always).continuation(new Continuation.RefuseAll());
    try (var server = broken.start()) {
      var ran = chat(server, "hi");
      assertThat(ran.code()).isEqualTo(1);
      assertThat(TEXT).startsWith(ran.out());
      assertThat(ran.out()).isNotEmpty();
      assertThat(ran.err()).startsWith("TRUNCATED ").contains("connection-lost");
    }
  }

  @Test
  void exactIsNotJoinedFromTwoGenerations() {
    try (var server = answering(TEXT).script(Script.of("cut-rst@token=12")).start()) {
      assertThat(chat(server, "hi").err()).contains("continued");
      var ran = chat(server, "--require", "exact", "another");
      assertThat(ran.out()).isEqualTo(TEXT);
      assertThat(ran.err()).contains("exact").doesNotContain("continued");
    }
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({"status@code=401, rejected", "status@code=404, rejected"})
  void aRefusalOfTheProviderIsExitCodeOne(String fault, String cause) {
    try (var server = answering(TEXT).script(Script.of(fault)).start()) {
      var ran = chat(server, "hi");
      assertThat(ran.code()).isEqualTo(1);
      assertThat(ran.out()).isEmpty();
      assertThat(ran.err()).contains("FAILED").contains(cause);
    }
  }

  @Test
  void textForAPipeIsNotTouchedAndTextForATerminalIsMadeHarmless() {
    String odd = "a\u001b]0;title\u0007b\r\n\u202eleft\u009b31m 🌊";
    try (var server = answering(odd).start()) {
      assertThat(chat(server, "hi").out()).isEqualTo(odd);
      var ran =
          new Cli().on(Cli.TERMINAL).run("chat", "--base-url", server.baseUrl().toString(), "hi");
      assertThat(ran.out())
          .doesNotContain("\u001b", "\u0007", "\u202e", "\u009b")
          .contains("␛]0;title␇b", "🌊")
          .endsWith("\n");
    }
  }

  @Test
  void theKeyIsSentAndNeverShown() {
    try (var server = answering(TEXT).script(Script.of("status@code=401")).start()) {
      cli.with("OPENAI_API_KEY", KEY).with("HOLDFAST_DEBUG", "1");
      var ran = chat(server, "hi");
      assertThat(server.received().getFirst().header("authorization")).isEqualTo("Bearer " + KEY);
      assertThat(ran.out() + ran.err()).doesNotContain(KEY);
    }
  }

  @Test
  void aKeyThatIsNoHeaderIsRefusedWithoutShowingIt() {
    try (var server = answering(TEXT).start()) {
      var ran =
          cli.with("OPENAI_API_KEY", KEY + "\nx")
              .run("chat", "--base-url", server.baseUrl().toString(), "hi");
      assertThat(ran.code()).isEqualTo(2);
      assertThat(ran.err()).hasLineCount(1).doesNotContain(KEY);
    }
  }

  @Test
  void otherAddressesNeedNoKey() {
    try (var server = answering(TEXT).start()) {
      chat(server, "hi");
      assertThat(server.received().getFirst().headers()).doesNotContainKey("authorization");
    }
  }

  @Test
  void theVersionIsAddedWhereTheAddressHasNone() {
    try (var server = answering(TEXT).start()) {
      String bare = "http://127.0.0.1:" + server.port();
      assertThat(cli.run("chat", "--base-url", bare, "hi").code()).isZero();
      assertThat(server.received().getFirst().path()).isEqualTo("/v1/chat/completions");
    }
  }

  @Test
  void readsThePromptFromStdin() {
    try (var server = answering(TEXT).start()) {
      cli.reading("What is\nthe weather?")
          .run("chat", "--base-url", server.baseUrl().toString(), "--model", "m-1", "-");
      assertThat(server.received().getFirst().body())
          .contains("What is\\nthe weather?")
          .contains("\"m-1\"");
    }
  }

  @Test
  void aPromptThatLooksLikeAFileIsAPrompt() {
    try (var server = answering(TEXT).start()) {
      chat(server, "@pom.xml");
      assertThat(server.received().getFirst().body()).contains("\"@pom.xml\"");
    }
  }

  @Test
  void jsonIsOneLinePerEventAndOneWithTheOutcome() {
    try (var server = answering(TEXT).script(Script.of("cut-rst@token=12")).start()) {
      var ran = chat(server, "--json", "hi");
      assertThat(ran.err()).isEmpty();
      var events = ran.outLines().stream().map(line -> Cli.object(line).text("event")).toList();
      assertThat(events)
          .startsWith("started")
          .contains("text", "attempt-failed", "retrying", "seam", "finished")
          .endsWith("summary");
    }
  }

  private static FaultServer.Builder answering(String text) {
    return FaultServer.builder().answer(Answer.ofText(text));
  }

  private Cli.Ran chat(FaultServer server, String... rest) {
    var line = new String[rest.length + 3];
    line[0] = "chat";
    line[1] = "--base-url";
    line[2] = server.baseUrl().toString();
    System.arraycopy(rest, 0, line, 3, rest.length);
    return cli.run(line);
  }
}
