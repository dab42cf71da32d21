package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What else than text a broken stream may hold: one rule each, as docs/recovery.md has them. */
class SeamRulesTest {
  private static final String START =
      "Once upon a time there was a small stream that ran down the hill and broke in the mid";

  private static final String REST = "text  broke in the middle of it.";

  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");

  private static final StreamPolicy LIVE =
      StreamPolicy.DEFAULT.withRecovery(
          RecoveryPolicy.DEFAULT.withTools(RecoveryPolicy.Tools.LIVE));

  private static Driven cut(StreamPolicy policy, String... before) {
    return Driven.begun(policy).head(200).lines(before).fail(RESET);
  }

  private static List<StreamEvent> of(Driven driven, Class<? extends StreamEvent> type) {
    return driven.delivered.stream().filter(type::isInstance).toList();
  }

  private static void endsWithWhatThereWas(Driven driven, String text) {
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.CONNECTION_LOST));
    assertThat(driven.ending().stoppedBy()).contains(Cause.NO_RUNG);
    assertThat(driven.text).hasToString(text);
    assertThat(of(driven, StreamEvent.ToolCallReady.class)).isEmpty();
  }

  @Test
  void reasoningBehindASeamIsKeptBack() {
    var driven = cut(StreamPolicy.DEFAULT, "think a", "text " + START).head(200);
    driven.lines("think b", REST, "think c", "finish", "done");

    assertThat(driven.text).hasToString(START + "dle of it.");
    assertThat(of(driven, StreamEvent.ReasoningDelta.class))
        .containsExactly(new StreamEvent.ReasoningDelta(0, "a"));
  }

  @Test
  void aRefusalIsNotContinued() {
    endsWithWhatThereWas(cut(StreamPolicy.DEFAULT, "text " + START, "refuse I can"), START);
  }

  @Test
  void aRefusalInsteadOfAContinuationIsNotJoined() {
    var driven = cut(StreamPolicy.DEFAULT, "text " + START).head(200).lines("refuse I cannot");

    assertThat(of(driven, StreamEvent.RefusalDelta.class)).isEmpty();
    assertThat(driven.requests.getLast()).startsWith("anchor");
  }

  @Test
  void aRefusalBehindASeamIsHandedOn() {
    var driven = cut(StreamPolicy.DEFAULT, "text " + START).head(200);
    driven.lines(REST, "refuse No more.", "finish", "done");

    assertThat(of(driven, StreamEvent.RefusalDelta.class))
        .containsExactly(new StreamEvent.RefusalDelta(0, "No more."));
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
  }

  @Test
  void aCutToolCallIsForgottenAndMadeAgain() {
    var driven = cut(StreamPolicy.DEFAULT, "text " + START, "tool {\"a\":").head(200);
    driven.lines(REST, "tool {\"a\":1}", "finish", "done");

    assertThat(driven.text).hasToString(START + "dle of it.");
    assertThat(of(driven, StreamEvent.ToolCallReady.class))
        .containsExactly(new StreamEvent.ToolCallReady(new ToolCall(0, "", "f", "{\"a\":1}")));
    assertThat(of(driven, StreamEvent.ToolCallDelta.class)).isEmpty();
  }

  @Test
  void aWholeToolCallOfABrokenAttemptIsForgottenToo() {
    var driven = cut(StreamPolicy.DEFAULT, "text " + START, "tool {\"a\":1}").head(200);
    driven.lines(REST, "finish", "done");

    assertThat(of(driven, StreamEvent.ToolCallReady.class)).isEmpty();
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
  }

  @Test
  void behindFragmentsThatWereHandedOnNothingIsContinued() {
    endsWithWhatThereWas(cut(LIVE, "text " + START, "tool {\"a\":"), START);
  }

  @Test
  void aLiveToolCallInsteadOfAContinuationIsNotHandedOn() {
    var driven = cut(LIVE, "text " + START).head(200).lines("tool {\"a\":1}");

    assertThat(of(driven, StreamEvent.ToolCallDelta.class)).isEmpty();
    assertThat(driven.requests.getLast()).startsWith("anchor");
  }

  @Test
  void aLiveToolCallBehindTheRepetitionIsHandedOn() {
    var driven = cut(LIVE, "text " + START + "dle.").head(200);
    driven.lines("text  broke in the middle.", "tool {\"a\":1}", "finish", "done");

    assertThat(driven.text).hasToString(START + "dle.");
    assertThat(of(driven, StreamEvent.ToolCallDelta.class)).hasSize(1);
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
  }

  @Test
  void aWholeToolCallWithoutTheRepetitionIsNotHandedOn() {
    var driven = cut(StreamPolicy.DEFAULT, "text " + START).head(200);
    driven.lines("tool {\"a\":1}", "finish", "done");

    assertThat(of(driven, StreamEvent.ToolCallReady.class)).isEmpty();
    assertThat(driven.requests.getLast()).startsWith("anchor");
  }

  @Test
  void structuredOutputIsNotContinuedByGuessing() {
    var facts = new RequestFacts("m", 1, false, true, false, -1);
    var driven = new Driven(StreamPolicy.DEFAULT, Driven.PREFILL_THEN_ANCHOR, facts);
    driven.signal(new Signal.Begin());
    driven.head(200).lines("text " + START).fail(RESET);

    assertThat(driven.requests).hasSize(1);
    endsWithWhatThereWas(driven, START);
  }

  @Test
  void severalChoicesAreNotContinued() {
    var driven = cut(StreamPolicy.DEFAULT, "text " + START, "text1 Other.");

    assertThat(driven.requests).hasSize(1);
    assertThat(driven.ending().stoppedBy()).contains(Cause.NO_RUNG);
  }

  @Test
  void anotherChoiceInAContinuationIsNotJoined() {
    var driven = cut(StreamPolicy.DEFAULT, "text " + START).head(200).lines("text1 Other.");

    assertThat(driven.text).hasToString(START);
    assertThat(driven.requests.getLast()).startsWith("anchor");
  }
}
