package dev.holdfast.blackbox.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.BreakerPolicy;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Twenty new streams a second, for two minutes of virtual time, while upstreams are down. */
class CircuitStormTest {
  private static final int PER_SECOND = 20;
  private static final Duration LONG = Duration.ofMinutes(2);

  /**
   * As long as the window: 10 counted failures, then one probe after each cool-down of 2 to 4 s.
   */
  private static final int TO_OPEN = 10;

  private static Storm storm(BreakerPolicy breaker, Storm.Down... downs) {
    return new Storm(PER_SECOND, LONG, breaker, List.of(downs)).run();
  }

  private static Storm.Down down(int from, int to) {
    return new Storm.Down(Duration.ofSeconds(from), Duration.ofSeconds(to));
  }

  /** Ten failures open the circuit; in the 50 ms that they take, one more is sent. */
  @Test
  void anUpstreamThatIsDownFromTheStartIsHardlyAsked() {
    var storm = storm(BreakerPolicy.DEFAULT, down(0, 60), down(0, 0));

    assertThat(storm.inVain(0)).isLessThanOrEqualTo(TO_OPEN + 1 + 60 / 2);
    assertThat(storm.complete()).isEqualTo(storm.streams());
    assertThat(storm(BreakerPolicy.OFF, down(0, 60), down(0, 0)).inVain(0)).isGreaterThan(1000);
  }

  /** Where half of the last 30 s must be bad, half of their attempts are what it takes. */
  @Test
  void anUpstreamThatGoesDownIsAskedUntilHalfOfTheWindowIsBad() {
    var storm = storm(BreakerPolicy.DEFAULT, down(40, 80), down(0, 0));

    int half = PER_SECOND * (int) BreakerPolicy.DEFAULT.window().toSeconds() / 2;
    int slice = PER_SECOND * 3;
    assertThat(storm.inVain(0)).isLessThanOrEqualTo(half + slice + 40 / 2);
    assertThat(storm.complete()).isEqualTo(storm.streams());
  }

  @Test
  void anUpstreamThatIsBackIsFoundWithinACoolDown() {
    var storm = storm(BreakerPolicy.DEFAULT, down(0, 60), down(0, 0));

    var longest = BreakerPolicy.DEFAULT.coolDown().plus(Storm.LATENCY.multipliedBy(2));
    assertThat(storm.back(0)).isBetween(Duration.ZERO, longest);
  }

  /** One after the other, and for a while all: some streams are told so, and nothing is flooded. */
  @Test
  void outagesThatOverlapEndStreamsWithTheCauseAndNoFlood() {
    var storm = storm(BreakerPolicy.DEFAULT, down(10, 60), down(20, 70), down(30, 50));

    int seconds = 50 + 50 + 20;
    int half = PER_SECOND * 30 / 2 + PER_SECOND * 3;
    int all = storm.inVain(0) + storm.inVain(1) + storm.inVain(2);
    assertThat(all).isLessThanOrEqualTo(3 * half + seconds / 2);
    assertThat(storm.complete() + storm.failed()).isEqualTo(storm.streams());
    // The third is back, its budget spent: a stream that probes one of the others may not go there.
    int probes = (70 - 50) / 2;
    assertThat(storm.failedOutsideOf(Duration.ofSeconds(29), Duration.ofSeconds(53)))
        .isLessThanOrEqualTo(probes);
    assertThat(storm.back(2)).isLessThan(Duration.ofSeconds(5));
  }

  /** Three attempts for each stream would be the client's part of an outage. */
  @Test
  void whereThereIsOnlyOneUpstreamRetriesAddHardlyAnything() {
    var storm = storm(BreakerPolicy.DEFAULT, down(0, 60));
    var off = storm(BreakerPolicy.OFF, down(0, 60));

    assertThat(storm.inVain(0)).isLessThanOrEqualTo(TO_OPEN + 1 + 60 / 2);
    // Without circuits the budget holds: a token for each retry, of which half are for use.
    assertThat(off.inVain(0)).isLessThanOrEqualTo(60 * PER_SECOND + 50);
  }
}
