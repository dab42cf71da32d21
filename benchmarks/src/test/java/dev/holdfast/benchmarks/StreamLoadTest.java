package dev.holdfast.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.server.FaultServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class StreamLoadTest {
  @Test
  void countsWholeAnswersOverKeptConnections() throws Exception {
    try (var server = FaultServer.builder().answer(Answer.ofText(ShortStreams.TEXT)).start()) {
      var run = load(server).run(3, Duration.ofMillis(300));
      assertThat(run.streams()).isGreaterThanOrEqualTo(3);
      assertThat(run.bytes()).isGreaterThan(run.streams() * ShortStreams.EVENTS * 100);
      assertThat(server.connections()).isEqualTo(3);
    }
  }

  @Test
  void aServerThatWritesLessDoesNotCount() throws Exception {
    try (var server = FaultServer.builder().answer(Answer.ofText("one two")).start()) {
      assertThatIllegalStateException()
          .isThrownBy(() -> load(server).run(1, Duration.ofSeconds(5)))
          .withMessageStartingWith("answer: must be 200 with 13 events and [DONE], was 5 events");
    }
  }

  private static StreamLoad load(FaultServer server) {
    var address = new InetSocketAddress(InetAddress.getLoopbackAddress(), server.port());
    return new StreamLoad(address, ShortStreams.request(), ShortStreams.EVENTS);
  }
}
