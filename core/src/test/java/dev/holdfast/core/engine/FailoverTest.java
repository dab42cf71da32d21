package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
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

/** Which of several upstreams is asked, and when. */
class FailoverTest {
  private static final String START =
      "Once upon a time there was a small stream that ran down the hill and broke in the mid";
  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");
  private static final StreamPolicy ELSEWHERE =
      StreamPolicy.DEFAULT.withFailover(FailoverPolicy.DEFAULT.withContinueElsewhere(true));

  private static Driven ofTwo() {
    return Driven.ofTwo(StreamPolicy.DEFAULT);
  }

  private static Failure rejected(int status) {
    return Failure.builder(Cause.REJECTED, "no").httpStatus(status).build();
  }

  @Nested
  class BeforeAnyContent {
    @Test
    void theNextUpstreamIsAskedAtOnceAndInItsOwnWords() {
      var driven = ofTwo().fail(RESET);

      assertThat(driven.requests).containsExactly("a", "b");
      assertThat(driven.upstream).isEqualTo(1);
      assertThat(driven.head(200).lines("text Hello", "finish", "done").ending().exactness())
          .isEqualTo(Exactness.UNBROKEN);
    }

    @Test
    void onceAllHaveFailedTheNextRoundBeginsAfterAPause() {
      var driven = ofTwo().fail(RESET).fail(RESET);
      assertThat(driven.requests).hasSize(2);

      driven.pass(Duration.ofSeconds(1));

      assertThat(driven.requests).containsExactly("a", "b", "a");
      assertThat(driven.fail(RESET).ending().stoppedBy()).contains(Cause.RETRIES_EXHAUSTED);
    }

    @Test
    void anUpstreamThatAskedForAWaitIsNotAskedSooner() {
      var wait =
          Failure.builder(Cause.RATE_LIMITED, "slow")
              .retryable(true)
              .retryAfter(Duration.ofSeconds(7))
              .httpStatus(429)
              .build();
      var driven = ofTwo().fail(wait).fail(RESET).pass(Duration.ofSeconds(1));

      assertThat(driven.requests).containsExactly("a", "b", "b");
    }

    @Test
    void aWaitTooLongForOneUpstreamIsNoneForTheNext() {
      var wait =
          Failure.builder(Cause.RATE_LIMITED, "slow")
              .retryable(true)
              .retryAfter(Duration.ofHours(1))
              .httpStatus(429)
              .build();

      assertThat(ofTwo().fail(wait).requests).containsExactly("a", "b");
    }

    @Test
    void aKeyThatIsRefusedConcernsOneUpstreamOnly() {
      for (int status : List.of(401, 402, 403, 404, 429)) {
        var driven = ofTwo().fail(rejected(status));
        assertThat(driven.requests).as("%d", status).containsExactly("a", "b");
        assertThat(driven.fail(RESET).pass(Duration.ofSeconds(1)).requests)
            .as("%d: never asked again", status)
            .containsExactly("a", "b", "b");
      }
    }

    @Test
    void aRequestThatIsWrongIsWrongEverywhere() {
      for (int status : List.of(400, 413, 422)) {
        var driven = ofTwo().fail(rejected(status));
        assertThat(driven.requests).as("%d", status).hasSize(1);
        assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Failed(Cause.REJECTED));
      }
    }

    @Test
    void theServersShouldNotRetryIsAboutThatServer() {
      var spent = Failure.builder(Cause.PROVIDER_ERROR, "spent").httpStatus(500).build();
      var driven = ofTwo().fail(spent);
      assertThat(driven.requests).containsExactly("a", "b");

      assertThat(driven.fail(spent).ending().stoppedBy()).isEmpty();
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Failed(Cause.PROVIDER_ERROR));
    }

    @Test
    void scoresGoToTheUpstreamThatWasAsked() {
      var driven = ofTwo().fail(RESET).head(200).lines("text Hello", "finish", "done");

      assertThat(driven.log)
          .contains(
              new Action.ReportHealth(0, new AttemptResult.Failed(RESET, false)),
              new Action.ReportHealth(1, new AttemptResult.Content()),
              new Action.ReportHealth(1, new AttemptResult.Whole()));
    }
  }

  @Nested
  class Circuits {
    @Test
    void anOpenOneIsPassedOver() {
      var driven = Driven.unbegunOfTwo(StreamPolicy.DEFAULT);
      driven.waits.put(0, Duration.ofSeconds(3));
      driven.signal(new Signal.Begin());

      assertThat(driven.requests).containsExactly("b");
    }

    @Test
    void whenAllAreOpenTheStreamFailsFastAndReportsWhenToComeBack() {
      var driven = Driven.unbegunOfTwo(StreamPolicy.DEFAULT);
      driven.waits.put(0, Duration.ofSeconds(3));
      driven.waits.put(1, Duration.ofMillis(1500));
      driven.signal(new Signal.Begin());

      var ending = driven.ending();
      assertThat(driven.requests).isEmpty();
      assertThat(ending.verdict()).isEqualTo(new Verdict.Failed(Cause.BUDGET_EXHAUSTED));
      assertThat(ending.failure())
          .contains(
              Failure.builder(
                      Cause.BUDGET_EXHAUSTED,
                      "too many attempts failed lately; asked again: a in 3000 ms, b in 1500 ms")
                  .retryable(true)
                  .retryAfter(Duration.ofMillis(1500))
                  .build());
      assertThat(ending.attempts()).isEmpty();
    }

    @Test
    void aStreamUnderWayWaitsForOne() {
      var driven = Driven.begun().fail(RESET);
      driven.waits.put(0, Duration.ofSeconds(3));

      driven.pass(Duration.ofSeconds(2));
      assertThat(driven.requests).hasSize(1);
      driven.waits.clear();
      driven.pass(Duration.ofSeconds(2));
      assertThat(driven.requests).hasSize(2);
    }

    @Test
    void noLongerThanForAProvider() {
      var driven = Driven.begun().fail(RESET);
      driven.waits.put(0, Duration.ofSeconds(3));

      driven.pass(RetryPolicy.DEFAULT.maxRetryAfter().plusSeconds(2));

      assertThat(driven.requests).hasSize(1);
      assertThat(driven.ending().stoppedBy()).contains(Cause.BUDGET_EXHAUSTED);
      assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.CONNECTION_LOST));
    }
  }

  @Nested
  class AfterOutput {
    private Driven cut(StreamPolicy policy) {
      return Driven.ofTwo(policy).head(200).lines("text " + START).fail(RESET);
    }

    @Test
    void theAnswerIsContinuedWhereItCameFrom() {
      var driven = cut(StreamPolicy.DEFAULT);
      assertThat(driven.upstream).isZero();

      driven.head(400).end().head(400).end();

      assertThat(driven.ending().stoppedBy()).contains(Cause.NO_RUNG);
      assertThat(driven.log)
          .noneMatch(action -> action instanceof Action.OpenAttempt open && open.upstream() == 1);
    }

    @Test
    void itsAuthorIsTheUpstreamThatAnswered() {
      var driven = ofTwo().fail(RESET).head(200).lines("text " + START).fail(RESET);

      assertThat(driven.upstream).isEqualTo(1);
      assertThat(driven.requests.getLast()).startsWith("prefill |");
    }

    @Test
    void anotherUpstreamContinuesAtAnAnchorIfTheOperatorAllows() {
      var driven = cut(ELSEWHERE);
      assertThat(driven.upstream).as("its author first").isZero();
      driven.fail(RESET);

      assertThat(driven.upstream).isEqualTo(1);
      assertThat(driven.requests.getLast()).startsWith("anchor |");
      driven
          .head(200)
          .lines(
              "text stream that ran down the hill and broke in the middle of it.",
              "finish",
              "done");
      assertThat(driven.text).hasToString(START + "dle of it.");
      assertThat(driven.ending().exactness()).isEqualTo(Exactness.CONTINUED);
      assertThat(driven.ending().seams())
          .singleElement()
          .matches(seam -> seam.rung() == Rung.ANCHOR);
    }

    @Test
    void anotherUpstreamIsNeverAskedForAnExactAnswer() {
      var exact = ELSEWHERE.withRecovery(RecoveryPolicy.DEFAULT.withRequireExact(true));

      assertThat(cut(exact).ending().stoppedBy()).contains(Cause.NO_RUNG);
    }

    @Test
    void theReportedRefusalIsThatOfTheAuthor() {
      var patient =
          new RetryPolicy(9, 9, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofSeconds(60));
      var driven = cut(ELSEWHERE.withRetry(patient));
      driven.head(400).end().head(400).end().head(400).end();

      assertThat(driven.upstream).isEqualTo(1);
      assertThat(driven.ending().stoppedBy()).contains(Cause.NO_RUNG);
      assertThat(driven.delivered)
          .anyMatch(event ->
              event instanceof StreamEvent.Warned(Cause cause, String detail)
                  && detail.startsWith(
                      "prefill: provider answered 400; anchor: provider answered 400"));
    }
  }
}
