package dev.holdfast.core.engine;

import static dev.holdfast.core.engine.LyingCursor.RESET;
import static dev.holdfast.core.engine.LyingCursor.TRUTH;
import static dev.holdfast.core.engine.LyingCursor.WORDS;
import static dev.holdfast.core.engine.LyingCursor.begun;
import static dev.holdfast.core.engine.LyingCursor.expectNextRung;
import static dev.holdfast.core.engine.LyingCursor.expectPrefix;
import static dev.holdfast.core.engine.LyingCursor.expectTruth;
import static dev.holdfast.core.engine.LyingCursor.expectViolation;
import static dev.holdfast.core.engine.LyingCursor.last;
import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A Gemini Interactions server whose cursor lies; its end repeats no text. */
class LastEventIdWitnessTest {
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
            .bytes(event(id(counted, 0), "interaction.created", "\"interaction\":{\"id\":\"v1\"}"));
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

  /** Cut inside a step, after nine words: the last id is e10. */
  private Driven cutInAStep() {
    var driven =
        begun(StreamPolicy.DEFAULT, "gemini-interactions", "{\"model\":\"m\",\"input\":\"x\"}")
            .head(200)
            .bytes(event("e0", "interaction.created", "\"interaction\":{\"id\":\"v1\"}"))
            .bytes(step("e1", "step.start"));
    for (int i = 0; i < 9; i++) {
      driven.bytes(word("e" + (i + 2), WORDS.get(i)));
    }
    return driven.fail(RESET).head(200);
  }

  private String step(String id, String type) {
    return event(id, type, "\"index\":0,\"step\":{\"type\":\"model_output\"}");
  }

  @Test
  void anEndAloneIsNoRestWhereNoDocumentIsKept() {
    for (String lie :
        new String[] {
          end("", "v1"),
          end("e11", "v1"),
          end("e24", "v1"),
          step("e11", "step.stop") + end("", "v1"),
          step("", "step.stop") + end("e11", "v1"),
        }) {
      expectNextRung(keepsNothing(cutInAStep().bytes(lie).end()));
    }
    // Its step had not begun.
    expectNextRung(keepsNothing(cut(true).bytes(end("", "v1")).end()));
  }

  private String called(String name) {
    return "{\"type\":\"function_call\",\"id\":\"%s\",\"name\":\"%s\",\"arguments\":{\"n\":1}}"
        .formatted(name, name);
  }

  private Driven cutBehindACall() {
    return begun(StreamPolicy.DEFAULT, "gemini-interactions", "{\"model\":\"m\",\"input\":\"x\"}")
        .head(200)
        .bytes(event("e0", "interaction.created", "\"interaction\":{\"id\":\"v1\"}"))
        .bytes(word("e1", "Both. "))
        .bytes(event("e2", "step.start", "\"index\":1,\"step\":" + called("save")))
        .bytes(event("e3", "step.stop", "\"index\":1"))
        .fail(RESET)
        .head(200);
  }

  private String endWith(String... outputs) {
    return event(
        "e9",
        "interaction.completed",
        "\"interaction\":{\"id\":\"v1\",\"status\":\"requires_action\",\"outputs\":[%s]}"
            .formatted("{\"type\":\"text\",\"text\":\"Both. \"}," + String.join(",", outputs)));
  }

  private static List<String> calls(Driven driven) {
    return driven.ending().toolCalls().stream().map(ToolCall::name).toList();
  }

  @Test
  void aCallThatOnlyTheEndRepeatsIsNotLost() {
    var driven = cutBehindACall().bytes(endWith(called("save"), called("ring"))).end();
    assertThat(driven.ending().exactness()).isEqualTo(Exactness.EXACT);
    assertThat(calls(driven)).containsExactly("save", "ring");
  }

  @Test
  void anEndWithoutTheCallsThatCameShowsNothing() {
    var driven = cutBehindACall().bytes(endWith().replace("},]", "}]")).end();
    assertThat(driven.ending).isNull();
    assertThat(last(driven).path()).isEqualTo("interactions/v1");
  }

  @Test
  void anEndWithOtherCallsIsNotTheRest() {
    var driven = cutBehindACall().bytes(endWith(called("save").replace(":1}", ":2}"))).end();
    assertThat(driven.ending).isNull();
    assertThat(last(driven).path()).isEqualTo("interactions/v1");
  }

  /** Cut inside its arguments: the end has the rest of them. */
  @Test
  void aCallIsHandedOnToItsEnd() {
    var driven =
        begun(StreamPolicy.DEFAULT, "gemini-interactions", "{\"model\":\"m\",\"input\":\"x\"}")
            .head(200)
            .bytes(event("e0", "interaction.created", "\"interaction\":{\"id\":\"v1\"}"))
            .bytes(word("e1", "Both. "))
            .bytes(
                event(
                    "e2",
                    "step.start",
                    "\"index\":1,\"step\":"
                        + called("save").replace(",\"arguments\":{\"n\":1}", "")))
            .bytes(
                event(
                    "e3",
                    "step.delta",
                    "\"index\":1,\"delta\":{\"type\":\"arguments_delta\",\"arguments\":\"{\\\"n\"}"))
            .fail(RESET)
            .head(200)
            .bytes(endWith(called("save")))
            .end();
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(driven.ending().toolCalls())
        .singleElement()
        .matches(call -> call.arguments().equals("{\"n\":1}"));
  }

  @Test
  void aWholeRestIsProvenByItsIdsAndItsSteps() {
    var driven = cutInAStep();
    for (int i = 9; i < 20; i++) {
      driven.bytes(word("e" + (i + 2), WORDS.get(i)));
    }
    expectTruth(keepsNothing(driven.bytes(step("e22", "step.stop") + end("e23", "v1")).end()));
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
