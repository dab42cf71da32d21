package dev.holdfast.core.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Events folded into what an answer said. */
class TranscriptTest {
  private final Transcript transcript = new Transcript();

  @Test
  void joinsTextsByChoiceAndKind() {
    transcript.accept(new StreamEvent.TextDelta(1, "x"));
    transcript.accept(new StreamEvent.TextDelta(0, "a"));
    transcript.accept(new StreamEvent.ReasoningDelta(0, "hm"));
    transcript.accept(new StreamEvent.TextDelta(0, "b"));
    transcript.accept(new StreamEvent.RefusalDelta(2, "no"));
    assertThat(transcript.text()).isEqualTo(Map.of(0, "ab", 1, "x"));
    assertThat(transcript.text(0)).isEqualTo("ab");
    assertThat(transcript.text(7)).isEmpty();
    assertThat(transcript.reasoning()).isEqualTo(Map.of(0, "hm"));
    assertThat(transcript.refusal()).isEqualTo(Map.of(2, "no"));
  }

  @Test
  void joinsFragmentsOfToolCallsInOrderOfAppearance() {
    transcript.accept(new StreamEvent.ToolCallDelta(0, 0, "a", "f", ""));
    transcript.accept(new StreamEvent.ToolCallDelta(0, 1, "", "g", "["));
    transcript.accept(new StreamEvent.ToolCallDelta(0, 0, "", "", "{}"));
    transcript.accept(new StreamEvent.ToolCallDelta(0, 1, "b", "", "]"));
    transcript.accept(new StreamEvent.ToolCallReady(new ToolCall(1, "c", "h", "1")));
    assertThat(transcript.toolCalls())
        .containsExactly(
            new ToolCall(0, "a", "f", "{}"),
            new ToolCall(0, "b", "g", "[]"),
            new ToolCall(1, "c", "h", "1"));
  }

  @Test
  void theLastFinishUsageAndErrorCount() {
    transcript.accept(new StreamEvent.Finished(0, new Finish(Finish.Reason.STOP, "stop")));
    transcript.accept(new StreamEvent.Finished(0, new Finish(Finish.Reason.LENGTH, "length")));
    transcript.accept(new StreamEvent.Usage(TokenUsage.of(1, 2, "{}")));
    transcript.accept(new StreamEvent.Usage(TokenUsage.of(1, 5, "{}")));
    var failure = Failure.retryable(Cause.OVERLOADED, "busy");
    transcript.accept(new StreamEvent.ErrorReported(Failure.permanent(Cause.REJECTED, "no")));
    transcript.accept(new StreamEvent.ErrorReported(failure));
    assertThat(transcript.finishes())
        .isEqualTo(Map.of(0, new Finish(Finish.Reason.LENGTH, "length")));
    assertThat(transcript.usage()).isEqualTo(TokenUsage.of(1, 5, "{}"));
    assertThat(transcript.error()).isEqualTo(failure);
    assertThat(transcript.rejection()).isNull();
  }
}
