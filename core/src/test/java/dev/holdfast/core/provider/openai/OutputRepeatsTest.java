package dev.holdfast.core.provider.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A response says everything up to five times: in deltas, at the end of a part and of its text, at
 * the end of an item, and at the end. What one of them has beyond the others is handed on; what
 * contradicts them is no answer where a second witness says so.
 */
class OutputRepeatsTest {
  private static final String CREATED = event("created", "\"response\":{\"id\":\"r\"}");

  /** One kind of text, and how its events are spelled. */
  enum Spelling {
    TEXT("output_text", "content_index", "content_part", "output_text", "text"),
    REFUSAL("refusal", "content_index", "content_part", "refusal", "refusal"),
    SUMMARY(
        "reasoning_summary_text",
        "summary_index",
        "reasoning_summary_part",
        "summary_text",
        "text"),
    REASONING("reasoning_text", "content_index", "", "reasoning_text", "text");

    private final String name;
    private final String index;
    private final String partEvent;
    private final String partType;
    private final String member;

    Spelling(String name, String index, String partEvent, String partType, String member) {
      this.name = name;
      this.index = index;
      this.partEvent = partEvent;
      this.partType = partType;
      this.member = member;
    }

    String place() {
      return "\"output_index\":0,\"%s\":0".formatted(index);
    }

    String delta(String words) {
      return event(name + ".delta", place() + ",\"delta\":\"" + words + "\"");
    }

    String textDone(String words) {
      return event(name + ".done", place() + ",\"%s\":\"%s\"".formatted(member, words));
    }

    String part(String words) {
      return "{\"type\":\"%s\",\"%s\":\"%s\"}".formatted(partType, member, words);
    }

    String partDone(String words) {
      return event(partEvent + ".done", place() + ",\"part\":" + part(words));
    }

    String item(String words) {
      boolean thought = this == SUMMARY || this == REASONING;
      return "{\"type\":\"%s\",\"%s\":[%s]}"
          .formatted(
              thought ? "reasoning" : "message",
              this == SUMMARY ? "summary" : "content",
              part(words));
    }

    String itemDone(String words) {
      return event("output_item.done", "\"output_index\":0,\"item\":" + item(words));
    }

    String end(String words) {
      return OutputRepeatsTest.end(words.isEmpty() ? "" : item(words));
    }

    String said(List<StreamEvent> events) {
      return events.stream()
          .map(event ->
              switch (event) {
                case StreamEvent.TextDelta(int choice, String text) when this == TEXT -> text;
                case StreamEvent.RefusalDelta(int choice, String text) when this == REFUSAL -> text;
                case StreamEvent.ReasoningDelta(int choice, String text)
                    when this == SUMMARY || this == REASONING ->
                    text;
                default -> "";
              })
          .collect(Collectors.joining());
    }
  }

  private static String event(String type, String rest) {
    return "{\"type\":\"response.%s\",%s}".formatted(type, rest);
  }

  private static String end(String items) {
    return event("completed", "\"response\":{\"status\":\"completed\",\"output\":[" + items + "]}");
  }

  private static Wire.Reading read(List<String> events) {
    var body = new StringBuilder();
    events.forEach(event -> body.append("data: ").append(event).append("\n\n"));
    return Wire.read(new OpenAiResponsesReader(CompletionPolicy.STRICT), body.toString());
  }

  private static Wire.Reading read(String... events) {
    return read(List.of(events));
  }

  /** Numbers events from 0, leaving out those in {@code missing}. */
  private static List<String> numbered(List<String> events, Integer... missing) {
    var numbered = new ArrayList<String>();
    int number = 0;
    for (var event : events) {
      while (List.of(missing).contains(number)) {
        number++;
      }
      numbered.add(event.replaceFirst(",", ",\"sequence_number\":" + number++ + ","));
    }
    return numbered;
  }

  private static List<String> warnings(Wire.Reading reading) {
    return reading.events().stream()
        .filter(StreamEvent.Warned.class::isInstance)
        .map(event -> ((StreamEvent.Warned) event).detail())
        .toList();
  }

  private static void expectLost(Wire.Reading reading) {
    assertThat(reading.proof().isProven()).isFalse();
    assertThat(reading.events())
        .anyMatch(event ->
            event instanceof StreamEvent.ErrorReported(var failure)
                && failure.cause() == Cause.PROTOCOL_VIOLATION
                && failure.detail().startsWith("an event was lost or doubled: "));
  }

  static List<org.junit.jupiter.params.provider.Arguments> levels() {
    var levels = new ArrayList<org.junit.jupiter.params.provider.Arguments>();
    for (var spelling : Spelling.values()) {
      for (var level : List.of("text", "part", "item", "end")) {
        if (!level.equals("part") || !spelling.partEvent.isEmpty()) {
          levels.add(org.junit.jupiter.params.provider.Arguments.of(spelling, level));
        }
      }
    }
    return levels;
  }

  private static String repeat(Spelling spelling, String level, String words) {
    return switch (level) {
      case "text" -> spelling.textDone(words);
      case "part" -> spelling.partDone(words);
      case "item" -> spelling.itemDone(words);
      default -> spelling.end(words);
    };
  }

  private static List<String> answer(
      Spelling spelling, String level, String repeated, String... deltas) {
    var events = new ArrayList<String>(List.of(CREATED));
    for (var delta : deltas) {
      events.add(spelling.delta(delta));
    }
    events.add(repeat(spelling, level, repeated));
    if (!level.equals("end")) {
      events.add(end(""));
    }
    return events;
  }

  @ParameterizedTest(name = "{0} at the end of its {1}")
  @MethodSource("levels")
  void whatOnlyOneLevelHasIsHandedOn(Spelling spelling, String level) {
    for (var deltas :
        List.of(new String[] {}, new String[] {"Good "}, new String[] {"Good day."})) {
      var reading = read(answer(spelling, level, "Good day.", deltas));
      assertThat(spelling.said(reading.events())).isEqualTo("Good day.");
      assertThat(reading.proof()).isEqualTo(Proof.CLOSED);
      assertThat(warnings(reading)).isEmpty();
    }
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("levels")
  void whatEveryLevelHasIsHandedOnOnce(Spelling spelling, String level) {
    var events = new ArrayList<>(List.of(CREATED));
    events.add(repeat(spelling, level, "Good day."));
    for (var next : List.of("text", "part", "item", "end")) {
      if (!next.equals("part") || !spelling.partEvent.isEmpty()) {
        events.add(repeat(spelling, next, "Good day."));
      }
    }
    assertThat(spelling.said(read(events).events())).isEqualTo("Good day.");
  }

  /** The deltas are numbered 1 and 3. */
  @ParameterizedTest(name = "{0} at the end of its {1}")
  @MethodSource("levels")
  void aGapAndAnotherTextAtAnyLevelAreALoss(Spelling spelling, String level) {
    expectLost(read(numbered(answer(spelling, level, "Do not press it.", "Do", " press it."), 2)));
  }

  @ParameterizedTest(name = "{0} at the end of its {1}")
  @MethodSource("levels")
  void withoutNumbersAPieceThatIsMissingIsALoss(Spelling spelling, String level) {
    expectLost(read(answer(spelling, level, "Do not press it.", "Do", " press it.")));
    expectLost(read(answer(spelling, level, "Do not press it.", "Do not press", " press", " it.")));
    expectLost(read(answer(spelling, level, "Do not press it.", " not press", " it.")));
  }

  @ParameterizedTest(name = "{0} at the end of its {1}")
  @MethodSource("levels")
  void anotherTextAloneIsAWarning(Spelling spelling, String level) {
    var reading = read(numbered(answer(spelling, level, "Do not press it.", "Do", " press it.")));
    assertThat(reading.proof()).isEqualTo(Proof.CLOSED);
    assertThat(warnings(reading)).hasSize(1).first().asString().contains(": must be ");
    assertThat(spelling.said(reading.events())).isEqualTo("Do press it.");
  }

  @ParameterizedTest
  @ValueSource(strings = {"Good day. ", "\\n Good day.", "Good day"})
  void clonesMayTrim(String sent) {
    var reading = read(answer(Spelling.TEXT, "end", sent.endsWith("y") ? sent : "Good day.", sent));
    assertThat(reading.proof()).isEqualTo(Proof.CLOSED);
  }

  @Test
  void theCodexBackendsEndRepeatsNothing() {
    var text = Spelling.TEXT;
    var whole = "Do not press it.";
    var events =
        List.of(
            CREATED,
            text.delta("Do"),
            text.delta(" press it."),
            text.textDone(whole),
            text.itemDone(whole),
            end(""));
    expectLost(read(numbered(events, 2)));
  }

  @Test
  void partsThatAreCountedDifferentlyAtTheEndOfTheirItemAreTheSame() {
    String at = "\"output_index\":1,\"content_index\":1,";
    var reading =
        read(
            CREATED,
            event("output_text.delta", at + "\"delta\":\"Hi\""),
            event("output_text.done", at + "\"text\":\"Hi\""),
            event("output_item.done", "\"output_index\":1,\"item\":" + Spelling.TEXT.item("Hi")),
            Spelling.TEXT.end("Hi"));
    assertThat(Spelling.TEXT.said(reading.events())).isEqualTo("Hi");
    assertThat(warnings(reading)).isEmpty();
  }

  @Test
  void piecesWithoutIndicesAreNotRepeated() {
    var reading =
        read(
            CREATED,
            event("output_text.delta", "\"delta\":\"Hi\""),
            Spelling.TEXT.textDone("Hi"),
            Spelling.TEXT.itemDone("Hi"),
            Spelling.TEXT.end("Hi"));
    assertThat(Spelling.TEXT.said(reading.events())).isEqualTo("Hi");
  }

  @Test
  void thoughtsInTheirOtherFormAreNotRepeated() {
    var reading =
        read(
            CREATED,
            Spelling.REASONING.delta("Hm."),
            Spelling.SUMMARY.itemDone("Hm."),
            Spelling.SUMMARY.end("Hm."));
    assertThat(Spelling.REASONING.said(reading.events())).isEqualTo("Hm.");
  }

  @Test
  void twoItemsAtOneIndexAreTwoTexts() {
    var text = Spelling.TEXT;
    var reading =
        read(
            CREATED,
            text.delta("Hi "),
            text.itemDone("Hi "),
            text.delta("there"),
            text.textDone("there"),
            text.itemDone("there"),
            end(text.item("Hi ") + "," + text.item("there")));
    assertThat(text.said(reading.events())).isEqualTo("Hi there");
    assertThat(warnings(reading)).isEmpty();
  }

  @Test
  void halfACharacterIsCompletedByTheEnd() {
    var reading = read(answer(Spelling.TEXT, "end", "a\\ud83d\\ude00b", "a\\ud83d"));
    assertThat(Spelling.TEXT.said(reading.events())).isEqualTo("a\ud83d\ude00b");
  }

  // ---------------------------------------------------------------- tool calls

  private static final String CALL_ADDED =
      event(
          "output_item.added",
          "\"output_index\":0,\"item\":{\"type\":\"function_call\",\"call_id\":\"c\",\"name\":\"f\"}");

  private static String piece(String arguments) {
    return event(
        "function_call_arguments.delta",
        "\"output_index\":0,\"delta\":\"" + arguments.replace("\"", "\\\"") + "\"");
  }

  private static String call(String id, String arguments) {
    return "{\"type\":\"function_call\",\"call_id\":\"%s\",\"name\":\"f\",\"arguments\":\"%s\"}"
        .formatted(id, arguments.replace("\"", "\\\""));
  }

  private static String callRepeat(String level, String arguments) {
    return switch (level) {
      case "arguments" ->
          event(
              "function_call_arguments.done",
              "\"output_index\":0,\"arguments\":\"" + arguments.replace("\"", "\\\"") + "\"");
      case "item" ->
          event("output_item.done", "\"output_index\":0,\"item\":" + call("c", arguments));
      default -> end(call("c", arguments));
    };
  }

  private static String arguments(Wire.Reading reading, int call) {
    return reading.events().stream()
        .filter(StreamEvent.ToolCallDelta.class::isInstance)
        .map(StreamEvent.ToolCallDelta.class::cast)
        .filter(delta -> delta.call() == call)
        .map(StreamEvent.ToolCallDelta::arguments)
        .collect(Collectors.joining());
  }

  @ParameterizedTest
  @ValueSource(strings = {"arguments", "item", "end"})
  void argumentsThatOnlyOneLevelHasAreHandedOn(String level) {
    for (var sent : List.of("", "{\"a\":", "{\"a\":1}")) {
      var reading = read(CREATED, CALL_ADDED, piece(sent), callRepeat(level, "{\"a\":1}"), end(""));
      assertThat(arguments(reading, 0)).isEqualTo("{\"a\":1}");
      assertThat(reading.proof()).isEqualTo(Proof.CLOSED);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"arguments", "item", "end"})
  void argumentsThatContradictTheirPiecesAreRejected(String level) {
    var reading =
        read(CREATED, CALL_ADDED, piece("{\"a\":"), piece("3}"), callRepeat(level, "{\"a\":123}"));
    assertThat(reading.events())
        .anyMatch(event ->
            event instanceof StreamEvent.FrameRejected(var failure)
                && failure.cause() == Cause.PROTOCOL_VIOLATION);
    assertThat(reading.proof().isProven()).isFalse();
  }

  @Test
  void callsThatOnlyTheEndHasAreHandedOn() {
    var reading =
        read(CREATED, CALL_ADDED, piece("{}"), end(call("b", "{\"a\":2}") + "," + call("c", "{}")));
    assertThat(arguments(reading, 0)).isEqualTo("{}");
    assertThat(arguments(reading, 1)).isEqualTo("{\"a\":2}");
  }

  /** GitHub Copilot changes ids from event to event. */
  @Test
  void callsWhoseIdsChangeAreTheSame() {
    var reading = read(CREATED, CALL_ADDED, piece("{}"), end(call("x", "{}")));
    assertThat(arguments(reading, 0)).isEqualTo("{}");
    assertThat(arguments(reading, 1)).isEmpty();
  }

  // ---------------------------------------------------------------- heads and ends

  @ParameterizedTest
  @ValueSource(strings = {"completed", "incomplete", "done"})
  void anEndNeedsABeginning(String type) {
    String lone =
        event(type, "\"response\":{\"id\":\"r\",\"status\":\"%s\"}".formatted("completed"));
    assertThat(read(lone).proof()).isEqualTo(Proof.OPEN);
    assertThat(read(CREATED, lone).proof()).isEqualTo(Proof.CLOSED);
    assertThat(read(Spelling.TEXT.end("Good day.")).proof()).isEqualTo(Proof.CLOSED);
  }

  @Test
  void aSecondHeadBeforeAnyContentIsANote() {
    var reading =
        read(
            CREATED,
            event("in_progress", "\"response\":{\"id\":\"r\"}"),
            event("created", "\"response\":{\"id\":\"s\"}"),
            Spelling.TEXT.delta("Hi"),
            Spelling.TEXT.end("Hi"));
    assertThat(reading.proof()).isEqualTo(Proof.CLOSED);
    assertThat(warnings(reading))
        .containsExactly("response.created: must come once, came again for another id");
  }

  @ParameterizedTest
  @CsvSource({"r, true", "s, false"})
  void aSecondHeadBehindContentIsASplice(String id, boolean same) {
    var reading =
        read(
            CREATED,
            Spelling.TEXT.delta("Half a "),
            event("created", "\"response\":{\"id\":\"" + id + "\"}"),
            Spelling.TEXT.delta("Half a sentence."),
            end(""));
    assertThat(reading.proof().isProven()).isEqualTo(same);
    assertThat(reading.events().stream().anyMatch(StreamEvent.ErrorReported.class::isInstance))
        .isEqualTo(!same);
  }
}
