package dev.holdfast.core.tools;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.ToolCallMark;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** When a tool call is whole, over all protocols. */
class ToolCallAssemblerTest {
  private static StreamEvent piece(int call, String name, String arguments) {
    return new StreamEvent.ToolCallDelta(
        0, call, name.isEmpty() ? "" : "id_" + call, name, arguments);
  }

  private static StreamEvent mark(int call, ToolCallMark mark) {
    return new StreamEvent.ToolCallMarked(0, call, mark);
  }

  private static StreamEvent finish(Finish.Reason reason) {
    return new StreamEvent.Finished(0, new Finish(reason, reason.name()));
  }

  private static List<AssembledCall> judge(StreamEvent... events) {
    var assembler = new ToolCallAssembler();
    List.of(events).forEach(assembler);
    return assembler.calls();
  }

  /** The last call of a choice; the word stands for the reason, {@code whole} for none. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        // arguments         | finish         | judgement
        "``                  | STOP           | whole",
        "``                  | TOOL_CALLS     | whole",
        "`  `                | TOOL_CALLS     | whole",
        "``                  | LENGTH         | token-limit",
        "``                  | CONTENT_FILTER | filtered",
        "``                  | REFUSAL        | filtered",
        "``                  | PAUSE          | paused",
        "``                  | ERROR          | provider-failed",
        "``                  | OTHER          | not-closed",
        "{}                  | TOOL_CALLS     | whole",
        "{}                  | LENGTH         | token-limit",
        "[ ]                 | LENGTH         | token-limit",
        "12                  | STOP           | whole",
        "12                  | LENGTH         | token-limit",
        "null                | LENGTH         | token-limit",
        "{\"a\":1}           | LENGTH         | whole",
        "{\"a\":{}}          | ERROR          | whole",
        "[1]                 | OTHER          | whole",
        "{\"a\":1            | TOOL_CALLS     | ends-early",
        "{\"a\":1            | LENGTH         | token-limit",
        "{\"a\":             | STOP           | ends-early",
        "{\"a\":1,           | STOP           | ends-early",
        "{\"a                | STOP           | ends-early",
        "{\"a\"              | STOP           | ends-early",
        "[1,                 | STOP           | ends-early",
        "\"a                 | STOP           | ends-early",
        "{\"a\":1,}          | STOP           | not-json",
        "{\"a\":\"b          | STOP           | ends-early",
        "{\"a\":\"\\u00      | STOP           | ends-early",
        "{\"a\":\"\\         | STOP           | ends-early",
        "{\"a\":tru          | STOP           | ends-early",
        "{\"a\":n            | STOP           | ends-early",
        "{\"a\":-            | STOP           | ends-early",
        "{\"a\":1.           | STOP           | ends-early",
        "{\"a\":1e           | STOP           | ends-early",
        "{\"a\":1e+          | STOP           | ends-early",
        "{                   | STOP           | ends-early",
        "{\"a\":1}{\"b\":2}  | TOOL_CALLS     | several-values",
        "{\"a\":1}{\"b\":2}  | LENGTH         | several-values",
        "{\"a\":1} {\"b\":   | TOOL_CALLS     | several-values",
        "{}{\"b\":1}         | STOP           | several-values",
        "{\"a\":1}}          | STOP           | not-json",
        "{'a':1}             | STOP           | not-json",
        "city=Oslo           | STOP           | not-json",
        "{\"a\":nil          | STOP           | not-json",
        "{\"a\" 1            | STOP           | not-json",
      })
  void theFinishDecidesWhatTheArgumentsMustBe(
      String arguments, Finish.Reason reason, String judgement) {
    var call = judge(piece(0, "f", arguments == null ? "" : arguments), finish(reason)).getFirst();
    assertThat(String.valueOf(call.cut()))
        .isEqualTo(judgement.equals("whole") ? "null" : judgement);
    boolean blank = arguments == null || arguments.isBlank();
    if (call.isWhole()) {
      assertThat(call.call().arguments()).isEqualTo(blank ? "{}" : arguments);
      assertThat(call.detail()).isEmpty();
    } else {
      assertThat(call.detail()).startsWith("tool call 'f' ");
    }
  }

  @Test
  void withoutAFinishOnlyAClosedValueIsWhole() {
    assertThat(judge(piece(0, "f", "")).getFirst().cut()).isEqualTo(CutReason.NOT_CLOSED);
    assertThat(judge(piece(0, "f", "{\"a\":1}")).getFirst().isWhole()).isTrue();
    // No finish is none that calls end with.
    assertThat(judge(piece(0, "f", ""), mark(0, ToolCallMark.CLOSED)).getFirst().cut())
        .isEqualTo(CutReason.NOT_CLOSED);
    assertThat(judge(piece(0, "f", "{}"), mark(0, ToolCallMark.CLOSED)).getFirst().cut())
        .isEqualTo(CutReason.NOT_CLOSED);
  }

  @ParameterizedTest
  @EnumSource(
      value = Finish.Reason.class,
      names = {"LENGTH", "CONTENT_FILTER", "REFUSAL", "PAUSE", "ERROR"})
  void aLaterFinishDoesNotUndoAnEarlyOne(Finish.Reason early) {
    for (var later : List.of(Finish.Reason.STOP, Finish.Reason.TOOL_CALLS, Finish.Reason.OTHER)) {
      var call = judge(piece(0, "f", ""), finish(early), finish(later)).getFirst();
      assertThat(call.isWhole()).as("%s, then %s", early, later).isFalse();
      assertThat(call.cut()).isEqualTo(judge(piece(0, "f", ""), finish(early)).getFirst().cut());
    }
  }

  @Test
  void theLaterOfTwoNaturalFinishesCounts() {
    var stop = new Finish(Finish.Reason.STOP, "stop");
    var tools = new Finish(Finish.Reason.TOOL_CALLS, "tool_calls");
    var limit = new Finish(Finish.Reason.LENGTH, "length");
    assertThat(Finish.last(stop, tools)).isEqualTo(tools);
    assertThat(Finish.last(stop, limit)).isEqualTo(limit);
    assertThat(Finish.last(limit, tools)).isEqualTo(limit);
  }

  @Test
  void aFinishEndsNoCallThatComesAfterIt() {
    var stop = finish(Finish.Reason.TOOL_CALLS);
    var closed = mark(0, ToolCallMark.CLOSED);
    for (String arguments : List.of("", "{}")) {
      var call = piece(0, "f", arguments);
      assertThat(judge(stop, call, closed).getFirst().cut()).isEqualTo(CutReason.NOT_CLOSED);
      assertThat(judge(stop, call, closed, stop).getFirst().isWhole()).isTrue();
    }
    assertThat(judge(stop, piece(0, "f", "{\"a\":1}")).getFirst().isWhole()).isTrue();
  }

  @Test
  void anUnknownFinishIsNotUndoneByALaterOne() {
    var stop = finish(Finish.Reason.STOP);
    var unknown = finish(Finish.Reason.OTHER);
    assertThat(judge(piece(0, "f", ""), unknown, stop).getFirst().cut())
        .isEqualTo(CutReason.NOT_CLOSED);
    var none =
        new StreamEvent.Finished(0, new Finish(Finish.Reason.OTHER, "FINISH_REASON_UNSPECIFIED"));
    assertThat(judge(piece(0, "f", ""), none, stop).getFirst().isWhole()).isTrue();
  }

  @Test
  void aStopSequenceEndsNoCall() {
    var sequence = new StreamEvent.Finished(0, new Finish(Finish.Reason.STOP, "stop_sequence"));
    assertThat(judge(piece(0, "f", ""), sequence).getFirst().cut()).isEqualTo(CutReason.NOT_CLOSED);
    assertThat(judge(piece(0, "f", "{\"a\":1}"), sequence).getFirst().isWhole()).isTrue();
  }

  @Test
  void argumentsWithoutACallMayBeThoseOfABlankOne() {
    for (var reason : List.of(Finish.Reason.TOOL_CALLS, Finish.Reason.LENGTH)) {
      var calls =
          judge(
              piece(0, "f", ""),
              mark(0, ToolCallMark.CLOSED),
              piece(1, "", "{\"a\":1}"),
              finish(reason));
      assertThat(calls)
          .extracting(AssembledCall::cut)
          .containsExactly(CutReason.SHARED_INDEX, CutReason.NO_NAME);
    }
  }

  @Test
  void beforeTheLastCallALimitCutsNothing() {
    var calls =
        judge(
            piece(0, "f", "{}"),
            piece(1, "g", ""),
            piece(2, "h", "{\"a\":1}"),
            finish(Finish.Reason.LENGTH));
    assertThat(calls)
        .extracting(AssembledCall::cut)
        .containsExactly(null, CutReason.TOKEN_LIMIT, null);
  }

  @Test
  void theCallReportedLastIsALastOneToo() {
    var calls =
        judge(
            piece(0, "f", ""),
            piece(1, "g", "{}"),
            piece(0, "", "[]"),
            finish(Finish.Reason.LENGTH));
    assertThat(calls)
        .extracting(AssembledCall::cut)
        .containsExactly(CutReason.TOKEN_LIMIT, CutReason.TOKEN_LIMIT);
  }

  @Test
  void aCallThatItsProviderCallsIncompleteIsNeverWhole() {
    for (var reason : Finish.Reason.values()) {
      var call =
          judge(piece(0, "f", "{\"a\":1}"), mark(0, ToolCallMark.INCOMPLETE), finish(reason))
              .getFirst();
      assertThat(call.isWhole()).as(reason.name()).isFalse();
    }
  }

  @Test
  void aCallThatWasNotClosedNeedsAClosedValue() {
    var stop = finish(Finish.Reason.TOOL_CALLS);
    var unclosed = mark(0, ToolCallMark.UNCLOSED);
    assertThat(judge(piece(0, "f", ""), unclosed, stop).getFirst().cut())
        .isEqualTo(CutReason.NOT_CLOSED);
    assertThat(judge(piece(0, "f", "{}"), unclosed, stop).getFirst().cut())
        .isEqualTo(CutReason.NOT_CLOSED);
    assertThat(judge(piece(0, "f", "{\"a\":1}"), unclosed, stop).getFirst().isWhole()).isTrue();
  }

  @Test
  void anErrorIsNoNaturalEnd() {
    var error = new StreamEvent.ErrorReported(Failure.retryable(Cause.PROVIDER_ERROR, "no"));
    var stop = finish(Finish.Reason.STOP);
    assertThat(judge(piece(0, "f", ""), stop, error).getFirst().cut())
        .isEqualTo(CutReason.PROVIDER_FAILED);
  }

  @Test
  void aCallWithoutANameIsNeverWhole() {
    var call = judge(piece(0, "", "{\"a\":1}"), finish(Finish.Reason.TOOL_CALLS)).getFirst();
    assertThat(call.cut()).isEqualTo(CutReason.NO_NAME);
    assertThat(call.call()).isEqualTo(new ToolCall(0, "", "", "{\"a\":1}"));
  }

  @Test
  void aDisputedCallIsWholeOnlyByItsOwnArguments() {
    var stop = finish(Finish.Reason.TOOL_CALLS);
    var disputed = mark(0, ToolCallMark.DISPUTED);
    assertThat(judge(piece(0, "f", ""), disputed, stop).getFirst().cut())
        .isEqualTo(CutReason.SHARED_INDEX);
    assertThat(judge(piece(0, "f", "{\"a\":"), disputed, stop).getFirst().cut())
        .isEqualTo(CutReason.SHARED_INDEX);
    assertThat(judge(piece(0, "f", "{\"a\":1}"), disputed, stop).getFirst().isWhole()).isTrue();
  }

  @Test
  void aFreeFormInputIsWholeWhereItWasClosed() {
    var free = mark(0, ToolCallMark.FREE_FORM);
    var closed = mark(0, ToolCallMark.CLOSED);
    var stop = finish(Finish.Reason.TOOL_CALLS);
    var limit = finish(Finish.Reason.LENGTH);
    assertThat(judge(piece(0, "f", "*** Begin"), free, closed, stop).getFirst().call().arguments())
        .isEqualTo("*** Begin");
    assertThat(judge(piece(0, "f", ""), free, closed, stop).getFirst().call().arguments())
        .isEmpty();
    assertThat(judge(piece(0, "f", "*** Be"), free, closed, limit).getFirst().cut())
        .isEqualTo(CutReason.TOKEN_LIMIT);
  }

  @Test
  void ofCumulativePiecesTheLastIsTheArguments() {
    var call =
        judge(
                piece(0, "find", "{\"q\":"),
                piece(0, "", "{\"q\":\"tide\","),
                piece(0, "", "{\"q\":\"tide\",\"n\":3}"),
                finish(Finish.Reason.TOOL_CALLS))
            .getFirst();
    assertThat(call.isWhole()).isTrue();
    assertThat(call.cumulative()).isTrue();
    assertThat(call.call().arguments()).isEqualTo("{\"q\":\"tide\",\"n\":3}");
    assertThat(call.detail()).contains("each repeated those before it");
  }

  @Test
  void theSameWholePieceAgainIsCumulative() {
    var whole = "{\"q\":\"x\"}";
    var call =
        judge(piece(0, "get", whole), piece(0, "", whole), finish(Finish.Reason.STOP)).getFirst();
    assertThat(call.call().arguments()).isEqualTo(whole);
    assertThat(call.cumulative()).isTrue();
  }

  private static final String SHORT = "{\"path\":\"no\"}";
  private static final String LONG = "{\"path\":\"notes/old\",\"list\":[1,{\"a\":2}]}";

  /** As servers send that parse unfinished arguments: each object contains the one before it. */
  @Test
  void objectsThatContainTheOneBeforeThemAreSnapshots() {
    var call =
        judge(
                piece(0, "rm", "{}"),
                piece(0, "", SHORT),
                piece(0, "", "{\"path\":\"notes/old\",\"list\":[1]}"),
                piece(0, "", LONG),
                finish(Finish.Reason.TOOL_CALLS))
            .getFirst();
    assertThat(call.isWhole()).isTrue();
    assertThat(call.cumulative()).isTrue();
    assertThat(call.call().arguments()).isEqualTo(LONG);
  }

  /** Their writer closes each of them, so that a closed one is no sign that it is whole. */
  @Test
  void aSnapshotThatALimitCutIsNotWhole() {
    for (var reason : List.of(Finish.Reason.LENGTH, Finish.Reason.CONTENT_FILTER)) {
      var call = judge(piece(0, "rm", SHORT), piece(0, "", LONG), finish(reason)).getFirst();
      assertThat(call.isWhole()).isFalse();
      assertThat(judge(piece(0, "rm", LONG), piece(0, "", LONG), finish(reason)).getFirst())
          .matches(same -> !same.isWhole());
    }
  }

  @Test
  void objectsThatContradictOneAnotherAreRefused() {
    for (var other :
        List.of(
            "{\"path\":\"other\"}",
            "{\"list\":[1]}",
            "{\"path\":\"notes\",\"path\":\"no\"}",
            "{\"path\":3}",
            "[{\"path\":\"notes\"}]")) {
      var call =
          judge(piece(0, "rm", SHORT), piece(0, "", other), finish(Finish.Reason.TOOL_CALLS))
              .getFirst();
      assertThat(call.cut()).as(other).isEqualTo(CutReason.SEVERAL_VALUES);
    }
    // Two values in one piece are no snapshots.
    assertThat(judge(piece(0, "rm", SHORT + LONG), finish(Finish.Reason.STOP)).getFirst().cut())
        .isEqualTo(CutReason.SEVERAL_VALUES);
  }

  @Test
  void cumulativePiecesWithoutAWholeLastOneAreCut() {
    var early =
        judge(
                piece(0, "find", "{\"q\":"),
                piece(0, "", "{\"q\":\"tide\","),
                finish(Finish.Reason.TOOL_CALLS))
            .getFirst();
    assertThat(early.cut()).isEqualTo(CutReason.CUMULATIVE);
    assertThat(early.call().arguments()).isEqualTo("{\"q\":{\"q\":\"tide\",");
  }

  /** A piece may begin like the ones before it and still be the next one. */
  @Test
  void piecesThatJoinToJsonAreNotCumulative() {
    var call =
        judge(
                piece(0, "f", "{\"a\":"),
                piece(0, "", "{\"a\":1}"),
                piece(0, "", "}"),
                finish(Finish.Reason.TOOL_CALLS))
            .getFirst();
    assertThat(call.call().arguments()).isEqualTo("{\"a\":{\"a\":1}}");
    assertThat(call.cumulative()).isFalse();
    var list = judge(piece(0, "f", "["), piece(0, "", "[1]]"), finish(Finish.Reason.STOP));
    assertThat(list.getFirst().call().arguments()).isEqualTo("[[1]]");
  }

  @Test
  void aWholeCallStaysWhole() {
    var whole = new ToolCall(0, "a", "f", "{}");
    var calls = judge(new StreamEvent.ToolCallReady(whole), finish(Finish.Reason.LENGTH));
    assertThat(calls).containsExactly(new AssembledCall(whole, null, false));
  }
}
