package dev.holdfast.core.engine;

import static dev.holdfast.core.engine.LyingCursor.PREFIX;
import static dev.holdfast.core.engine.LyingCursor.RESET;
import static dev.holdfast.core.engine.LyingCursor.TRUTH;
import static dev.holdfast.core.engine.LyingCursor.WORDS;
import static dev.holdfast.core.engine.LyingCursor.begun;
import static dev.holdfast.core.engine.LyingCursor.expectNextRung;
import static dev.holdfast.core.engine.LyingCursor.expectPrefix;
import static dev.holdfast.core.engine.LyingCursor.expectTruth;
import static dev.holdfast.core.engine.LyingCursor.expectViolation;
import static dev.holdfast.core.engine.LyingCursor.last;
import static dev.holdfast.core.engine.LyingCursor.words;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import java.time.Duration;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Responses server whose cursor lies: its answer is exact, or it is not complete. */
class StartingAfterWitnessTest {
  private static final String KEPT = "{\"model\":\"m\",\"background\":true,\"input\":\"Tell\"}";

  private String event(String number, String type, String rest) {
    String counted = number.isEmpty() ? "" : "\"sequence_number\":" + number + ",";
    return "data: {\"type\":\"response.%s\",%s%s}\n\n".formatted(type, counted, rest);
  }

  private String word(int number, String word) {
    return delta(String.valueOf(number), word);
  }

  private String delta(String number, String word) {
    return event(
        number,
        "output_text.delta",
        "\"output_index\":0,\"content_index\":0,\"delta\":\"" + word + "\"");
  }

  private String created(String number, String id) {
    return event(number, "created", "\"response\":{\"id\":\"%s\"}".formatted(id));
  }

  private String truth(int from, int to) {
    return IntStream.range(from, to)
        .mapToObj(i -> word(i + 1, WORDS.get(i)))
        .collect(Collectors.joining());
  }

  private String completed(String number, String text) {
    return event(number, "completed", "\"response\":" + document("resp_7", "completed", text));
  }

  private String emptyEnd(int number) {
    return event(
        String.valueOf(number),
        "completed",
        "\"response\":{\"id\":\"resp_7\",\"status\":\"completed\",\"output\":[]}");
  }

  private String document(String id, String status, String text) {
    return """
    {"id":"%s","status":"%s","output":[{"type":"message","content":[{"type":"output_text",\
    "text":"%s"}]}]}\
    """
        .formatted(id, status, text);
  }

  private Driven cut() {
    return cut(StreamPolicy.DEFAULT);
  }

  private Driven cut(StreamPolicy policy) {
    var driven =
        begun(policy, "openai-responses", KEPT)
            .head(200)
            .bytes(created("0", "resp_7"))
            .bytes(truth(0, 9))
            .fail(RESET);
    assertThat(last(driven).path()).isEqualTo("responses/resp_7?stream=true&starting_after=9");
    return driven.head(200);
  }

  private Driven expectDocument(Driven driven) {
    assertThat(driven.ending).isNull();
    assertThat(last(driven).path()).isEqualTo("responses/resp_7");
    return driven;
  }

  private Driven keeps(Driven driven, String text) {
    return expectDocument(driven).head(200).bytes(document("resp_7", "completed", text)).end();
  }

  private Driven keepsNothing(Driven driven) {
    return expectDocument(driven).head(404).end();
  }

  @ParameterizedTest(name = "end number {0}")
  @ValueSource(strings = {"10", "21", ""})
  void anEndThatRepeatsAllOfItIsHandedOnToItsEnd(String number) {
    expectTruth(cut().bytes(completed(number, TRUTH)));
  }

  @Test
  void anEndThatRepeatsAnotherTextIsNotJoined() {
    var driven = keeps(cut().bytes(completed("10", "Bananas are yellow.")), "Bananas");
    expectNextRung(driven);
  }

  @Test
  void anEndThatRepeatsLessThanWasDeliveredIsNotJoined() {
    expectNextRung(keepsNothing(cut().bytes(completed("10", words(0, 5)))));
  }

  @ParameterizedTest(name = "end number {0}")
  @ValueSource(ints = {10, 21})
  void anEndThatRepeatsNothingLeavesItToTheDocument(int number) {
    expectTruth(keeps(cut().bytes(emptyEnd(number)), TRUTH));
  }

  @Test
  void withoutNumbersTextAndDocumentTheAnswerIsNotComplete() {
    expectNextRung(keepsNothing(cut().bytes(emptyEnd(21))));
  }

  @Test
  void numbersAloneProveItWhereNoDocumentIsKept() {
    expectTruth(keepsNothing(cut().bytes(truth(9, 20)).bytes(emptyEnd(21))));
  }

  /** The event may be the next one of a text that says a word twice, numbered one too low. */
  @Test
  void numbersProveNothingOnceAnEventCameAgain() {
    expectPrefix(
        keepsNothing(cut().bytes(word(9, WORDS.get(8))).bytes(truth(9, 20)).bytes(emptyEnd(21))));
    expectTruth(
        keeps(cut().bytes(word(9, WORDS.get(8))).bytes(truth(9, 20)).bytes(emptyEnd(21)), TRUTH));
    expectTruth(
        cut().bytes(word(9, WORDS.get(8))).bytes(truth(9, 20)).bytes(completed("21", TRUTH)));
  }

  @Test
  void noModelContinuesWithWhatFollowedAnEventThatCameAgain() {
    var driven = cut().bytes(word(9, WORDS.get(8))).bytes(truth(9, 12)).fail(RESET);
    assertThat(last(driven).path()).isEqualTo("responses/resp_7?stream=true&starting_after=12");
    expectPrefix(keepsNothing(driven.head(404).end()));
  }

  @Test
  void theDocumentOutweighsNumbers() {
    var other = cut().bytes(truth(9, 20)).bytes(emptyEnd(21));
    expectViolation(keeps(other, PREFIX + "horn and slept."));
  }

  @Test
  void aDocumentThatHasMoreThanTheStreamIsHandedOn() {
    expectTruth(keeps(cut().bytes(truth(9, 18)).bytes(emptyEnd(19)), TRUTH));
  }

  @Test
  void aDocumentThatNeverComesLeavesItToTheNumbers() {
    var driven = cut().bytes(truth(9, 20)).bytes(emptyEnd(21));
    expectDocument(driven).fail(RESET);
    driven.pass(Duration.ofSeconds(5)).fail(RESET);
    driven.pass(Duration.ofSeconds(30)).fail(RESET);
    expectTruth(driven);
  }

  /** The word under a number that was read is another: the first word of the rest is lost. */
  @Test
  void numbersOneTooLowAreSeenAtTheFirstEvent() {
    var driven = cut();
    for (int i = 9; i < 20 && driven.calls.size() == 2; i++) {
      driven.bytes(word(i, WORDS.get(i)));
    }
    expectTruth(keeps(driven, TRUTH));
  }

  @Test
  void numbersOneTooHighAreSeenAtTheFirstEvent() {
    var driven = cut().bytes(word(11, WORDS.get(9)));
    assertThat(driven.text).hasToString(PREFIX);
    expectTruth(keeps(driven, TRUTH));
  }

  @Test
  void anotherAnswerUnderTheSameNumbersIsAViolation() {
    var driven = cut();
    var others = List.of("horn ", "and ", "slept.");
    for (int i = 0; i < others.size(); i++) {
      driven.bytes(word(10 + i, others.get(i)));
    }
    expectViolation(driven.bytes(completed("13", "He slept until noon and slept.")));
  }

  @Test
  void anotherAnswerUnderTheSameNumbersIsSeenAtTheEndOfItsPart() {
    var driven =
        cut()
            .bytes(word(10, "horn."))
            .bytes(
                event(
                    "11",
                    "output_text.done",
                    "\"output_index\":0,\"content_index\":0,\"text\":\"He blew the horn.\""));
    expectViolation(driven);
  }

  @Test
  void anotherAnswerWhoseEndRepeatsNothingIsSeenInTheDocument() {
    var driven = cut().bytes(word(10, "horn.")).bytes(emptyEnd(11));
    expectViolation(keeps(driven, TRUTH));
  }

  @Test
  void anotherAnswerFromTheStartIsSeenAtItsFirstEvent() {
    var driven = cut().bytes(created("0", "resp_7")).bytes(word(1, "Once "));
    expectTruth(keeps(driven, TRUTH));
  }

  @Test
  void missingEventsAreNotJumpedOver() {
    var driven = cut().bytes(truth(12, 20));
    assertThat(driven.text).hasToString(PREFIX);
    expectTruth(keeps(driven, TRUTH));
  }

  @Test
  void eventsMissingLaterEndTheRestWhereTheyAreMissing() {
    var driven = cut().bytes(truth(9, 12)).bytes(truth(15, 20));
    assertThat(driven.text).hasToString(words(0, 12));
    expectTruth(keeps(driven, TRUTH));
  }

  @Test
  void unnumberedFromTheStartIsNotRepeated() {
    var driven = cut().bytes(created("", "resp_7")).bytes(delta("", WORDS.getFirst()));
    assertThat(driven.text).hasToString(PREFIX);
    expectTruth(keeps(driven, TRUTH));
  }

  @Test
  void anotherResponseIsNotTheRest() {
    var driven = cut().bytes(created("10", "resp_8"));
    expectTruth(keeps(driven, TRUTH));
  }

  @Test
  void theDocumentOfAnotherResponseIsNotTheRest() {
    var driven = cut().bytes(emptyEnd(21));
    expectDocument(driven).head(200).bytes(document("resp_8", "completed", TRUTH)).end();
    expectNextRung(driven);
  }

  @ParameterizedTest(name = "from {0}")
  @ValueSource(ints = {0, 8, 9})
  void eventsThatComeAgainAndAreTheSameAreSkipped(int from) {
    var driven = cut();
    if (from == 0) {
      driven.bytes(created("0", "resp_7"));
    }
    expectTruth(driven.bytes(truth(Math.max(0, from - 1), 20)).bytes(completed("21", TRUTH)));
  }

  @Test
  void whatIsRequiredToBeExactIsNotLiedAbout() {
    var exact = StreamPolicy.DEFAULT.withRecovery(RecoveryPolicy.DEFAULT.withRequireExact(true));
    var driven = keepsNothing(cut(exact).bytes(truth(12, 20)));
    assertThat(driven.text).hasToString(PREFIX);
    expectPrefix(driven);
  }

  @Test
  void aPartThatIsRepeatedWholeNeedsNoDocument() {
    var driven = cut().bytes(truth(9, 20));
    driven.bytes(
        event(
            "21",
            "output_text.done",
            "\"output_index\":0,\"content_index\":0,\"text\":\"" + TRUTH + "\""));
    expectTruth(driven.bytes(emptyEnd(22)));
  }

  @Test
  void aCutAnswerIsSeenAtItsNextEndToo() {
    var driven = cut().bytes(word(10, "horn ")).fail(RESET);
    assertThat(last(driven).path()).endsWith("starting_after=10");
    driven.head(200).bytes(word(11, "slept."));
    expectViolation(driven.bytes(completed("12", TRUTH)));
  }

  @Test
  void whatOnlyNumbersVouchForIsNotGoneOnWithWhenTheyFail() {
    var driven = cut().bytes(word(10, "horn ")).fail(RESET);
    driven.head(200).bytes(word(10, WORDS.get(9)));
    expectPrefix(keepsNothing(driven));
  }

  @Test
  void aRefusalIsComparedToo() {
    var driven =
        begun(StreamPolicy.DEFAULT, "openai-responses", KEPT)
            .head(200)
            .bytes(created("0", "resp_7"))
            .bytes(refusal(1, "I will "))
            .fail(RESET)
            .head(200)
            .bytes(refusal(2, "not."));
    expectViolation(
        driven.bytes(
            event(
                "3",
                "refusal.done",
                "\"output_index\":0,\"content_index\":0,\"refusal\":\"I would not.\"")));
  }

  private String refusal(int number, String words) {
    return event(
        String.valueOf(number),
        "refusal.delta",
        "\"output_index\":0,\"content_index\":0,\"delta\":\"" + words + "\"");
  }

  @Test
  void aCallWhoseArgumentsLackAPieceIsNeverHandedOver() {
    var driven =
        begun(StreamPolicy.DEFAULT, "openai-responses", KEPT)
            .head(200)
            .bytes(created("0", "resp_7"))
            .bytes(
                event(
                    "1",
                    "output_item.added",
                    """
                    "output_index":0,"item":{"type":"function_call","call_id":"c","name":"rm"}\
                    """))
            .bytes(arguments(2, "{\\\"path\\\":\\\"notes\\\""))
            .fail(RESET)
            .pass(Duration.ofSeconds(30))
            .head(200)
            .bytes(arguments(4, "}"));
    expectDocument(driven);
    driven
        .head(200)
        .bytes(
            """
            {"id":"resp_7","status":"completed","output":[{"type":"function_call",\
            "call_id":"c","name":"rm","arguments":"{\\"path\\":\\"notes/old\\"}"}]}\
            """)
        .end();
    assertThat(driven.ending().toolCalls())
        .singleElement()
        .matches(call -> call.arguments().equals("{\"path\":\"notes/old\"}"));
  }

  @Test
  void anEndThatLeavesOutACallShowsNothing() {
    var driven =
        begun(StreamPolicy.DEFAULT, "openai-responses", KEPT)
            .head(200)
            .bytes(created("0", "resp_7"))
            .bytes(truth(0, 9))
            .bytes(
                event(
                    "10",
                    "output_item.added",
                    """
                    "output_index":1,"item":{"type":"function_call","call_id":"c","name":"rm"}\
                    """))
            .bytes(
                arguments(11, "{\\\"path\\\":\\\"notes\\\"}").replace("_index\":0", "_index\":1"))
            .fail(RESET)
            .head(200)
            .bytes(completed("", PREFIX));
    expectDocument(driven);
  }

  private String arguments(int number, String delta) {
    return event(
        String.valueOf(number),
        "function_call_arguments.delta",
        "\"output_index\":0,\"delta\":\"" + delta + "\"");
  }
}
