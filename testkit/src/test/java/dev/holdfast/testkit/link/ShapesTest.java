package dev.holdfast.testkit.link;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.Requests;
import dev.holdfast.testkit.WireObserver.End;
import dev.holdfast.testkit.WireObserver.Seen;
import dev.holdfast.testkit.WireReader;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.answer.WireFrame.Kind;
import dev.holdfast.testkit.fault.Fault;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.fault.Shape;
import dev.holdfast.testkit.json.TestJson;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.Reply;
import dev.holdfast.testkit.model.ScriptedModel;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Answers that their protocol does not foresee, seen by a raw socket. */
final class ShapesTest {
  private static final String FIRST = "{\"what\":\"crates\",\"where\":\"on the quay\"}";
  private static final String SECOND = "{\"what\":\"ships\",\"where\":\"at \\\"sea\\\"\"}";

  private static final Answer CALLS =
      Answer.ofText("The gulls count.")
          .withTool("call_one", "count", FIRST)
          .withTool("call_two", "tell", SECOND);

  private static Seen see(Protocol protocol, Shape shape) throws IOException {
    return FaultWireTest.see(protocol, CALLS, shape.id());
  }

  private static List<TestJson> events(Protocol protocol, Shape shape) throws IOException {
    return WireReader.events(see(protocol, shape).text());
  }

  /**
   * One piece of a call in Chat Completions: {@code index id name arguments}, {@code -} if absent.
   */
  private static List<String> chatCalls(Shape shape) throws IOException {
    var calls = new ArrayList<String>();
    for (TestJson event : events(Protocol.OPENAI_CHAT, shape)) {
      for (TestJson choice : event.items("choices")) {
        TestJson delta = choice.member("delta");
        for (TestJson call : delta == null ? List.<TestJson>of() : delta.items("tool_calls")) {
          TestJson function = call.member("function");
          TestJson arguments = function == null ? null : function.member("arguments");
          calls.add(
              "%s %s %s %s"
                  .formatted(
                      call.member("index") instanceof TestJson.Num number ? number.text() : "-",
                      call.text("id", "-"),
                      function == null ? "-" : function.text("name", "-"),
                      arguments == null
                          ? "-"
                          : arguments instanceof TestJson.Str text
                              ? text.text()
                              : arguments.shown()));
        }
      }
    }
    return calls;
  }

  private static String joined(List<String> calls, String index) {
    var all = new StringBuilder();
    for (String call : calls) {
      String[] cells = call.split(" ", 4);
      if (cells[0].matches(index) && cells[1].equals("-")) {
        all.append(cells[3]);
      }
    }
    return all.toString();
  }

  @Test
  void theSecondCallIsMisnumbered() throws IOException {
    var calls = chatCalls(Shape.MISNUMBERED_CALLS);

    assertThat(calls).contains("0 call_one count ", "0 call_two tell ");
    assertThat(joined(calls, "0")).isEqualTo(FIRST);
    assertThat(joined(calls, "1")).isEqualTo(SECOND);
  }

  @Test
  void fragmentsStandWhereNoCallWasOpened() throws IOException {
    var calls = chatCalls(Shape.NAMELESS_FRAGMENTS);

    assertThat(calls).contains("0 call_one count ", "1 call_two tell ");
    assertThat(joined(calls, "0")).isEqualTo(FIRST);
    assertThat(joined(calls, "1")).isEmpty();
    assertThat(joined(calls, "\\d+")).isEqualTo(FIRST + SECOND);
    assertThat(calls.getLast()).doesNotStartWith("2 ");
  }

  @Test
  void everyCallStandsAtOneIndex() throws IOException {
    var calls = chatCalls(Shape.ONE_INDEX);

    assertThat(calls).allMatch(call -> call.startsWith("0 "));
    assertThat(calls).contains("0 call_one count ", "0 call_two tell ");
    assertThat(joined(calls, "0")).isEqualTo(FIRST + SECOND);
  }

  @Test
  void callsHaveNoIds() throws IOException {
    assertThat(chatCalls(Shape.IDLESS_CALLS))
        .containsExactly("0 - count " + FIRST, "0 - tell " + SECOND);
    assertThat(see(Protocol.OLLAMA_CHAT, Shape.IDLESS_CALLS).text())
        .contains("\"name\":\"count\"", "\"name\":\"tell\"")
        .doesNotContain("call_one", "call_two");
  }

  @Test
  void argumentsAreAnObject() throws IOException {
    assertThat(chatCalls(Shape.OBJECT_ARGUMENTS))
        .containsExactly("0 call_one count an object", "1 call_two tell an object");
    assertThat(see(Protocol.OPENAI_CHAT, Shape.OBJECT_ARGUMENTS).text())
        .contains("\"arguments\":" + FIRST, "\"arguments\":" + SECOND);
    assertThat(see(Protocol.ANTHROPIC_MESSAGES, Shape.OBJECT_ARGUMENTS).text())
        .contains("\"input\":" + FIRST, "\"input\":" + SECOND)
        .doesNotContain("partial_json");
  }

  @Test
  void aCallOpensWithAnEmptyObject() throws IOException {
    var calls = chatCalls(Shape.EMPTY_OBJECT_OPENING);

    assertThat(calls).contains("0 call_one count an object", "1 call_two tell an object");
    assertThat(joined(calls, "1")).isEqualTo(SECOND);
  }

  @Test
  void fragmentsRepeatAllBeforeThem() throws IOException {
    var calls = chatCalls(Shape.CUMULATIVE_ARGUMENTS);
    String before = "";
    for (String call : calls) {
      if (call.startsWith("1 - ")) {
        String piece = call.substring("1 - - ".length());
        assertThat(piece).startsWith(before).hasSizeGreaterThan(before.length());
        before = piece;
      }
    }
    assertThat(before).isEqualTo(SECOND);

    var messages = events(Protocol.ANTHROPIC_MESSAGES, Shape.CUMULATIVE_ARGUMENTS);
    assertThat(messages)
        .extracting(event -> event.member("delta"))
        .filteredOn(delta -> delta != null)
        .extracting(delta -> delta.text("partial_json", ""))
        .contains(FIRST, SECOND);
    var responses = events(Protocol.OPENAI_RESPONSES, Shape.CUMULATIVE_ARGUMENTS);
    assertThat(responses).extracting(event -> event.text("delta", "")).contains(FIRST, SECOND);
  }

  @Test
  void itemsOfResponsesShareAnIndex() throws IOException {
    var one = events(Protocol.OPENAI_RESPONSES, Shape.ONE_INDEX);
    assertThat(indexes(one, "response.output_item.added")).containsExactly("0", "1", "1");
    assertThat(indexes(one, "response.output_item.done")).containsExactly("0", "1", "1");

    var wrong = events(Protocol.OPENAI_RESPONSES, Shape.MISNUMBERED_CALLS);
    assertThat(indexes(wrong, "response.output_item.added")).containsExactly("0", "1", "2");
    assertThat(Set.copyOf(indexes(wrong, "response.function_call_arguments.delta")))
        .containsExactlyInAnyOrder("1", "3");
  }

  private static List<String> indexes(List<TestJson> events, String type) {
    return events.stream()
        .filter(event -> event.text("type", "").equals(type))
        .map(event -> event.member("output_index") instanceof TestJson.Num one ? one.text() : "-")
        .toList();
  }

  @Test
  void blocksOfMessagesShareAnIndexOrAreNeverOpened() throws IOException {
    Pattern start = Pattern.compile("content_block_start\",\"index\":(\\d)");
    assertThat(start.matcher(see(Protocol.ANTHROPIC_MESSAGES, Shape.ONE_INDEX).text()).results())
        .extracting(found -> found.group(1))
        .containsExactly("0", "1", "1");
    var unopened = see(Protocol.ANTHROPIC_MESSAGES, Shape.UNOPENED_BLOCK).text();
    assertThat(start.matcher(unopened).results())
        .extracting(found -> found.group(1))
        .containsExactly("0", "1");
    assertThat(unopened).contains("\"index\":2,\"delta\":{\"type\":\"input_json_delta\"");
  }

  static Stream<Protocol> withLimits() {
    return Arrays.stream(Protocol.values()).filter(Shape.CALL_AT_LIMIT::exists);
  }

  @ParameterizedTest
  @MethodSource("withLimits")
  void theLimitCutsTheLastCall(Protocol protocol) throws IOException {
    for (Shape shape : List.of(Shape.CALL_AT_LIMIT, Shape.BLANK_CALL_AT_LIMIT)) {
      Seen seen = see(protocol, shape);
      String limit =
          switch (protocol) {
            case OPENAI_CHAT -> "\"finish_reason\":\"length\"";
            case ANTHROPIC_MESSAGES -> "\"stop_reason\":\"max_tokens\"";
            case OPENAI_RESPONSES -> "\"reason\":\"max_output_tokens\"";
            case GEMINI_SSE -> "\"finishReason\":\"MAX_TOKENS\"";
            case GEMINI_JSON_ARRAY -> "\"finishReason\": \"MAX_TOKENS\"";
            case OLLAMA_CHAT -> throw new IllegalStateException("not there");
          };

      assertThat(seen.text()).contains(limit, "crates").doesNotContain("sea");
      assertThat(seen.text()).contains("\"tell\"");
      if (shape == Shape.BLANK_CALL_AT_LIMIT) {
        assertThat(seen.text()).doesNotContain("ships");
      }
      assertThat(WireReader.events(seen.text())).isNotEmpty();
      assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
    }
    assertThat(see(protocol, Shape.CALL_AT_LIMIT).text())
        .isNotEqualTo(see(protocol, Shape.BLANK_CALL_AT_LIMIT).text());
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void theFinishNamesAnError(Protocol protocol) throws IOException {
    for (Shape shape : List.of(Shape.FAILED_FINISH, Shape.NETWORK_ERROR_FINISH)) {
      String word = shape == Shape.FAILED_FINISH ? "error" : "network-error";
      Seen seen = FaultWireTest.see(protocol, shape.id() + "@token=2");

      assertThat(seen.text())
          .containsPattern(
              "(?i)\"(finish_?reason|stop_reason|done_reason|reason)\": ?\"" + word + "\"");
      assertThat(FaultWireTest.ANSWER.text()).startsWith(WireReader.text(seen.text()));
      assertThat(WireReader.text(seen.text())).isEqualTo("Grüße vom");
      assertThat(seen.text()).doesNotContain("Meer");
      assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
    }
  }

  @Test
  void aRouterReportsStopBesideAnError() throws IOException {
    Seen seen = FaultWireTest.see(Protocol.OPENAI_CHAT, "native-error-finish@token=2");

    assertThat(seen.text())
        .contains("\"finish_reason\":\"stop\",\"native_finish_reason\":\"error\"");
    assertThat(WireReader.text(seen.text())).isEqualTo("Grüße vom");
  }

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"GEMINI_SSE", "GEMINI_JSON_ARRAY"})
  void aCallThatTheProviderCouldNotRead(Protocol protocol) throws IOException {
    assertThat(see(protocol, Shape.MALFORMED_CALL_FINISH).text())
        .containsPattern("\"finishReason\": ?\"MALFORMED_FUNCTION_CALL\"")
        .contains("\"finishMessage\"")
        .doesNotContain("functionCall\"");
  }

  @ParameterizedTest
  @EnumSource(Protocol.class)
  void anAnswerWithoutACharacter(Protocol protocol) throws IOException {
    Seen seen = see(protocol, Shape.EMPTY_ANSWER);
    var kinds = EnumSet.noneOf(Kind.class);
    new FaultyLink(protocol, 1)
        .carry(reply(protocol), List.of(new Fault.Shaped(Shape.EMPTY_ANSWER)), 0, 1)
        .frames()
        .forEach(frame -> kinds.add(frame.kind()));

    assertThat(WireReader.text(seen.text())).isEmpty();
    assertThat(seen.text()).doesNotContain("crates", "gulls");
    assertThat(WireReader.events(seen.text())).isNotEmpty();
    assertThat(kinds).doesNotContain(Kind.CONTENT, Kind.TOOL, Kind.REASONING);
    assertThat(kinds).containsAnyOf(Kind.FINISH, Kind.DONE);
  }

  private static Reply reply(Protocol protocol) {
    return new ScriptedModel(protocol, CALLS, new Continuation.Exact(), 7)
        .reply(Requests.of(protocol, "Hi"), 1);
  }

  static Stream<Protocol> withTwoAnswers() {
    return Arrays.stream(Protocol.values()).filter(Shape.SECOND_ANSWER::exists);
  }

  @ParameterizedTest
  @MethodSource("withTwoAnswers")
  void anotherAnswerFollowsInTheSameBody(Protocol protocol) throws IOException {
    Seen seen = FaultWireTest.see(protocol, "second-answer@token=2");

    assertThat(WireReader.text(seen.text())).isEqualTo("Grüße vom" + FaultWireTest.ANSWER.text());
    assertThat(Pattern.compile("\"model\":\"another-model\"").matcher(seen.text()).find()).isTrue();
    assertThat(ids(seen)).hasSize(2);
  }

  private static Set<String> ids(Seen seen) {
    return Set.copyOf(
        Pattern.compile(
                "\"id\":\"((?:chatcmpl-|msg_|resp_)[0-9a-f]+)\",\"(?:object|type\":\"message\",\"role)")
            .matcher(seen.text())
            .results()
            .map(found -> found.group(1))
            .toList());
  }

  @Test
  void theTextStandsAtTheEndAlone() throws IOException {
    Seen seen = FaultWireTest.see(Protocol.OPENAI_RESPONSES, "text-at-end");

    assertThat(WireReader.text(seen.text())).isEmpty();
    assertThat(seen.text()).doesNotContain("output_text.delta", "output_text.done");
    assertThat(WireReader.events(seen.text()).getLast().text("type", ""))
        .isEqualTo("response.completed");
    assertThat(seen.text()).contains("and the gulls know it.");
    var numbers =
        Pattern.compile("\"sequence_number\":(\\d+)")
            .matcher(seen.text())
            .results()
            .map(found -> Integer.parseInt(found.group(1)))
            .toList();
    for (int i = 0; i < numbers.size(); i++) {
      assertThat(numbers.get(i)).isEqualTo(i);
    }
  }

  @Test
  void theLastTwoEventsHaveNoBlankLine() throws IOException {
    for (Protocol protocol :
        List.of(Protocol.OPENAI_CHAT, Protocol.ANTHROPIC_MESSAGES, Protocol.OPENAI_RESPONSES)) {
      String healthy =
          new String(
              FaultWireTest.bytes(FaultWireTest.frames(protocol)),
              java.nio.charset.StandardCharsets.UTF_8);
      String seen = FaultWireTest.see(protocol, "glued-done").text();
      int last = healthy.stripTrailing().lastIndexOf("\n\n");

      assertThat(seen)
          .isEqualTo(healthy.substring(0, last + 1) + healthy.substring(last + 2).stripTrailing());
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Protocol.class,
      names = {"OLLAMA_CHAT", "GEMINI_JSON_ARRAY"},
      mode = EnumSource.Mode.EXCLUDE)
  void signsOfLifeHaveNoData(Protocol protocol) throws IOException {
    Seen seen = FaultWireTest.see(protocol, "empty-ping@token=2");
    String end = protocol == Protocol.GEMINI_SSE ? "\r\n" : "\n";

    assertThat(seen.text())
        .contains(
            "event: ping"
                + end
                + "data: \"\""
                + end
                + end
                + "event: ping"
                + end
                + "data:"
                + end
                + end);
    assertThat(WireReader.text(seen.text())).isEqualTo(FaultWireTest.ANSWER.text());
  }

  static Stream<Protocol> withTypedErrors() {
    return Arrays.stream(Protocol.values()).filter(Shape.MISLABELLED_ERROR::exists);
  }

  @ParameterizedTest
  @MethodSource("withTypedErrors")
  void aCutUpstreamIsReportedAsABadRequest(Protocol protocol) throws IOException {
    Seen seen = FaultWireTest.see(protocol, "mislabelled-error@token=2");

    assertThat(seen.text())
        .contains("stream disconnected before completion")
        .containsPattern("invalid_request_error|INVALID_ARGUMENT");
    assertThat(WireReader.text(seen.text())).isEqualTo("Grüße vom");
    assertThat(seen.end()).isEqualTo(End.LAST_CHUNK);
  }

  /** A shape of calls needs calls; without any it leaves the reply alone. */
  @Test
  void whatIsAboutCallsDoesNotStrikeText() {
    for (Protocol protocol : Protocol.values()) {
      var healthy =
          new ScriptedModel(protocol, FaultWireTest.ANSWER, new Continuation.Exact(), 7)
              .reply(Requests.of(protocol, "Hi"), 1);
      for (Shape shape : Shape.values()) {
        var sent =
            new FaultyLink(protocol, 1).carry(healthy, List.of(new Fault.Shaped(shape)), 0, 1);
        boolean there = shape.exists(protocol) && !shape.isOfCalls() && !shape.isOfResumed();
        assertThat(sent.struck().isEmpty()).as("%s %s", protocol, shape).isEqualTo(!there);
      }
    }
  }
}
