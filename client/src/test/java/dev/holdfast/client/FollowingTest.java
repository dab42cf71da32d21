package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class FollowingTest {
  private final List<String> calls = new ArrayList<>();

  /** Writes down every call; throws at a token that says so. */
  private final StreamListener listener =
      new StreamListener() {
        @Override
        public void onStart(String responseId, String model) {
          calls.add("start " + responseId + " " + model);
        }

        @Override
        public void onToken(String text) {
          calls.add("token " + text);
          if (text.equals("throw")) {
            throw new IllegalStateException("of the listener's own");
          }
        }

        @Override
        public void onReasoning(String text) {
          calls.add("reasoning " + text);
        }

        @Override
        public void onToolCall(ToolCall call) {
          calls.add("tool " + call.name());
        }

        @Override
        public void onError(Failure failure) {
          calls.add("error " + failure.cause());
        }

        @Override
        public void onRetry(int n, int max, Duration delay) {
          calls.add("retry " + n + "/" + max + " " + delay);
        }

        @Override
        public void onSeam(Seam seam) {
          calls.add("seam " + seam.offset());
        }

        @Override
        public void onComplete(Outcome outcome) {
          calls.add("complete " + outcome.verdict().name());
        }
      };

  @Test
  void everyKindOfEventHasItsCall() {
    var failure = Failure.retryable(Cause.CONNECTION_LOST, "reset");
    var events =
        List.of(
            new StreamEvent.Started("r1", "m"),
            new StreamEvent.ReasoningDelta(0, "hm"),
            new StreamEvent.TextDelta(0, "a"),
            new StreamEvent.TextDelta(1, "of another choice"),
            new StreamEvent.FrameRejected(Failure.retryable(Cause.MALFORMED_JSON, "no JSON")),
            new StreamEvent.AttemptFailed(1, failure),
            new StreamEvent.Retrying(1, 3, Duration.ofMillis(5), Rung.ANCHOR),
            new StreamEvent.SeamMarked(new Seam(1, Rung.ANCHOR, 2, 0)),
            new StreamEvent.ToolCallReady(new ToolCall(0, "c", "look", "{}")));
    var machine =
        new EchoMachine() {
          @Override
          List<Action> text(ByteBuffer bytes) {
            return events.stream().<Action>map(Action.Deliver::new).toList();
          }
        };
    var rig = new Rig(machine);
    rig.exchange().say("go").end();
    new CompletionStream.ListenerLoop(rig.driver, listener).run();
    assertThat(calls)
        .containsExactly(
            "start r1 m",
            "reasoning hm",
            "token a",
            "error malformed-json",
            "error connection-lost",
            "retry 1/3 PT0.005S",
            "seam 1",
            "tool look",
            "complete COMPLETE");
  }

  @Test
  void aListenerThatThrowsCancelsAndStillReceivesTheEnd() {
    var rig = new Rig(new EchoMachine());
    rig.exchange().say("a").say("throw").say("b").end();
    new CompletionStream.ListenerLoop(rig.driver, listener).run();
    assertThat(calls).containsExactly("token a", "token throw", "complete CANCELLED");
    assertThat(rig.driver.outcome().failure().orElseThrow().detail())
        .isEqualTo("the listener threw java.lang.IllegalStateException");
    assertThat(rig.exchange().isCancelled()).isTrue();
  }

  @Test
  void aCutStreamCompletesWithItsVerdict() {
    var rig = new Rig(new EchoMachine());
    rig.exchange().say("a");
    rig.exchange().receiver.onFailure(Failure.retryable(Cause.CONNECTION_LOST, "reset"));
    new CompletionStream.ListenerLoop(rig.driver, listener).run();
    assertThat(calls).containsExactly("token a", "complete TRUNCATED");
  }

  @Test
  void theHandleWaitsForTheOutcomeAndDoesNotTakeEvents() throws Exception {
    var rig = new Rig(new EchoMachine());
    var reading =
        Thread.ofVirtual().unstarted(new CompletionStream.ListenerLoop(rig.driver, listener));
    var handle = CompletionStream.followedFrom(rig.driver, reading);
    assertThatThrownBy(handle::next).isInstanceOf(IllegalStateException.class);
    reading.start();
    rig.exchange().say("a").end();
    assertThat(handle.outcome().text()).isEqualTo("a");
    reading.join();
    assertThat(calls).containsExactly("token a", "complete COMPLETE");
  }
}
