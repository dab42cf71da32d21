package dev.holdfast.testkit.model;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.WireReader;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.HardText;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.json.TestJson;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

@SuppressWarnings("UnicodeEscape")
final class ScriptedModelTest {
  private static final String TRUTH =
      "The tide turns twice a day; grüße \uD83D\uDE00 from the sea.";
  private static final String PARTIAL = "The tide turns twice";
  private static final String REST = " a day; grüße \uD83D\uDE00 from the sea.";

  private static ScriptedModel model(Protocol protocol, String continuation) {
    return new ScriptedModel(protocol, Answer.ofText(TRUTH), Continuation.parse(continuation), 42);
  }

  private static String request(Protocol protocol, String... turns) {
    return Requests.of(protocol, turns).replace("\"stream_options\":{\"include_usage\":true},", "");
  }

  private static String prefill(Protocol protocol) {
    return request(protocol, "Tell me of the tide.", PARTIAL);
  }

  private static String anchorTurn(Protocol protocol, String anchor) {
    return request(
        protocol,
        "Tell me of the tide.",
        PARTIAL,
        "The connection was lost. Repeat «" + anchor + "» and go on.");
  }

  private static String text(Reply reply) {
    assertThat(reply.status()).isEqualTo(200);
    return WireReader.text(reply.body());
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void aFirstRequestGetsTheWholeAnswer(Protocol protocol) {
    for (Continuation behaviour : Continuation.examples()) {
      var model = new ScriptedModel(protocol, Answer.ofText(TRUTH), behaviour, 1);

      assertThat(text(model.reply(request(protocol, "Hello"), 1))).isEqualTo(TRUTH);
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void whatLooksLikeAGoodContinuationIsAsItsNameClaims(Protocol protocol) {
    String anchor = "turns twice";
    assertThat(text(model(protocol, "stop-at-anchor").reply(anchorTurn(protocol, anchor), 2)))
        .isEqualTo(anchor);
    assertThat(text(model(protocol, "anchor-twice:0").reply(anchorTurn(protocol, anchor), 2)))
        .isEqualTo(anchor + anchor + REST);
    assertThat(text(model(protocol, "anchor-twice:2").reply(anchorTurn(protocol, anchor), 2)))
        .isEqualTo("«" + anchor + "»\n\n" + anchor + REST);
    assertThat(text(model(protocol, "quoted-anchor:8").reply(anchorTurn(protocol, anchor), 2)))
        .isEqualTo("**" + anchor + "**" + REST);
    assertThat(text(model(protocol, "ellipses:1").reply(anchorTurn(protocol, anchor), 2)))
        .isEqualTo("..." + anchor + "..." + REST);
    assertThat(text(model(protocol, "talk-after:0").reply(anchorTurn(protocol, anchor), 2)))
        .isEqualTo(anchor + " [End of answer]");
    assertThat(text(model(protocol, "talk-after:0").reply(prefill(protocol), 2))).isEqualTo(REST);
  }

  @ParameterizedTest
  @EnumSource(HardText.class)
  void aHardTextIsTheSameForTheSameSeed(HardText kind) {
    String first = kind.make(7);
    String again = kind.make(7);
    assertThat(again).isEqualTo(first).isNotBlank();
    assertThat(kind.make(8)).isNotEqualTo(first);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void theSameRequestGetsTheSameBytes(Protocol protocol) {
    assertThat(model(protocol, "exact").reply(prefill(protocol), 2))
        .isEqualTo(model(protocol, "exact").reply(prefill(protocol), 2));
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void prefillContinuesWhereThePartialEnds(Protocol protocol) {
    assertThat(text(model(protocol, "exact").reply(prefill(protocol), 2))).isEqualTo(REST);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void everyPrefixIsContinuedToTheSameWhole(Protocol protocol) {
    for (int cut = 1; cut <= TRUTH.length(); cut++) {
      String partial = TRUTH.substring(0, cut);
      boolean wellFormed =
          !Character.isHighSurrogate(TRUTH.charAt(cut - 1))
              && (protocol == Protocol.OPENAI_CHAT || !partial.endsWith(" "));
      if (wellFormed) {
        Reply reply = model(protocol, "exact").reply(request(protocol, "Hello", partial), 2);

        assertThat(partial + text(reply)).isEqualTo(TRUTH);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void anAnchorIsRepeatedBeforeTheRest(Protocol protocol) {
    assertThat(text(model(protocol, "exact").reply(anchorTurn(protocol, "turns twice"), 2)))
        .isEqualTo("turns twice" + REST);
    assertThat(
            text(model(protocol, "refuse-prefill").reply(anchorTurn(protocol, "turns twice"), 2)))
        .isEqualTo("turns twice" + REST);
  }

  @Test
  void continuationsGoWrongAsNamed() {
    Protocol chat = Protocol.OPENAI_CHAT;

    assertThat(text(model(chat, "overlap:5").reply(prefill(chat), 2))).isEqualTo("twice" + REST);
    assertThat(text(model(chat, "overlap:6").reply(anchorTurn(chat, "turns twice"), 2)))
        .isEqualTo(" tide turns twice" + REST);
    assertThat(text(model(chat, "restart").reply(prefill(chat), 2))).isEqualTo(TRUTH);
    assertThat(text(model(chat, "preamble").reply(prefill(chat), 2)))
        .isEqualTo(Continuation.PREAMBLES.getFirst() + REST);
    assertThat(text(model(chat, "preamble:3").reply(anchorTurn(chat, "turns twice"), 2)))
        .isEqualTo(Continuation.PREAMBLES.get(3) + "turns twice" + REST);
    assertThat(text(model(chat, "other-text").reply(prefill(chat), 2)))
        .doesNotContain("tide", "sea");
    assertThat(text(model(chat, "no-anchor").reply(anchorTurn(chat, "turns twice"), 2)))
        .isEqualTo(REST);
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void prefillCanBeRefused(Protocol protocol) {
    for (String behaviour : List.of("refuse-prefill", "refuse-all", "drift")) {
      Reply reply = model(protocol, behaviour).reply(prefill(protocol), 2);

      assertThat(reply.status()).isEqualTo(400);
      assertThat(reply.body()).contains("\"error\"", "prefill");
      assertThat(reply.isStream()).isFalse();
    }
  }

  @Test
  void aDriftingModelWritesSomethingElseWhenAskedAgain() {
    var model = model(Protocol.OPENAI_CHAT, "drift");

    assertThat(text(model.reply(request(Protocol.OPENAI_CHAT, "Hello"), 2))).isNotEqualTo(TRUTH);
    assertThat(model.reply(request(Protocol.OPENAI_CHAT, "Hello"), 2))
        .isEqualTo(model.reply(request(Protocol.OPENAI_CHAT, "Hello"), 2));
  }

  @Test
  void trailingWhiteSpaceInAPrefillIsRefusedByTheMessagesProtocolOnly() {
    String request = request(Protocol.OPENAI_CHAT, "Hello", "The tide ");

    assertThat(model(Protocol.ANTHROPIC_MESSAGES, "exact").reply(request, 2).status())
        .isEqualTo(400);
    assertThat(model(Protocol.OPENAI_CHAT, "exact").reply(request, 2).status()).isEqualTo(200);
  }

  @Test
  void anOrdinaryConversationIsNoAnchorTurn() {
    String request =
        request(Protocol.OPENAI_CHAT, "Hello", "Hi, how can I help?", "Tell me of the tide.");

    assertThat(text(model(Protocol.OPENAI_CHAT, "exact").reply(request, 1))).isEqualTo(TRUTH);
  }

  @Test
  void contentMayBeAListOfParts() {
    String request =
        """
        {"model":"m","stream":true,"messages":[{"role":"user","content":[{"type":"text","text":"Hi"}]},
        {"role":"assistant","content":[{"type":"text","text":"The tide"},{"type":"text","text":" turns twice"}]}]}
        """;

    assertThat(text(model(Protocol.ANTHROPIC_MESSAGES, "exact").reply(request, 2))).isEqualTo(REST);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "{", "[]", "{}", "{\"messages\":[]}", "{\"messages\":[{}]}", "1 2"})
  void aBadRequestGetsA400(String request) {
    for (Protocol protocol : Protocol.values()) {
      assertThat(model(protocol, "exact").reply(request, 1).status()).isEqualTo(400);
    }
  }

  @Test
  void withoutStreamTheAnswerIsOneDocument() {
    String request = "{\"model\":\"m\",\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]}";

    Reply chat = model(Protocol.OPENAI_CHAT, "exact").reply(request, 1);
    Reply messages = model(Protocol.ANTHROPIC_MESSAGES, "exact").reply(request, 1);

    assertThat(chat.isStream()).isFalse();
    assertThat(TestJson.parse(chat.body()).items("choices").getFirst().member("message"))
        .extracting(message -> message.text("content", ""))
        .isEqualTo(TRUTH);
    assertThat(TestJson.parse(messages.body()).items("content").getFirst().text("text", ""))
        .isEqualTo(TRUTH);
  }

  @Test
  void usageComesWhenAskedFor() {
    String asked =
        "{\"stream_options\":{\"include_usage\":true},"
            + prefill(Protocol.OPENAI_CHAT).substring(1);

    assertThat(model(Protocol.OPENAI_CHAT, "exact").reply(asked, 1).body())
        .contains("\"choices\":[],\"usage\":{\"prompt_tokens\":");
    assertThat(model(Protocol.OPENAI_CHAT, "exact").reply(prefill(Protocol.OPENAI_CHAT), 1).body())
        .doesNotContain("usage");
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void reasoningAndToolsAreWrittenBesideTheText(Protocol protocol) {
    Answer answer =
        Answer.ofText(TRUTH)
            .withReasoning("Tides, then.")
            .withTool("call_1", "tide_table", "{\"port\":\"Brest\",\"days\":2}")
            .withTool("call_2", "moon", "{}");
    var model = new ScriptedModel(protocol, answer, new Continuation.Exact(), 3);

    String body = model.reply(request(protocol, "Hello"), 1).body();

    assertThat(WireReader.text(body)).isEqualTo(TRUTH);
    assertThat(WireReader.reasoning(body)).isEqualTo("Tides, then.");
    assertThat(body).contains("\"tide_table\"", "\"moon\"");
    switch (protocol) {
      case OPENAI_CHAT, OPENAI_RESPONSES, ANTHROPIC_MESSAGES ->
          assertThat(WireReader.arguments(body)).isEqualTo("{\"port\":\"Brest\",\"days\":2}{}");
      case GEMINI_SSE, GEMINI_JSON_ARRAY, OLLAMA_CHAT ->
          assertThat(body.replaceAll("\\s+", "")).contains("{\"port\":\"Brest\",\"days\":2}");
    }
    assertThat(model.reply(prefill(protocol), 2).body()).doesNotContain("Tides");
  }
}
