package dev.holdfast.core.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StartupPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Verdict;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A server that is not up is waited for by time, not by a count of attempts. */
class StartupWaitTest {
  private static final String TEXT =
      "text Once upon a time there was a stream that broke in the middle of";
  private static final Failure REFUSED = Failure.refused("localhost:1: the connection was refused");
  private static final Failure RESET = Failure.retryable(Cause.CONNECTION_LOST, "reset");
  private static final String LOADING =
      "{\"error\":{\"code\":503,\"message\":\"Loading model\",\"type\":\"unavailable_error\"}}";

  private static StreamPolicy with(StartupPolicy startup) {
    return StreamPolicy.DEFAULT.withStartup(startup);
  }

  /** Refuses every attempt until a time has passed, and returns how many there were. */
  private static int refuse(Driven driven, Duration time) {
    int refused = 0;
    int seen = 0;
    for (long passed = 0; passed < time.toMillis() && driven.ending == null; passed += 10) {
      if (driven.attempt > seen) {
        seen = driven.attempt;
        refused++;
        driven.fail(REFUSED);
      }
      driven.pass(Duration.ofMillis(10));
    }
    return refused;
  }

  private static Driven cut() {
    return Driven.begun().head(200).lines(TEXT).fail(RESET);
  }

  @Test
  void behindContentItIsWaitedForAndContinued() {
    var driven = cut();

    assertThat(refuse(driven, Duration.ofSeconds(50))).isBetween(25, 60);
    while (driven.machine.phase() instanceof Phase.Waiting) {
      driven.pass(Duration.ofMillis(10));
    }
    driven.head(200).lines("text  in the middle of the night.", "finish", "done");

    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
  }

  @Test
  void itIsGivenUpAfterTheTime() {
    var driven = cut();

    refuse(driven, Duration.ofSeconds(59));
    assertThat(driven.ending).isNull();
    refuse(driven, Duration.ofSeconds(3));

    assertThat(driven.ending().failure()).contains(REFUSED);
    assertThat(driven.ending().stoppedBy()).contains(Cause.RETRIES_EXHAUSTED);
  }

  /** Nothing is charged, and no circuit opens for others. */
  @Test
  void itIsNoFailureOfTheUpstreams() {
    var driven = cut();
    int before = driven.log.size();

    refuse(driven, Duration.ofSeconds(20));

    assertThat(driven.log.subList(before, driven.log.size()))
        .noneMatch(
            action -> action instanceof Action.ReportHealth(int up, AttemptResult.Failed failed))
        .anyMatch(action ->
            action instanceof Action.ReportHealth(int up, AttemptResult.Starting starting));
  }

  /** What other streams have spent is not what stops it. */
  @Test
  void theBudgetOfRetriesDoesNotStopIt() {
    var driven = cut();
    driven.fail(REFUSED);
    driven.retryAllowed = false;

    refuse(driven, Duration.ofSeconds(20));

    assertThat(driven.ending).isNull();
  }

  /** A wrong port is not a restart. */
  @Test
  void anUpstreamThatNeverAnsweredFailsAsAnyOther() {
    var driven = Driven.begun();

    assertThat(refuse(driven, Duration.ofSeconds(30))).isEqualTo(3);
    assertThat(driven.ending().stoppedBy()).contains(Cause.RETRIES_EXHAUSTED);
    assertThat(driven.log)
        .anyMatch(
            action -> action instanceof Action.ReportHealth(int up, AttemptResult.Failed failed));
  }

  @Test
  void itIsWaitedForFromTheStartIfThePolicyAllowsIt() {
    var driven = Driven.begun(with(StartupPolicy.DEFAULT.withBeforeFirstAnswer(true)));

    assertThat(refuse(driven, Duration.ofSeconds(30))).isGreaterThan(10);
    assertThat(driven.ending).isNull();
  }

  @Test
  void switchedOffItCountsAsAnyFailure() {
    var driven = Driven.begun(with(StartupPolicy.OFF)).head(200).lines(TEXT).fail(RESET);

    assertThat(refuse(driven, Duration.ofSeconds(30))).isEqualTo(3);
    assertThat(driven.ending).isNotNull();
  }

  @Test
  void onlyOneAttemptIsOnlyOneAttempt() {
    var one = new RetryPolicy(1, 8, Duration.ofMillis(500), Duration.ofSeconds(20), Duration.ZERO);
    var driven = Driven.begun(StreamPolicy.DEFAULT.withRetry(one)).head(503).bytes(LOADING).end();

    assertThat(driven.ending).isNotNull();
  }

  /** A server that reports it has answered, and is on its way. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        LOADING,
        "{\"error\":\"Model acme/large is currently loading\",\"estimated_time\":20.0}",
        "{\"error\":\"Model with name large is not ready\"}",
        "{\"error\":{\"code\":503,\"message\":\"Stream owner model is loading, retry later\"}}"
      })
  void aServerThatLoadsIsWaitedForFromTheFirstAttempt(String body) {
    var driven = Driven.begun();

    for (int i = 0; i < 12; i++) {
      driven.head(503).bytes(body).end();
      assertThat(driven.machine.phase()).isInstanceOf(Phase.Waiting.class);
      driven.pass(Duration.ofSeconds(2));
    }
    driven.head(200).lines(TEXT, "finish", "done");

    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"error\":{\"message\":\"The server is overloaded\",\"type\":\"server_error\"}}",
        "{\"error\":\"Failed loading model: out of memory\"}",
        "",
      })
  void another503CountsAsAnyFailure(String body) {
    var driven = Driven.begun();
    for (int i = 0; i < 3; i++) {
      driven.head(503).bytes(body).end().pass(Duration.ofSeconds(2));
    }

    assertThat(driven.ending().stoppedBy()).contains(Cause.RETRIES_EXHAUSTED);
  }

  @Test
  void aNewOutageIsWaitedForAnew() {
    var driven = cut();
    refuse(driven, Duration.ofSeconds(50));
    while (driven.machine.phase() instanceof Phase.Waiting) {
      driven.pass(Duration.ofMillis(10));
    }
    driven.head(200).lines("text  in the middle of the night, said the old man").fail(RESET);

    refuse(driven, Duration.ofSeconds(50));

    assertThat(driven.ending).isNull();
  }

  @Test
  void itEndsWithTheStreamsDeadline() {
    var timeouts = StreamPolicy.DEFAULT.timeouts().withTotal(Duration.ofSeconds(10));
    var driven =
        Driven.begun(StreamPolicy.DEFAULT.withTimeouts(timeouts)).head(200).lines(TEXT).fail(RESET);

    refuse(driven, Duration.ofSeconds(9));
    assertThat(driven.ending).isNull();
    refuse(driven, Duration.ofSeconds(2));

    assertThat(driven.ending).isNotNull();
  }

  @Test
  void itCanBeCancelled() {
    var driven = cut().fail(REFUSED);
    assertThat(driven.machine.phase()).isInstanceOf(Phase.Waiting.class);

    driven.signal(new Signal.Cancelled());

    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Cancelled());
  }

  /** Another upstream is asked at once, and what it fails by does not end the wait. */
  @Test
  void theNextUpstreamIsAskedAtOnce() {
    var driven = Driven.ofTwo(StreamPolicy.DEFAULT).head(503).bytes(LOADING).end();
    assertThat(driven.upstream).isEqualTo(1);
    assertThat(driven.machine.phase()).isInstanceOf(Phase.Opening.class);

    for (int i = 0; i < 20; i++) {
      if (driven.upstream == 0) {
        driven.head(503).bytes(LOADING).end();
      } else {
        driven.head(500).end();
      }
      driven.pass(Duration.ofSeconds(2));
    }

    assertThat(driven.ending).isNull();
    assertThat(driven.requests.stream().filter("b"::equals)).hasSize(3);
    driven.head(200).lines(TEXT, "finish", "done");
    assertThat(driven.ending().verdict()).isEqualTo(new Verdict.Complete());
  }
}
