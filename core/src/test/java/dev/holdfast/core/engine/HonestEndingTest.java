package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.dialect.RequestFacts;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import java.time.Duration;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** What is called complete is all there, and what is called exact is one generation. */
class HonestEndingTest {
  private static final String START =
      "Once upon a time there was a small stream that ran down the hill and broke in the mid";
  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");
  private static final RequestFacts TWO = new RequestFacts("m", 2, false, false, false, -1);

  private static Driven begun(StreamPolicy policy, RequestFacts facts) {
    var driven = new Driven(policy, Driven.PREFILL_THEN_ANCHOR, facts);
    driven.signal(new Signal.Begin());
    return driven.head(200);
  }

  private static StreamPolicy with(RecoveryPolicy recovery) {
    return StreamPolicy.DEFAULT.withRecovery(recovery);
  }

  @Nested
  class SeveralChoices {
    @Test
    void areAwaitedWhenOneBeginsAfterAnotherHasFinished() {
      var driven = begun(StreamPolicy.DEFAULT, TWO).lines("text a", "finish", "text1 b");
      driven.pass(Clocks.LINGER.plusSeconds(1));
      assertThat(driven.ending).isNull();

      driven.lines("text1 c", "finish1", "done");

      assertThat(driven.text).hasToString("abc");
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
    }

    @Test
    void areAwaitedEvenIfTheyWereNotAskedFor() {
      var driven = Driven.begun().head(200).lines("text a", "finish", "text1 b");

      driven.pass(Clocks.LINGER.plusSeconds(1));

      assertThat(driven.ending).isNull();
    }

    @Test
    void areNotCompleteWhenTheBodyEndsBeforeTheLastBegan() {
      var driven = begun(StreamPolicy.DEFAULT, TWO).lines("text a", "finish").end();

      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.TRUNCATED));
    }

    @Test
    void areNotCompleteWhenTheConnectionBreaksBeforeTheLastBegan() {
      var driven = begun(StreamPolicy.DEFAULT, TWO).lines("text a", "finish").fail(RESET);

      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.CONNECTION_LOST));
    }

    @Test
    void ofAServerThatMakesOnlyOneAreCompleteWithAWarning() {
      var driven = begun(StreamPolicy.DEFAULT, TWO).lines("text a", "finish", "done");

      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
      assertThat(driven.ending().warnings()).containsExactly(Cause.PROTOCOL_VIOLATION);
    }

    @Test
    void areNeverMixedIntoASeam() {
      var driven = Driven.begun().head(200).lines("text " + START).fail(RESET).head(200);

      driven.lines("text1  broke in the middle");

      assertThat(driven.text).hasToString(START);
      assertThat(driven.requests.getLast()).startsWith("anchor");
    }
  }

  @Nested
  class AToolCallThatDoesNotParse {
    @Test
    void isACutAndIsMadeAgain() {
      var driven = Driven.begun().head(200).lines("tool {\"a\":", "finish", "done");
      driven.pass(Duration.ofSeconds(1)).head(200).lines("tool {\"a\":1}", "finish", "done");

      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
      assertThat(driven.ending().toolCalls()).hasSize(1);
    }

    @Test
    void isNeverPartOfACompleteAnswer() {
      var once = StreamPolicy.DEFAULT.withRetry(RetryPolicy.NONE);
      var driven = Driven.begun(once).head(200).lines("tool {\"a\":", "finish", "done");

      assertThat(driven.ending().toolCalls()).isEmpty();
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.MALFORMED_JSON));
    }

    @Test
    void isExplainedByTheOutputLimit() {
      var driven = Driven.begun().head(200).lines("tool {\"a\":", "length", "done");

      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
      assertThat(driven.ending().toolCalls()).isEmpty();
      assertThat(driven.ending().warnings()).containsExactly(Cause.MALFORMED_JSON);
    }
  }

  @Nested
  class Reasoning {
    @Test
    void thatFollowsTextOfTheSameAnswerIsDelivered() {
      var driven = Driven.begun().head(200).lines("text Well.", "think hm", "text  So", "finish");

      assertThat(driven.delivered).contains(new StreamEvent.ReasoningDelta(0, "hm"));
    }

    @Test
    void ofAnotherGenerationMakesTheAnswerNoExactOne() {
      var driven = Driven.begun().head(200).lines("think hm").fail(RESET);
      driven.head(200).lines("think other", "text Hello", "finish", "done");

      assertThat(driven.ending().exactness()).isEqualTo(Exactness.CONTINUED);
    }

    @Test
    void isNotReplacedWhereAnExactAnswerIsRequired() {
      var exact = with(RecoveryPolicy.DEFAULT.withRequireExact(true));
      var driven = Driven.begun(exact).head(200).lines("think hm").fail(RESET);

      assertThat(driven.requests).hasSize(1);
      assertThat(driven.ending().stoppedBy()).contains(Cause.NO_RUNG);
    }

    @Test
    void aloneMayBeFollowedByARefusal() {
      var driven = Driven.begun().head(200).lines("think hm").fail(RESET);
      driven.head(200).lines("refuse No.", "finish", "done");

      assertThat(driven.delivered).contains(new StreamEvent.RefusalDelta(0, "No."));
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
    }
  }

  @Nested
  class TheClocks {
    private final StreamPolicy policy =
        StreamPolicy.DEFAULT
            .withTimeouts(Timeouts.DEFAULT.withIdle(Duration.ofSeconds(10)))
            .withRetry(RetryPolicy.NONE);

    @Test
    void countFromTheConsumersReturnForBytesThatCameWhileItWasAway() {
      var driven = Driven.begun(policy).head(200).lines("text Hello");
      driven.signal(new Signal.Paused());
      driven.pass(Duration.ofSeconds(5)).lines("ping").pass(Duration.ofSeconds(15));
      driven.signal(new Signal.Demand());

      driven.pass(Duration.ofSeconds(10));

      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.IDLE_TIMEOUT));
    }

    @Test
    void areSetAgainWhenATimerFiresEarly() {
      var driven = Driven.begun(policy).head(200).lines("text Hello");

      assertThat(driven.signal(new Signal.TimerFired()))
          .containsExactly(new Action.SetTimer(Duration.ofSeconds(10).toNanos()));
    }
  }

  @Test
  void warningsDoNotGrowWithTheStream() {
    var skip = with(RecoveryPolicy.DEFAULT.withMalformed(RecoveryPolicy.Malformed.SKIP));
    var driven = Driven.begun(skip).head(200);

    IntStream.range(0, 1000).forEach(i -> driven.lines("garbage"));
    driven.lines("text a", "finish", "done");

    assertThat(driven.ending().warnings()).containsExactly(Cause.MALFORMED_JSON);
  }
}
