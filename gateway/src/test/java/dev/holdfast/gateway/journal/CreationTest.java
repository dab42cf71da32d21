package dev.holdfast.gateway.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

/** How often the journal is asked for a stream that another gateway is creating. */
final class CreationTest {
  private static final long MOST_NANOS = Duration.ofSeconds(3).toNanos();

  @Test
  void aStreamThatIsNeverCreatedIsAskedForSomeFiftyTimes() {
    int asked = 0;
    for (long waited = 0; waited < MOST_NANOS; waited += StreamStore.pauseNanos(waited)) {
      asked++;
    }
    assertThat(asked).isBetween(30, 55);
  }

  @Test
  void itIsFoundSoonAfterItIsThere() {
    for (long waited = 0; waited < MOST_NANOS; waited += 100_000) {
      assertThat(StreamStore.pauseNanos(waited))
          .isBetween(2_000_000L, Math.max(2_000_000, waited / 4));
    }
  }
}
