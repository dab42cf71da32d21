package dev.holdfast.gateway.durable;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Which appends of producers are accepted. */
final class ProducersTest {
  private static final long WEEK = 7L * 24 * 60 * 60 * 1_000;

  private final Producers producers = new Producers();

  private Producers.Verdict verdict(String id, long epoch, long sequence, long now) {
    return producers.verdict(new Producer(id, epoch, sequence), now);
  }

  @Test
  void aSessionBeginsAtZeroAndHasNoGap() {
    assertThat(verdict("p", 5, 1, 0)).isEqualTo(Producers.Verdict.GAP);
    assertThat(verdict("p", 5, 0, 0)).isEqualTo(Producers.Verdict.ACCEPTED);
    producers.accepted(new Producer("p", 5, 0), 0);
    assertThat(verdict("p", 5, 0, 0)).isEqualTo(Producers.Verdict.DUPLICATE);
    assertThat(verdict("p", 5, 1, 0)).isEqualTo(Producers.Verdict.ACCEPTED);
    assertThat(verdict("p", 5, 2, 0)).isEqualTo(Producers.Verdict.GAP);
    assertThat(verdict("p", 4, 9, 0)).isEqualTo(Producers.Verdict.STALE);
    assertThat(verdict("p", 6, 1, 0)).isEqualTo(Producers.Verdict.NOT_FROM_ZERO);
    assertThat(verdict("p", 6, 0, 0)).isEqualTo(Producers.Verdict.ACCEPTED);
  }

  @Test
  void soManyAreRemembered() {
    for (int i = 0; i < Producers.MAX; i++) {
      producers.accepted(new Producer("p" + i, 0, 0), i == 0 ? 0 : WEEK);
    }
    assertThat(verdict("new", 0, 0, WEEK)).isEqualTo(Producers.Verdict.TOO_MANY);
    assertThat(verdict("p5", 0, 1, WEEK)).isEqualTo(Producers.Verdict.ACCEPTED);
    // The one that was silent for more than a week makes room, and no other.
    assertThat(verdict("new", 0, 0, WEEK + 1)).isEqualTo(Producers.Verdict.ACCEPTED);
    assertThat(producers.size()).isEqualTo(Producers.MAX - 1);
    assertThat(verdict("p5", 0, 0, WEEK + 1)).isEqualTo(Producers.Verdict.DUPLICATE);
    assertThat(verdict("p0", 0, 0, WEEK + 1)).as("is new").isEqualTo(Producers.Verdict.ACCEPTED);
  }
}
