package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.health.RetryBudget;
import dev.holdfast.core.health.UpstreamHealth;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.FailoverPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.AttemptReport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/** A second attempt beside a slow one: the first content wins. */
class HedgeTest {
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");
  private static final StreamPolicy POLICY =
      StreamPolicy.DEFAULT.withFailover(FailoverPolicy.DEFAULT.withHedgeAfter(PATIENCE));

  private static Driven hedged() {
    return Driven.ofTwo(POLICY).pass(PATIENCE);
  }

  private static Driven to(int attempt, Driven driven) {
    driven.attempt = attempt;
    return driven;
  }

  @Test
  void isMadeAtTheNextUpstreamOnceTheFirstTokenIsLate() {
    var driven = Driven.ofTwo(POLICY).pass(PATIENCE.minusMillis(1));
    assertThat(driven.requests).containsExactly("a");

    driven.pass(Duration.ofMillis(1));

    assertThat(driven.requests).containsExactly("a", "b");
    assertThat(driven.log).doesNotContain(new Action.CloseAttempt(1));
    assertThat(driven.log).contains(new Action.ReportHealth(1, new AttemptResult.Hedged()));
  }

  @Test
  void isMadeAtTheOnlyUpstreamIfThereIsNoOther() {
    assertThat(Driven.begun(POLICY).pass(PATIENCE).requests).containsExactly("{}", "{}");
  }

  @Test
  void isNeverMadeUnlessAskedFor() {
    assertThat(Driven.ofTwo(StreamPolicy.DEFAULT).pass(Duration.ofSeconds(299)).requests)
        .hasSize(1);
  }

  @Test
  void isMadeOnceAtMost() {
    assertThat(hedged().pass(Duration.ofSeconds(60)).requests).hasSize(2);
  }

  @Test
  void isNotMadeAfterContent() {
    var driven = Driven.ofTwo(POLICY).head(200).lines("text Hello").pass(Duration.ofSeconds(60));

    assertThat(driven.requests).hasSize(1);
  }

  @Test
  void isNotMadeWhileTheBudgetIsSpentOrTheCircuitsAreOpen() {
    var spent = Driven.ofTwo(POLICY);
    spent.retryAllowed = false;
    var open = Driven.ofTwo(POLICY);
    open.waits.put(0, Duration.ofSeconds(1));
    open.waits.put(1, Duration.ofSeconds(1));

    assertThat(spent.pass(PATIENCE).requests).hasSize(1);
    assertThat(open.pass(PATIENCE).requests).hasSize(1);
  }

  @Test
  void takesATokenOfTheBudget() {
    var budget = new RetryBudget(2);
    var health = new UpstreamHealth(budget, BreakerPolicy.DEFAULT, new SplittableRandom(1));
    health.score(new AttemptResult.Hedged(), 0);

    assertThat(health.standing(0).retryAllowed()).isFalse();
  }

  @Test
  void theFirstContentWinsAndTheLoserIsClosedAtOnce() {
    var driven = hedged().head(200).lines("text Hello");
    assertThat(driven.log).contains(new Action.CloseAttempt(1));
    assertThat(driven.log).contains(new Action.ReportHealth(0, new AttemptResult.Dropped()));

    to(1, driven).lines("text Goodbye");
    to(2, driven).lines("text , world", "finish", "done");

    assertThat(driven.text).hasToString("Hello, world");
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(driven.ending().attempts())
        .extracting(AttemptReport::upstream)
        .containsExactly("a", "b");
  }

  @Test
  void theSlowOneMayWinAfterAll() {
    var driven = to(1, hedged()).head(200).lines("text Hello", "finish", "done");

    assertThat(driven.log).contains(new Action.CloseAttempt(2));
    assertThat(driven.text).hasToString("Hello");
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
  }

  @Test
  void whenOneFailsTheOtherContinuesWithoutAPause() {
    var driven = to(1, hedged()).fail(RESET);
    assertThat(driven.delivered).containsExactly(new StreamEvent.AttemptFailed(1, RESET));

    to(2, driven).head(200).lines("text Hello", "finish", "done");

    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
  }

  @Test
  void whenBothFailTheStreamIsRetriedAsEver() {
    var driven = to(1, hedged()).fail(RESET);
    to(2, driven).fail(RESET).pass(Duration.ofSeconds(2));

    assertThat(driven.requests).hasSize(3);
    assertThat(driven.fail(RESET).ending().stoppedBy()).contains(Cause.RETRIES_EXHAUSTED);
  }

  @Test
  void bothHaveClocksOfTheirOwn() {
    var brief = POLICY.withTimeouts(Timeouts.DEFAULT.withFirstToken(Duration.ofSeconds(20)));
    var driven = Driven.ofTwo(brief).pass(PATIENCE);

    driven.pass(Duration.ofSeconds(15));
    assertThat(driven.delivered)
        .singleElement()
        .isInstanceOfSatisfying(
            StreamEvent.AttemptFailed.class, failed -> assertThat(failed.attempt()).isEqualTo(1));
    driven.pass(Duration.ofSeconds(5));
    assertThat(driven.delivered).filteredOn(StreamEvent.AttemptFailed.class::isInstance).hasSize(2);
  }

  @Test
  void theConsumersDepartureClosesBoth() {
    var driven = hedged();
    driven.signal(new Signal.Cancelled());

    assertThat(driven.log).contains(new Action.CloseAttempt(1), new Action.CloseAttempt(2));
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Cancelled());
    assertThat(driven.log.getLast()).isInstanceOf(Action.Finish.class);
  }

  @Test
  void theDeadlineEndsBoth() {
    var total = POLICY.withTimeouts(Timeouts.DEFAULT.withTotal(Duration.ofSeconds(9)));
    var driven = Driven.ofTwo(total).pass(Duration.ofSeconds(9));

    assertThat(driven.log).contains(new Action.CloseAttempt(1), new Action.CloseAttempt(2));
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Truncated(Cause.DEADLINE_EXCEEDED));
  }

  @Test
  void noSecondAttemptIsMadeWhileTheConsumerIsAway() {
    var driven = Driven.ofTwo(POLICY);
    driven.signal(new Signal.Paused());
    driven.pass(Duration.ofMinutes(1));
    assertThat(driven.requests).hasSize(1);
    driven.signal(new Signal.Demand());

    assertThat(driven.pass(PATIENCE).requests).hasSize(2);
  }
}
