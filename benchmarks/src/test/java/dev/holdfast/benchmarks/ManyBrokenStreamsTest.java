package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Two of each kind in every build; thousands with {@code -Dholdfast.load=9000}. */
@Timeout(240)
@Tag("slow")
final class ManyBrokenStreamsTest {
  private static final int STREAMS =
      Integer.getInteger("holdfast.load", BrokenStream.kindsOfStreams());

  @ParameterizedTest
  @ValueSource(strings = {"jdk", "netty"})
  void everyStreamEndsWithTheRightVerdictCauseAndText(String transport) throws Exception {
    // Thousands need a while to arrive, and must all be there before the first one breaks.
    var hold = Duration.ofMillis(500 + 3L * STREAMS);
    var seen = ManyBrokenStreams.run(STREAMS, hold, transport);
    assertThat(seen.right()).isTrue();
    assertThat(seen.peak()).isBetween(1, STREAMS);
  }
}
