package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Two of each kind in every build; thousands with {@code -Dholdfast.load=9000}. */
@Timeout(240)
@Tag("slow")
final class ManyBrokenStreamsTest {
  private static final int STREAMS =
      Integer.getInteger("holdfast.load", BrokenStream.kindsOfStreams());

  /** Over both transports at a time: most of it is waiting. */
  @Test
  void everyStreamEndsWithTheRightVerdictCauseAndText() throws Exception {
    // Thousands need a while to arrive, and must all be there before the first one breaks.
    var hold = Duration.ofMillis(500 + 3L * STREAMS);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      var jdk = threads.submit(() -> ManyBrokenStreams.run(STREAMS, hold, "jdk"));
      var netty = threads.submit(() -> ManyBrokenStreams.run(STREAMS, hold, "netty"));
      for (var run : List.of(jdk, netty)) {
        var seen = run.get();
        assertThat(seen.right()).isTrue();
        assertThat(seen.peak()).isBetween(1, STREAMS);
      }
    }
  }
}
