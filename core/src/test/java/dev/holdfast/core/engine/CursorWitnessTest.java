package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.Call;
import dev.holdfast.core.dialect.Dialects;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Verdict;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Servers whose cursor lies: what they bring is the answer to the letter, or it is neither complete
 * nor exact.
 */
class CursorWitnessTest {
  private static final Failure RESET = Failure.passing(Cause.CONNECTION_LOST, "reset");
  private static final List<String> WORDS =
      List.of(
          "Every ",
          "evening ",
          "the ",
          "keeper ",
          "climbed ",
          "the ",
          "tower, ",
          "lit ",
          "the ",
          "lamp ",
          "and ",
          "waited ",
          "until ",
          "the ",
          "boats ",
          "had ",
          "reached ",
          "the ",
          "harbour ",
          "wall.");
  private static final String TRUTH = String.join("", WORDS);
  private static final String PREFIX = words(0, 9);

  private static String words(int from, int to) {
    return String.join("", WORDS.subList(from, to));
  }

  private static Driven begun(StreamPolicy policy, String dialect, String body) {
    var driven =
        new Driven(
            new StreamPlan(
                Dialects.chat(dialect),
                body,
                new Capability(List.of(Rung.CURSOR, Rung.ANCHOR), Prefill.PLAIN),
                policy));
    driven.signal(new Signal.Begin());
    return driven;
  }

  private static Call last(Driven driven) {
    return driven.calls.getLast();
  }

  private static void expectTruth(Driven driven) {
    assertThat(driven.text).hasToString(TRUTH);
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
  }

  private static void expectViolation(Driven driven) {
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Failed(Cause.PROTOCOL_VIOLATION));
    assertThat(driven.ending().exactness()).isNotEqualTo(Exactness.EXACT);
  }

  private static void expectPrefix(Driven driven) {
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.CONNECTION_LOST));
    assertThat(driven.ending().exactness()).isNotEqualTo(Exactness.EXACT);
  }

  /** What comes after the cut was nothing at all: the model is asked to go on. */
  private static void expectNextRung(Driven driven) {
    assertThat(driven.text).hasToString(PREFIX);
    assertThat(driven.ending).isNull();
    assertThat(last(driven).body()).contains("repeat its last characters");
  }

  /** OpenAI Responses: numbers from 0, created, then a word an event. */
  @Nested
  class StartingAfter {
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

    private String arguments(int number, String delta) {
      return event(
          String.valueOf(number),
          "function_call_arguments.delta",
          "\"output_index\":0,\"delta\":\"" + delta + "\"");
    }
  }

  /** Gemini's Interactions, whose end repeats nothing. */
  @Nested
  class LastEventId {
    private String event(String id, String type, String rest) {
      String named = id.isEmpty() ? "" : "\"event_id\":\"" + id + "\",";
      return "data: {\"event_type\":\"%s\",%s%s}\n\n".formatted(type, named, rest);
    }

    private String word(String id, String word) {
      return event(
          id, "step.delta", "\"index\":0,\"delta\":{\"type\":\"text\",\"text\":\"" + word + "\"}");
    }

    private String end(String id, String interaction) {
      return event(
          id,
          "interaction.completed",
          "\"interaction\":{\"id\":\"%s\",\"status\":\"completed\"}".formatted(interaction));
    }

    /** Ids that count, or that do not. */
    private String id(boolean counted, int number) {
      return counted ? "e" + number : "t" + Integer.toHexString(number * 7919 + 13) + "x";
    }

    private Driven cut(boolean counted) {
      var driven =
          begun(StreamPolicy.DEFAULT, "gemini-interactions", "{\"model\":\"m\",\"input\":\"x\"}")
              .head(200)
              .bytes(
                  event(id(counted, 0), "interaction.created", "\"interaction\":{\"id\":\"v1\"}"));
      for (int i = 0; i < 9; i++) {
        driven.bytes(word(id(counted, i + 1), WORDS.get(i)));
      }
      driven.fail(RESET);
      assertThat(last(driven).path()).startsWith("interactions/v1?stream=true&last_event_id=");
      return driven.head(200);
    }

    private Driven rest(boolean counted, int from, int to) {
      var driven = cut(counted);
      for (int i = from; i < to && driven.calls.size() == 2; i++) {
        driven.bytes(word(id(counted, i + 1), WORDS.get(i)));
      }
      return driven;
    }

    private Driven keeps(Driven driven, String text) {
      assertThat(driven.ending).isNull();
      assertThat(last(driven).path()).isEqualTo("interactions/v1");
      return driven
          .head(200)
          .bytes(
              "{\"id\":\"v1\",\"status\":\"completed\",\"outputs\":[{\"type\":\"text\",\"text\":\"%s\"}]}"
                  .formatted(text))
          .end();
    }

    private Driven keepsNothing(Driven driven) {
      assertThat(last(driven).path()).isEqualTo("interactions/v1");
      return driven.head(404).end();
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void theRestIsComparedWithTheDocument(boolean counted) {
      expectTruth(keeps(rest(counted, 9, 20).bytes(end(id(counted, 21), "v1")).end(), TRUTH));
      expectViolation(
          keeps(rest(counted, 9, 19).bytes(end(id(counted, 20), "v1")).end(), "Another."));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anEndAloneLeavesItToTheDocument(boolean counted) {
      expectTruth(keeps(cut(counted).bytes(end(id(counted, 30), "v1")).end(), TRUTH));
    }

    @Test
    void idsThatCountProveItWhereNoDocumentIsKept() {
      expectTruth(keepsNothing(rest(true, 9, 20).bytes(end("e21", "v1")).end()));
    }

    @Test
    void idsThatDoNotCountProveNothing() {
      var driven = keepsNothing(rest(false, 9, 20).bytes(end(id(false, 21), "v1")).end());
      assertThat(driven.text).hasToString(TRUTH);
      expectPrefix(driven);
    }

    @Test
    void missingEventsAreNotJumpedOver() {
      expectTruth(keeps(rest(true, 12, 20), TRUTH));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void anotherTextUnderAKnownIdIsSeen(boolean counted) {
      var driven = cut(counted).bytes(word(id(counted, 9), WORDS.get(9)));
      expectTruth(keeps(driven, TRUTH));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eventsWithoutIdsAreNoRest(boolean counted) {
      var driven = cut(counted).bytes(word("", WORDS.getFirst()));
      expectTruth(keeps(driven, TRUTH));
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void eventsThatComeAgainAreSkipped(boolean counted) {
      expectTruth(keeps(rest(counted, 5, 20).bytes(end(id(counted, 21), "v1")).end(), TRUTH));
    }

    @Test
    void anotherInteractionIsNotTheRest() {
      var driven =
          cut(true).bytes(event("e10", "interaction.created", "\"interaction\":{\"id\":\"v2\"}"));
      expectTruth(keeps(driven, TRUTH));
    }
  }

  /** llama.cpp: the bytes before the cut must come again. */
  @Nested
  class FromByte {
    private static final String BODY = "{\"model\":\"m\",\"messages\":[]}";

    private String chunk(String id, String text) {
      return "data: {\"id\":\"%s\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n"
          .formatted(id, text);
    }

    private static final String END =
        """
        data: {"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}

        data: [DONE]

        """;

    private List<String> frames(List<String> words) {
      var frames = new ArrayList<>(words.stream().map(word -> chunk("a", word)).toList());
      frames.add(END);
      return frames;
    }

    private Driven cut(List<String> frames, int at) {
      var driven =
          begun(StreamPolicy.DEFAULT, "openai-chat", BODY)
              .head(200)
              .bytes(String.join("", frames.subList(0, at)))
              .fail(RESET);
      assertThat(last(driven).path()).startsWith("stream/");
      return driven.head(200);
    }

    private int from(Driven driven) {
      String path = last(driven).path();
      return Integer.parseInt(path.substring(path.indexOf('=') + 1));
    }

    @Test
    void theRestIsJoined() {
      var frames = frames(WORDS);
      var driven = cut(frames, 9);
      expectTruth(driven.bytes(String.join("", frames).substring(from(driven))));
    }

    @ParameterizedTest(name = "{0} bytes off")
    @ValueSource(ints = {-70, -1, 1, 71, 210})
    void otherBytesAreNot(int off) {
      var frames = frames(WORDS);
      var driven = cut(frames, 15);
      String all = String.join("", frames);
      driven.bytes(all.substring(Math.max(0, from(driven) + off)));
      assertThat(driven.text).hasToString(words(0, 15));
      assertThat(last(driven).method()).isEqualTo(Call.Method.POST);
    }

    @Test
    void theEndAloneIsNot() {
      var driven = cut(frames(WORDS), 9).bytes(END).end();
      assertThat(driven.text).hasToString(PREFIX);
      assertThat(driven.ending).isNull();
    }

    @Test
    void anotherAnswerIsNot() {
      var driven = cut(frames(WORDS), 9);
      driven.bytes(chunk("b", "Every ") + chunk("b", "evening "));
      assertThat(driven.text).hasToString(PREFIX);
      assertThat(last(driven).method()).isEqualTo(Call.Method.POST);
    }

    /** Among equal chunks no place looks like itself alone, so that all bytes must come again. */
    @ParameterizedTest(name = "{0} chunks too late")
    @ValueSource(ints = {1, 3})
    void equalChunksNeedAllBytesAgain(int missing) {
      var equal = new ArrayList<String>();
      equal.add("Line ");
      IntStream.range(0, 60).forEach(i -> equal.add("tick "));
      var frames = frames(equal);
      var driven = cut(frames, 40);
      assertThat(from(driven)).isZero();
      // A server that is off by whole chunks.
      driven.bytes(String.join("", frames.subList(missing, frames.size())));
      assertThat(driven.text).hasToString(String.join("", equal.subList(0, 40)));
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.CONNECTION_LOST));
    }

    @Test
    void equalChunksAreJoinedBehindAllBytes() {
      var equal = new ArrayList<String>();
      IntStream.range(0, 60).forEach(i -> equal.add("tick "));
      var frames = frames(equal);
      var driven = cut(frames, 40);
      String all = String.join("", frames);
      driven.bytes(all.substring(0, 1500)).bytes(all.substring(1500));
      assertThat(driven.text).hasToString("tick ".repeat(60));
      assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
    }
  }
}
