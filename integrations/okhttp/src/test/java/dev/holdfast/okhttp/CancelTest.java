package dev.holdfast.okhttp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The host's own close, cancel or dispose, called by another thread than the one that reads.
 * Without the drop-in it waits for the provider in openai-java, google-genai and Spring AI: 10 s
 * and more. google-genai's waits for the lock of its own reader, which the reading thread holds as
 * long as nothing comes; the relay sees that.
 */
@Tag("slow")
class CancelTest {
  private static final Duration GOAL = Duration.ofSeconds(1);

  /** What is slow because the machine is busy is quick at another time. */
  private static final int TRIES = 4;

  static Stream<Arguments> streams() {
    return Arrays.stream(Hosts.values())
        .flatMap(host ->
            Stream.of(
                    "slow@delay=200ms",
                    "stall@token=12",
                    "cut-fin@token=12 stall@head",
                    "cut-fin@token=12 stall@token=0",
                    "cut-fin@token=12 stall@token=6")
                .map(attempts -> Arguments.of(host, attempts)));
  }

  @ParameterizedTest
  @MethodSource("streams")
  void theConnectionIsClosedWithinASecondOfTheHostsOwnCancel(
      Hosts host, String attempts, TestReporter reporter) throws Exception {
    var quickest = Duration.ofDays(1);
    for (int i = 0; i < TRIES && quickest.compareTo(GOAL) > 0; i++) {
      var took = cancelled(host, attempts.split(" "));
      quickest = took.compareTo(quickest) < 0 ? took : quickest;
    }
    reporter.publishEntry(host + ", " + attempts, quickest.toMillis() + " ms");
    assertThat(quickest).isLessThanOrEqualTo(GOAL);
  }

  /**
   * {@return from the call of cancel to the server's end of the connection, and cancel's return}
   */
  private static Duration cancelled(Hosts host, String... attempts) throws Exception {
    var answer = Answer.ofText(WholeStreamsTest.STORY);
    try (var server = FaultServer.builder().answer(answer).script(Script.of(attempts)).start()) {
      var heard = new CountDownLatch(5);
      var stream = host.start(server, heard::countDown, 0);
      assertThat(heard.await(60, TimeUnit.SECONDS)).isTrue();
      while (server.received().size() < attempts.length) {
        LockSupport.parkNanos(1_000_000);
      }
      long called = System.nanoTime();
      stream.cancel().close();
      long returned = System.nanoTime();
      assertThat(server.awaitEnded(attempts.length, Duration.ofSeconds(60))).isTrue();
      var last = server.received().getLast();
      assertThat(last.ending()).isEqualTo(ReceivedRequest.Ending.CLIENT_CLOSED);
      stream.ended().handle((unused, thrown) -> true).get(60, TimeUnit.SECONDS);
      server.received().hasCount(attempts.length);
      return Duration.ofNanos(Math.max(last.endedAtNanos(), returned) - called);
    }
  }
}
