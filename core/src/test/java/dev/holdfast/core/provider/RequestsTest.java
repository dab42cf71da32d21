package dev.holdfast.core.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.Partial;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Rung;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Request bodies: typed, streaming, and asking to go on. Whole shapes, to the letter. */
class RequestsTest {
  private static final ChatDialect CHAT = Dialects.chat("openai-chat");
  private static final ChatDialect MESSAGES = Dialects.chat("anthropic-messages");

  private static final Partial PARTIAL =
      new Partial("Once upon a", "upon a", Cause.CONNECTION_LOST, 40);

  @Test
  void chatSpellsATypedRequest() {
    var request =
        ChatRequest.to("toy-1")
            .system("Be brief.")
            .user("Hi \"you\"")
            .assistant("Yes?")
            .user("Go on")
            .tool("look", "Looks", "{\"type\":\"object\",\"n\":1.50}")
            .maxTokens(10)
            .temperature(0.2)
            .topP(0.9)
            .seed(9007199254740993L)
            .stop("END")
            .with("user", "\"u1\"")
            .with("big", "1e400")
            .build();
    assertThat(CHAT.body(request))
        .isEqualTo(
            """
            {"model":"toy-1","messages":[{"role":"system","content":"Be brief."},\
            {"role":"user","content":"Hi \\"you\\""},{"role":"assistant","content":"Yes?"},\
            {"role":"user","content":"Go on"}],"tools":[{"type":"function","function":\
            {"name":"look","description":"Looks","parameters":{"type":"object","n":1.50}}}],\
            "max_tokens":10,"temperature":0.2,"top_p":0.9,"seed":9007199254740993,"stop":["END"],\
            "user":"u1","big":1e400,"stream":true,"stream_options":{"include_usage":true}}\
            """);
  }

  @Test
  void whatIsWrittenIsAStreamAlready() {
    var request = ChatRequest.to("toy-1").user("Hi").maxTokens(100).build();
    for (String id : Dialects.chatIds()) {
      var dialect = Dialects.chat(id);
      String body = dialect.body(request);
      assertThat(dialect.streaming(body)).as(id).isEqualTo(body);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"o3-mini", "gpt-5.1", "openai/gpt-5"})
  void reasoningModelsOfOpenAiGetTheNewNameOfTheLimit(String model) {
    assertThat(CHAT.body(ChatRequest.to(model).user("x").maxTokens(7).build()))
        .contains("\"max_completion_tokens\":7")
        .doesNotContain("\"max_tokens\"");
  }

  @Test
  void messagesSpellsATypedRequest() {
    var request =
        ChatRequest.to("toy-2")
            .system("Be brief.")
            .user("Hi")
            .tool("look", "Looks", "{}")
            .stop("END")
            .build();
    assertThat(MESSAGES.body(request))
        .isEqualTo(
            """
            {"model":"toy-2","max_tokens":4096,"system":"Be brief.",\
            "messages":[{"role":"user","content":"Hi"}],\
            "tools":[{"name":"look","description":"Looks","input_schema":{}}],\
            "stop_sequences":["END"],"stream":true}\
            """);
  }

  @Test
  void streamingKeepsEverythingElseAsItWas() {
    assertThat(
            CHAT.streaming(
                "{ \"seed\" : 18446744073709551616, \"t\": 1.0e-7, \"é\": \"\\ud83d\" }"))
        .isEqualTo(
            """
            {"seed":18446744073709551616,"t":1.0e-7,"é":"\\ud83d","stream":true,\
            "stream_options":{"include_usage":true}}\
            """);
    assertThat(CHAT.streaming("{\"stream\":false,\"stream_options\":{\"include_usage\":false}}"))
        .isEqualTo("{\"stream\":true,\"stream_options\":{\"include_usage\":false}}");
    assertThat(MESSAGES.streaming("{\"model\":\"m\"}"))
        .isEqualTo("{\"model\":\"m\",\"stream\":true}");
  }

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          openai-chat | {"model":"m","n":3,"max_tokens":9,"max_completion_tokens":8} | m|3|false|false|false|8
          openai-chat | {"tools":[{}],"seed":1}                                      |~~|1|true |false|true |-1
          openai-chat | {"temperature":0.0,"response_format":{"type":"json_object"}} |~~|1|false|true |true |-1
          openai-chat | {"temperature":1,"response_format":{"type":"text"},"tools":[]}|~~|1|false|false|false|-1
          openai-chat | {"guided_regex":"a+","n":0,"seed":null}                      |~~|1|false|true |false|-1
          anthropic-messages | {"model":"m","max_tokens":5,"temperature":0}          | m|1|false|false|true |5
          anthropic-messages | {"tools":[{}],"output_config":{"format":{"type":"j"}}}|~~|1|true |true |false|-1
          """)
  void factsAreThoseOfTheBody(
      String dialect,
      String body,
      String model,
      int choices,
      boolean tools,
      boolean structured,
      boolean deterministic,
      int maxTokens) {
    assertThat(Dialects.chat(dialect).facts(body))
        .isEqualTo(new RequestFacts(model, choices, tools, structured, deterministic, maxTokens));
  }

  private static final String ASKED =
      """
      {"model":"m","max_tokens":100,"messages":[{"role":"user","content":"Tell"}],"seed":1.0}\
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      textBlock =
          """
          PLAIN        | ~~
          PREFIX_TRUE  | ,"prefix":true
          PARTIAL_TRUE | ,"partial":true
          """)
  void prefillPutsTheAnswerLast(Prefill prefill, String mark) {
    assertThat(CHAT.continuation(ASKED, PARTIAL, Rung.PREFILL, prefill))
        .isEqualTo(
            """
            {"model":"m","max_tokens":60,"messages":[{"role":"user","content":"Tell"},\
            {"role":"assistant","content":"Once upon a"%s}],"seed":1.0}\
            """
                .formatted(mark));
  }

  @Test
  void continueSetsTheEnginesFlags() {
    assertThat(CHAT.continuation(ASKED, PARTIAL, Rung.CONTINUE, Prefill.PLAIN))
        .isEqualTo(
            """
            {"model":"m","max_tokens":60,"messages":[{"role":"user","content":"Tell"},\
            {"role":"assistant","content":"Once upon a"}],"seed":1.0,\
            "continue_final_message":true,"add_generation_prompt":false}\
            """);
  }

  @Test
  void anchorAsksAsAUserWouldAndNamesTheCause() {
    assertThat(MESSAGES.continuation(ASKED, PARTIAL, Rung.ANCHOR, Prefill.PLAIN))
        .isEqualTo(
            """
            {"model":"m","max_tokens":60,"messages":[{"role":"user","content":"Tell"},\
            {"role":"assistant","content":"Once upon a"},{"role":"user","content":\
            "Sorry, my connection broke, so I only have your answer up to where it stops above. \
            Please repeat its last characters exactly, «upon a», and then carry straight on from \
            there to the end of your answer. Don't start again, and don't comment on the \
            interruption."}],"seed":1.0}\
            """);
  }

  @ParameterizedTest
  @EnumSource(Cause.class)
  void everyCauseHasWords(Cause cause) {
    var partial = new Partial("a b", "b", cause, 0);
    assertThat(CHAT.continuation(ASKED, partial, Rung.ANCHOR, Prefill.PLAIN))
        .contains("Sorry, ")
        .contains("«b»");
  }

  @Test
  void replayIsTheSameRequest() {
    assertThat(CHAT.continuation(ASKED, PARTIAL, Rung.REPLAY, Prefill.PLAIN)).isSameAs(ASKED);
    assertThat(MESSAGES.continuation(ASKED, PARTIAL, Rung.REPLAY, Prefill.PLAIN)).isSameAs(ASKED);
  }

  @Test
  void anAnswerThatTheCallerHadBegunStaysOneMessage() {
    String begun =
        """
        {"messages":[{"role":"user","content":"Tell"},\
        {"role":"assistant","content":"So: ","prefix":true}]}\
        """;
    assertThat(CHAT.continuation(begun, PARTIAL, Rung.PREFILL, Prefill.PREFIX_TRUE))
        .isEqualTo(
            """
            {"messages":[{"role":"user","content":"Tell"},\
            {"role":"assistant","content":"So: Once upon a","prefix":true}]}\
            """);
  }

  @Test
  void theOutputLimitIsLoweredButNeverToNothing() {
    var much = new Partial("a", "", Cause.TRUNCATED, 5000);
    assertThat(
            CHAT.continuation(
                "{\"max_completion_tokens\":100,\"messages\":[]}",
                much,
                Rung.PREFILL,
                Prefill.PLAIN))
        .startsWith("{\"max_completion_tokens\":1,");
    assertThat(
            MESSAGES.continuation(
                "{\"max_tokens\":9000,\"thinking\":{\"budget_tokens\":4096},\"messages\":[]}",
                much,
                Rung.ANCHOR,
                Prefill.PLAIN))
        .startsWith("{\"max_tokens\":4097,");
  }

  @ParameterizedTest
  @EnumSource(
      value = Rung.class,
      names = {"CURSOR", "TOKEN_IDS", "REFUSE"})
  void otherRungsMakeNoRequest(Rung rung) {
    assertThatThrownBy(() -> CHAT.continuation(ASKED, PARTIAL, rung, Prefill.PLAIN))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("rung: must be CONTINUE, PREFILL, ANCHOR or REPLAY, was " + rung);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "[1]", "secret", "{\"secret\":", "{} {}"})
  void aBodyThatIsNoObjectIsRefusedWithoutBeingQuoted(String body) {
    assertThatThrownBy(() -> CHAT.streaming(body))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith("body: must be a JSON object, was ")
        .hasMessageNotContaining("secret");
    assertThatThrownBy(() -> MESSAGES.facts(body)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void aBodyWithoutMessagesCannotBeContinued() {
    assertThatThrownBy(() -> CHAT.continuation("{}", PARTIAL, Rung.ANCHOR, Prefill.PLAIN))
        .hasMessage("body: must have an array of messages, has none");
  }

  @Test
  void anUnknownDialectIsNamedWithTheKnownOnes() {
    assertThat(Dialects.ids()).contains("openai-chat", "anthropic-messages");
    assertThatThrownBy(() -> Dialects.byId("morse"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("dialect: must be one of %s, was 'morse'", String.join(", ", Dialects.ids()));
  }
}
