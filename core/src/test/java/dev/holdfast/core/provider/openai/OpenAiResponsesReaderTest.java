package dev.holdfast.core.provider.openai;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.dialect.Wire;
import dev.holdfast.core.provider.shared.ToolCalls;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCallMark;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the events of the Responses API mean; the quirks have fixtures. */
class OpenAiResponsesReaderTest {
  private static Wire.Reading read(CompletionPolicy completion, String... payloads) {
    var body = new StringBuilder();
    for (var payload : payloads) {
      body.append("data: ").append(payload).append("\n\n");
    }
    return Wire.read(new OpenAiResponsesReader(completion), body.toString());
  }

  private static Wire.Reading read(String... payloads) {
    return read(CompletionPolicy.STRICT, payloads);
  }

  private static String text(int sequence, String delta) {
    return """
    {"type":"response.output_text.delta","sequence_number":%d,"delta":"%s"}\
    """
        .formatted(sequence, delta);
  }

  private static String created(String id) {
    return "{\"type\":\"response.created\",\"response\":{\"id\":\"%s\"}}".formatted(id);
  }

  private static String completed(int sequence, String text) {
    return """
    {"type":"response.completed","sequence_number":%d,"response":{"id":"r","model":"m",\
    "status":"completed","output":[{"type":"message",\
    "content":[{"type":"output_text","text":"%s"}]}]}}\
    """
        .formatted(sequence, text);
  }

  private static List<StreamEvent.Warned> warnings(Wire.Reading reading) {
    return reading.events().stream()
        .filter(StreamEvent.Warned.class::isInstance)
        .map(StreamEvent.Warned.class::cast)
        .toList();
  }

  private static List<Cause> rejections(Wire.Reading reading) {
    return reading.events().stream()
        .filter(StreamEvent.FrameRejected.class::isInstance)
        .map(event -> ((StreamEvent.FrameRejected) event).failure().cause())
        .toList();
  }

  @Test
  void aTerminalTextThatIsTheDeltasIsNotRemarkedOn() {
    var reading = read(text(0, "a\\ud83d"), text(1, "\\ude00b"), completed(2, "a\\ud83d\\ude00b"));
    assertThat(warnings(reading)).isEmpty();
    assertThat(reading.proof()).isEqualTo(Proof.CLOSED);
  }

  @Test
  void aTerminalTextThatIsNotTheDeltasIsAWarningAndNeverDelivered() {
    var reading = read(text(0, "ab"), completed(1, "ba"));
    assertThat(warnings(reading))
        .containsExactly(
            new StreamEvent.Warned(
                Cause.PROTOCOL_VIOLATION,
                "text: must be the terminal event's 2 characters, was 2 or others"));
    assertThat(reading.events()).contains(new StreamEvent.TextDelta(0, "ab"));
    assertThat(reading.events()).doesNotContain(new StreamEvent.TextDelta(0, "ba"));
  }

  @Test
  void aGapInTheSequenceIsAWarningOnce() {
    var reading = read(text(5, "a"), text(6, "b"), text(8, "c"), text(11, "d"));
    assertThat(warnings(reading))
        .containsExactly(
            new StreamEvent.Warned(Cause.PROTOCOL_VIOLATION, "sequence_number: must be 7, was 8"));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "lost, 0 1 2 4 5, abce",
    "doubled, 0 1 2 2 3 4, abccde",
    "swapped, 0 1 2 4 3 5 6 7 8, abcedfghi",
  })
  void anEventThatNumbersAndTextMissIsAViolationThatNothingMends(
      String what, String numbers, String letters) {
    expectViolation(numbered("completed", numbers, letters));
    expectViolation(numbered("incomplete", numbers, letters));
  }

  private static void expectViolation(Wire.Reading reading) {
    assertThat(reading.proof()).isNotEqualTo(Proof.CLOSED);
    assertThat(reading.events()).noneMatch(StreamEvent.Finished.class::isInstance);
    var failure =
        reading.events().stream()
            .filter(StreamEvent.ErrorReported.class::isInstance)
            .map(event -> ((StreamEvent.ErrorReported) event).failure())
            .findFirst()
            .orElseThrow();
    assertThat(failure.cause()).isEqualTo(Cause.PROTOCOL_VIOLATION);
    assertThat(failure.isRetryable()).isFalse();
    assertThat(failure.detail()).startsWith("an event was lost or doubled: text: must be");
  }

  @Test
  void numbersThatDoNotCountProveNothing() {
    assertThat(numbered("completed", "0 0 0 0 0", "abcde").proof()).isEqualTo(Proof.CLOSED);
    assertThat(numbered("completed", "7 5 3 1 0", "abcde").proof()).isEqualTo(Proof.CLOSED);
  }

  @Test
  void anEventThatWasRefusedIsNotMissedAgain() {
    var reading =
        read(text(0, "a"), text(1, "b"), text(2, "c"), "{", text(4, "e"), completed(5, "abcde"));
    assertThat(rejections(reading)).containsExactly(Cause.MALFORMED_JSON);
    assertThat(reading.proof()).isEqualTo(Proof.CLOSED);
  }

  @Test
  void aGapThatCostsNoTextIsAWarningOnly() {
    var reading = read(text(0, "a"), text(1, "b"), text(2, "c"), completed(9, "abc"));
    assertThat(reading.proof()).isEqualTo(Proof.CLOSED);
    assertThat(warnings(reading)).hasSize(1);
  }

  /** Text of a letter an event under these numbers; the terminal event says another text. */
  private static Wire.Reading numbered(String status, String numbers, String letters) {
    var events = new ArrayList<String>();
    String[] all = numbers.split(" ", -1);
    for (int i = 0; i < all.length - 1; i++) {
      events.add(text(Integer.parseInt(all[i]), letters.substring(i, i + 1)));
    }
    events.add(
        completed(Integer.parseInt(all[all.length - 1]), "the whole text")
            .replace("completed", status));
    return read(events.toArray(String[]::new));
  }

  @ParameterizedTest(name = "{0}")
  @CsvSource({
    "max_output_tokens, LENGTH",
    "content_filter, CONTENT_FILTER",
    "something_new, OTHER"
  })
  void incompleteIsWholeAndHasAReason(String raw, Finish.Reason reason) {
    var reading =
        read(
            created("r"),
            """
            {"type":"response.incomplete","response":{"status":"incomplete",\
            "incomplete_details":{"reason":"%s"}}}\
            """
                .formatted(raw));
    assertThat(reading.events())
        .contains(new StreamEvent.Finished(0, new Finish(reason, "incomplete:" + raw)));
    assertThat(reading.proof()).isEqualTo(Proof.CLOSED);
  }

  @Test
  void aFinishDistinguishesToolCallsAndRefusalsFromText() {
    String done = "{\"type\":\"response.completed\",\"response\":{\"status\":\"completed\"}}";
    assertThat(read(text(0, "a"), done).events())
        .contains(new StreamEvent.Finished(0, new Finish(Finish.Reason.STOP, "completed")));
    assertThat(read("{\"type\":\"response.refusal.delta\",\"delta\":\"no\"}", done).events())
        .contains(new StreamEvent.Finished(0, new Finish(Finish.Reason.REFUSAL, "completed")));
    assertThat(read(item("added", "1", "function_call", ""), done).events())
        .contains(new StreamEvent.Finished(0, new Finish(Finish.Reason.TOOL_CALLS, "completed")));
  }

  private static String item(String event, String index, String type, String arguments) {
    return """
    {"type":"response.output_item.%s","output_index":%s,"item":{"type":"%s","call_id":"c",\
    "name":"n","arguments":"%s"}}\
    """
        .formatted(event, index, type, arguments);
  }

  @Test
  void wholeArgumentsAddWhatTheirPiecesLackAndMustNotContradictThem() {
    String piece =
        """
        {"type":"response.function_call_arguments.delta","output_index":0,"delta":"%s"}\
        """;
    String begin = item("added", "0", "function_call", "");
    assertThat(
            read(begin, piece.formatted("[1"), item("done", "0", "function_call", "[1,2]"))
                .events())
        .containsExactly(
            new StreamEvent.ToolCallDelta(0, 0, "c", "n", ""),
            new StreamEvent.ToolCallDelta(0, 0, "", "", "[1"),
            new StreamEvent.ToolCallDelta(0, 0, "", "", ",2]"),
            new StreamEvent.ToolCallMarked(0, 0, ToolCallMark.CLOSED));
    assertThat(
            rejections(
                read(begin, piece.formatted("[1"), item("done", "0", "function_call", "[2]"))))
        .containsExactly(Cause.PROTOCOL_VIOLATION);
  }

  @Test
  void callsAndArgumentsAreBounded() {
    var many = new String[ToolCalls.MAX_CALLS + 1];
    for (int i = 0; i < many.length; i++) {
      many[i] = item("added", String.valueOf(i), "function_call", "");
    }
    assertThat(rejections(read(many))).containsExactly(Cause.LIMIT_EXCEEDED);
    String huge = "x".repeat((int) ToolCalls.MAX_ARGUMENTS);
    assertThat(rejections(read(item("done", "0", "function_call", huge)))).isEmpty();
    assertThat(rejections(read(item("done", "0", "function_call", huge + "x"))))
        .containsExactly(Cause.LIMIT_EXCEEDED);
    assertThat(rejections(read(item("added", "9".repeat(900), "function_call", "")))).isEmpty();
  }

  @ParameterizedTest(name = "{0}")
  @ValueSource(
      strings = {
        "{\"type\":\"response.output_text.delta\",\"delta\":{\"a\":1}}",
        "{\"type\":\"response.completed\",\"response\":[1]}",
        "{\"type\":\"response.output_item.done\",\"item\":\"x\"}"
      })
  void membersOfTheWrongKindAreRejected(String payload) {
    var reading = read(payload);
    assertThat(rejections(reading)).containsExactly(Cause.PROTOCOL_VIOLATION);
    assertThat(reading.proof()).isEqualTo(Proof.OPEN);
  }

  @Test
  void cancelledAndFailedProveNothing() {
    assertThat(read("{\"type\":\"response.cancelled\",\"response\":{}}").proof())
        .isEqualTo(Proof.OPEN);
    assertThat(read("{\"type\":\"response.failed\",\"response\":{}}").proof())
        .isEqualTo(Proof.OPEN);
  }

  @Test
  void thePolicyDecidesWhatElseProves() {
    assertThat(read(text(0, "a"), "[DONE]").proof()).isEqualTo(Proof.CLOSED_UNPROVEN);
    assertThat(read(CompletionPolicy.DONE_MARKER, text(0, "a"), "[DONE]").proof())
        .isEqualTo(Proof.CLOSED);
    assertThat(read(CompletionPolicy.EOF, text(0, "a")).proof()).isEqualTo(Proof.CLOSED);
    assertThat(
            Wire.read(
                    new OpenAiResponsesReader(CompletionPolicy.EOF),
                    "data: " + text(0, "a") + "\n\ndata: {\"type\":\"resp")
                .proof())
        .isEqualTo(Proof.OPEN);
  }
}
