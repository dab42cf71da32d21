package dev.holdfast.core.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.core.health.CircuitBreaker.State;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The circuit of one upstream, in virtual time. */
class CircuitBreakerTest {
  private static final Failure DOWN = Failure.retryable(Cause.CONNECTION_FAILED, "refused");
  private static final Failure BUSY =
      Failure.builder(Cause.OVERLOADED, "busy")
          .retryable(true)
          .retryAfter(Duration.ofSeconds(30))
          .httpStatus(503)
          .build();

  private final CircuitBreaker breaker =
      new CircuitBreaker(BreakerPolicy.DEFAULT, new SplittableRandom(1));
  private long now;

  private void pass(Duration time) {
    now += time.toNanos();
  }

  private void fail(int times, Failure failure) {
    for (int i = 0; i < times; i++) {
      breaker.opened(now);
      breaker.failed(failure, now);
    }
  }

  private void open() {
    fail(10, DOWN);
    assertThat(breaker.state(now)).isEqualTo(State.OPEN);
  }

  private void coolDown() {
    now += breaker.waitNanos(now);
  }

  @Test
  void opensWhenHalfOfTenAttemptsFailWithinTheWindow() {
    for (int i = 0; i < 5; i++) {
      breaker.good(now);
    }
    fail(4, DOWN);
    assertThat(breaker.state(now)).isEqualTo(State.CLOSED);
    fail(1, DOWN);
    assertThat(breaker.state(now)).isEqualTo(State.OPEN);
  }

  @Test
  void fewFailuresProveNothing() {
    fail(9, DOWN);

    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void whatIsLongAgoDoesNotCount() {
    fail(9, DOWN);
    pass(BreakerPolicy.DEFAULT.window());
    fail(9, DOWN);

    assertThat(breaker.state(now)).isEqualTo(State.CLOSED);
  }

  @Test
  void nothingIsLetThroughForHalfToAWholeCoolDown() {
    open();

    assertThat(Duration.ofNanos(breaker.waitNanos(now)))
        .isBetween(Duration.ofSeconds(2), Duration.ofSeconds(4));
    coolDown();
    assertThat(breaker.state(now)).isEqualTo(State.HALF_OPEN);
    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void coolDownsOfManyProcessesDiffer() {
    open();
    var other = new CircuitBreaker(BreakerPolicy.DEFAULT, new SplittableRandom(2));
    for (int i = 0; i < 10; i++) {
      other.failed(DOWN, now);
    }

    assertThat(other.waitNanos(now)).isNotEqualTo(breaker.waitNanos(now));
  }

  @Test
  void oneProbeIsMadeAtATime() {
    open();
    coolDown();
    breaker.opened(now);

    assertThat(breaker.state(now)).isEqualTo(State.HALF_OPEN);
    assertThat(breaker.waitNanos(now)).isPositive();
  }

  @Test
  void aProbeThatBringsContentClosesTheCircuit() {
    open();
    coolDown();
    breaker.opened(now);
    breaker.good(now);

    assertThat(breaker.state(now)).isEqualTo(State.CLOSED);
    fail(9, DOWN);
    assertThat(breaker.state(now)).as("the old failures are forgotten").isEqualTo(State.CLOSED);
  }

  @Test
  void aProbeThatFailsOpensItAgain() {
    open();
    coolDown();
    breaker.opened(now);
    breaker.failed(DOWN, now);

    assertThat(breaker.state(now)).isEqualTo(State.OPEN);
    assertThat(breaker.waitNanos(now)).isPositive();
  }

  @Test
  void aProbeThatHangsDoesNotStandInTheWayOfTheNextOne() {
    open();
    coolDown();
    breaker.opened(now);
    pass(BreakerPolicy.DEFAULT.coolDown());

    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void aProbeThatWasCancelledMakesRoomAtOnce() {
    open();
    coolDown();
    breaker.opened(now);
    breaker.dropped(now);

    assertThat(breaker.waitNanos(now)).isZero();
  }

  @Test
  void whatTheProviderAsksForIsWaitedUpToALimit() {
    fail(10, BUSY);
    assertThat(Duration.ofNanos(breaker.waitNanos(now))).isEqualTo(Duration.ofSeconds(30));

    var patient = new CircuitBreaker(BreakerPolicy.DEFAULT, new SplittableRandom(1));
    var tomorrow =
        Failure.builder(Cause.OVERLOADED, "busy")
            .retryable(true)
            .retryAfter(Duration.ofDays(1))
            .httpStatus(503)
            .build();
    for (int i = 0; i < 10; i++) {
      patient.failed(tomorrow, now);
    }
    assertThat(Duration.ofNanos(patient.waitNanos(now)))
        .isEqualTo(BreakerPolicy.DEFAULT.maxCoolDown());
  }

  @ParameterizedTest
  @EnumSource(
      value = Cause.class,
      names = {"REJECTED", "RATE_LIMITED", "LIMIT_EXCEEDED", "SEAM_REFUSED"})
  void answersOfAWorkingServerSpeakForIt(Cause cause) {
    fail(50, Failure.retryable(cause, "no"));

    assertThat(breaker.state(now)).isEqualTo(State.CLOSED);
  }

  @ParameterizedTest
  @EnumSource(
      value = Cause.class,
      names = {
        "CONNECTION_FAILED",
        "CONNECTION_LOST",
        "PROVIDER_ERROR",
        "OVERLOADED",
        "FIRST_TOKEN_TIMEOUT",
        "IDLE_TIMEOUT",
        "TRUNCATED"
      })
  void silenceAndErrorsOfTheServerSpeakAgainstIt(Cause cause) {
    fail(10, Failure.retryable(cause, "down"));

    assertThat(breaker.state(now)).isEqualTo(State.OPEN);
  }

  @Test
  void offIsOff() {
    var off = new CircuitBreaker(BreakerPolicy.OFF, new SplittableRandom(1));
    for (int i = 0; i < 10_000; i++) {
      off.failed(DOWN, now);
    }

    assertThat(off.waitNanos(now)).isZero();
  }

  @Test
  void anOutageCostsFewProbesAndIsOverSoonAfterItHeals() {
    open();
    long outage = Duration.ofMinutes(1).toNanos();
    int probes = 0;
    while (now < outage) {
      coolDown();
      breaker.opened(now);
      breaker.failed(DOWN, now);
      probes++;
    }
    assertThat(probes).isBetween(15, 31);
    long healed = now;
    coolDown();
    breaker.opened(now);
    breaker.good(now);
    assertThat(Duration.ofNanos(now - healed)).isLessThanOrEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void threadsWhoseTimeIsALittleOlderDoNoHarm() {
    fail(5, DOWN);
    pass(Duration.ofSeconds(10));
    fail(4, DOWN);
    breaker.failed(DOWN, now - Duration.ofSeconds(1).toNanos());

    assertThat(breaker.state(now)).isEqualTo(State.OPEN);
  }

  @Test
  void aPolicyNamesWhatIsWrongWithIt() {
    var second = Duration.ofSeconds(1);

    assertThatThrownBy(() -> new BreakerPolicy(0, 1, second, second, second))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("failureShare: must be above 0 and at most 1, was 0.0");
    assertThatThrownBy(() -> new BreakerPolicy(0.5, 1, second, second, Duration.ZERO))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage("maxCoolDown: must be >= coolDown, was PT0S");
  }

  @Test
  void adoptsWhatAnotherProcessFoundOut() {
    long changes = breaker.changes();
    breaker.adopt(true, Duration.ofSeconds(3).toNanos(), now);
    assertThat(breaker.state(now)).isEqualTo(State.OPEN);
    assertThat(breaker.waitNanos(now)).isEqualTo(Duration.ofSeconds(3).toNanos());
    pass(Duration.ofSeconds(3));
    assertThat(breaker.state(now)).isEqualTo(State.HALF_OPEN);
    breaker.adopt(false, 0, now);
    assertThat(breaker.state(now)).isEqualTo(State.CLOSED);
    assertThat(breaker.changes()).isEqualTo(changes); // None of them is its own.
  }

  @Test
  void aFailureElsewhereThatIsOverOpensNothing() {
    breaker.adopt(true, 0, now);
    assertThat(breaker.state(now)).isEqualTo(State.CLOSED);
  }

  @Test
  void countsItsOwnChangesForOthers() {
    long before = breaker.changes();
    open();
    assertThat(breaker.changes()).isEqualTo(before + 1);
    pass(Duration.ofSeconds(4));
    breaker.opened(now);
    breaker.good(now);
    assertThat(breaker.changes()).isEqualTo(before + 3);
  }
}
