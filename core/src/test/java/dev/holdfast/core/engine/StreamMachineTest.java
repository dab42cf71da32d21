package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

class StreamMachineTest {
  private static final String START =
      "Once upon a time there was a small stream that ran down the hill and broke in the mid";
  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");

  private static Driven cutAfterText() {
    return Driven.begun().head(200).lines("text " + START).fail(RESET);
  }

  @Nested
  class AHealthyStream {
    @Test
    void isDeliveredAsItComesAndProvenComplete() {
      var driven = Driven.begun().head(200).lines("text Hello", "text  world", "finish", "done");

      assertThat(driven.text).hasToString("Hello world");
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
      assertThat(driven.ending().exactness()).isEqualTo(Exactness.UNBROKEN);
      assertThat(driven.ending().warnings()).isEmpty();
    }

    @Test
    void withoutTheClosingMarkerIsCompleteWithAWarning() {
      var driven = Driven.begun().head(200).lines("text Hello", "finish").end();

      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
      assertThat(driven.ending().warnings()).containsExactly(Cause.MISSING_DONE);
    }

    @Test
    void isNotAwaitedLongerThanItsTrailersMayTake() {
      var driven = Driven.begun().head(200).lines("text Hello", "finish");

      driven.pass(Clocks.LINGER);

      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
    }

    @Test
    void handsOnToolCallsOnlyWhenTheFinishWasSeen() {
      var driven = Driven.begun().head(200).lines("tool {\"a\":1}");
      assertThat(driven.delivered).isEmpty();

      driven.lines("finish", "done");

      assertThat(driven.ending().toolCalls()).hasSize(1);
    }
  }

  @Nested
  class BeforeAnyContent {
    @Test
    void aLostConnectionIsSimplyTriedAgain() {
      var driven = Driven.begun().head(200).fail(RESET).pass(Duration.ofSeconds(1));
      driven.head(200).lines("text Hello", "finish", "done");

      assertThat(driven.requests).containsExactly("{}", "{}");
      assertThat(driven.ending().exactness()).isEqualTo(Exactness.UNBROKEN);
    }

    @Test
    void threeAttemptsAreMadeAndThenTheLastFailureIsBlamed() {
      var driven = Driven.begun();
      for (int i = 0; i < 3; i++) {
        driven.fail(RESET).pass(Duration.ofSeconds(2));
      }

      assertThat(driven.requests).hasSize(3);
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.CONNECTION_LOST));
      assertThat(driven.ending().stoppedBy()).contains(Cause.RETRIES_EXHAUSTED);
    }

    @Test
    void whatTheProviderAskedToWaitIsWaited() {
      var wait =
          Failure.builder(Cause.RATE_LIMITED, "slow")
              .retryable(true)
              .retryAfter(Duration.ofSeconds(7))
              .httpStatus(429)
              .build();
      var driven = Driven.begun().fail(wait);

      driven.pass(Duration.ofMillis(6999));
      assertThat(driven.requests).hasSize(1);
      driven.pass(Duration.ofMillis(1));
      assertThat(driven.requests).hasSize(2);
    }

    @Test
    void aLongerWaitThanAllowedEndsTheStream() {
      var wait =
          Failure.builder(Cause.RATE_LIMITED, "slow")
              .retryable(true)
              .retryAfter(Duration.ofSeconds(61))
              .httpStatus(429)
              .build();

      var ending = Driven.begun().fail(wait).ending();

      assertThat(ending.verdict()).isEqualTo(new Verdict.Failed(Cause.RATE_LIMITED));
    }

    @Test
    void aRejectedRequestIsNotTriedAgain() {
      var driven = Driven.begun().fail(Failure.permanent(Cause.REJECTED, "bad"));

      assertThat(driven.requests).hasSize(1);
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Failed(Cause.REJECTED));
    }

    @Test
    void anEmptyBudgetStopsTheRetries() {
      var driven = Driven.begun();
      driven.retryAllowed = false;

      assertThat(driven.fail(RESET).ending().stoppedBy()).contains(Cause.BUDGET_EXHAUSTED);
    }
  }

  @Nested
  class AfterOutput {
    @Test
    void theContinuationGoesAtOnceAndStartsBeforeTheCut() {
      var driven = cutAfterText();

      assertThat(driven.requests)
          .containsExactly(
              "{}",
              "prefill |Once upon a time there was a small stream that ran down the hill and|");
    }

    @Test
    void theRepeatedTextIsSwallowedAndTheSeamMarked() {
      var driven =
          cutAfterText().head(200).lines("text  broke in the middle of it.", "finish", "done");

      assertThat(driven.text).hasToString(START + "dle of it.");
      assertThat(driven.ending().exactness()).isEqualTo(Exactness.CONTINUED);
      assertThat(driven.ending().seams())
          .singleElement()
          .matches(seam -> seam.offset() == START.length() && seam.overlap() == 17);
    }

    @Test
    void anotherTextIsNeverJoined() {
      var driven = cutAfterText().head(200).lines("text Bananas are berries, botanically.");

      assertThat(driven.text).hasToString(START);
      assertThat(driven.requests.getLast()).startsWith("anchor |" + START + "| «");
    }

    @Test
    void aRefusedRungIsRememberedAndTheNextOneTried() {
      var driven = cutAfterText().head(400).end();

      assertThat(driven.log).contains(new Action.DisableRung(0, Rung.PREFILL));
      assertThat(driven.requests.getLast()).startsWith("anchor");
    }

    @Test
    void aRungMayBeRefusedInsideASuccess() {
      var driven = cutAfterText().head(200).lines("reject");

      assertThat(driven.log).contains(new Action.DisableRung(0, Rung.PREFILL));
      assertThat(driven.requests.getLast()).startsWith("anchor");
    }

    @Test
    void whenNoRungIsLeftTheFirstFailureIsReported() {
      var driven = cutAfterText().head(400).end().head(400).end();

      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.CONNECTION_LOST));
      assertThat(driven.ending().stoppedBy()).contains(Cause.NO_RUNG);
      assertThat(driven.text).hasToString(START);
    }

    @Test
    void anExactAnswerIsNotContinuedByGuessing() {
      var policy = StreamPolicy.DEFAULT.withRecovery(RecoveryPolicy.DEFAULT.withRequireExact(true));
      var driven = Driven.begun(policy).head(200).lines("text " + START).fail(RESET);

      assertThat(driven.requests).hasSize(1);
      assertThat(driven.ending().stoppedBy()).contains(Cause.NO_RUNG);
    }

    @Test
    void reasoningOfAContinuationIsNotMixedIn() {
      var driven = Driven.begun().head(200).lines("think hm", "text " + START).fail(RESET);
      driven.head(200).lines("think again", "text  broke in the middle.", "finish", "done");

      assertThat(driven.delivered)
          .filteredOn(StreamEvent.ReasoningDelta.class::isInstance)
          .containsExactly(new StreamEvent.ReasoningDelta(0, "hm"));
    }

    @Test
    void afterReasoningAloneTheAnswerIsAskedForAgain() {
      var driven = Driven.begun().head(200).lines("think hm").fail(RESET);
      driven.head(200).lines("think other", "text Hello", "finish", "done");

      assertThat(driven.requests).containsExactly("{}", "{}");
      assertThat(driven.text).hasToString("Hello");
    }

    @Test
    void textPastTheLimitOfRecoveryIsLeftToItsHolder() {
      var policy = StreamPolicy.DEFAULT.withRecovery(RecoveryPolicy.DEFAULT.withPartialLimit(10));
      var driven = Driven.begun(policy).head(200);
      var held = driven.machine.deliveredText();
      driven.lines("text 0123456789");
      assertThat(held).hasToString("0123456789");

      driven.lines("text a", "text b").fail(RESET);

      assertThat(held).hasToString("0123456789");
      assertThat(driven.machine.deliveredText()).isEmpty();
      assertThat(driven.text).hasToString("0123456789ab");
      assertThat(driven.requests).hasSize(1);
    }

    @Test
    void eightContinuationsAreMadeAndNoMore() {
      var capability = new Capability(List.of(Rung.PREFILL), Driven.PREFILL_THEN_ANCHOR.prefill());
      var driven = new Driven(StreamPolicy.DEFAULT, capability, ScriptDialect.PLAIN);
      driven.signal(new Signal.Begin());
      driven.head(200).lines("text It begins with word0 and more0").fail(RESET);
      for (int i = 1; driven.ending == null; i++) {
        String last = driven.requests.getLast();
        String sent = last.substring("prefill |".length(), last.length() - 1);
        String tail = driven.text.substring(sent.length());
        driven.head(200).lines("text " + tail + " word" + i + " and more" + i).fail(RESET);
      }

      assertThat(driven.requests).hasSize(9);
      assertThat(driven.ending().stoppedBy()).contains(Cause.RETRIES_EXHAUSTED);
    }
  }

  @Nested
  class Silence {
    private final Timeouts timeouts =
        Timeouts.DEFAULT
            .withFirstToken(Duration.ofSeconds(30))
            .withIdle(Duration.ofSeconds(10))
            .withProgress(Duration.ofSeconds(20));
    private final StreamPolicy policy =
        StreamPolicy.DEFAULT.withTimeouts(timeouts).withRetry(RetryPolicy.NONE);

    @Test
    void beforeTheFirstTokenIsNamedSo() {
      var driven = Driven.begun(policy).pass(Duration.ofSeconds(30));

      assertThat(driven.ending().verdict())
          .isEqualTo(new Verdict.Truncated(Cause.FIRST_TOKEN_TIMEOUT));
    }

    @Test
    void ofAllBytesIsIdle() {
      var driven = Driven.begun(policy).head(200).lines("text Hello").pass(Duration.ofSeconds(10));

      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.IDLE_TIMEOUT));
    }

    @Test
    void behindPingsIsStillNoProgress() {
      var driven = Driven.begun(policy).head(200).lines("text Hello");
      for (int i = 0; i < 3; i++) {
        driven.pass(Duration.ofSeconds(6)).lines("ping");
      }
      driven.pass(Duration.ofSeconds(2));

      assertThat(driven.ending().verdict())
          .isEqualTo(new Verdict.Truncated(Cause.PROGRESS_TIMEOUT));
    }

    @Test
    void ofTheConsumerIsNotBlamedOnTheUpstream() {
      var driven = Driven.begun(policy).head(200).lines("text Hello");
      driven.signal(new Signal.Paused());
      driven.pass(Duration.ofHours(1));
      driven.signal(new Signal.Demand());
      driven.pass(Duration.ofSeconds(9));

      assertThat(driven.ending).isNull();
      driven.pass(Duration.ofSeconds(1));
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.IDLE_TIMEOUT));
    }

    @Test
    void theWholeStreamHasADeadlineToo() {
      var total = StreamPolicy.DEFAULT.withTimeouts(timeouts.withTotal(Duration.ofSeconds(5)));
      var driven = Driven.begun(total).head(200).lines("text Hello").pass(Duration.ofSeconds(5));

      assertThat(driven.ending().verdict())
          .isEqualTo(new Verdict.Truncated(Cause.DEADLINE_EXCEEDED));
    }
  }

  @Test
  void cancellationClosesTheAttemptAndEndsTheStream() {
    var driven = Driven.begun().head(200).lines("text Hello");
    driven.signal(new Signal.Cancelled());

    assertThat(driven.log).contains(new Action.CloseAttempt(1));
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Cancelled());
  }

  @Test
  void anErrorAfterTheFinishBeatsIt() {
    var driven = Driven.begun().head(200).lines("text Hello", "finish", "error");

    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Failed(Cause.PROVIDER_ERROR));
  }

  @Test
  void aMalformedFrameIsACutUnlessThePolicyDecidesOtherwise() {
    var skip =
        StreamPolicy.DEFAULT.withRecovery(
            RecoveryPolicy.DEFAULT.withMalformed(RecoveryPolicy.Malformed.SKIP));
    var fail =
        StreamPolicy.DEFAULT.withRecovery(
            RecoveryPolicy.DEFAULT.withMalformed(RecoveryPolicy.Malformed.FAIL));

    assertThat(Driven.begun().head(200).lines("text " + START, "garbage").requests).hasSize(2);
    assertThat(
            Driven.begun(skip)
                .head(200)
                .lines("text a", "garbage", "text b", "finish", "done")
                .text)
        .hasToString("ab");
    assertThat(Driven.begun(fail).head(200).lines("text a", "garbage").ending().verdict())
        .isEqualTo(new Verdict.Truncated(Cause.MALFORMED_JSON));
  }

  @Test
  void aBrokenContractIsNamed() {
    var driven = Driven.begun();

    assertThatThrownBy(() -> driven.signal(new Signal.Begin()))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("Begin")
        .hasMessageContaining("Opening");
  }
}
