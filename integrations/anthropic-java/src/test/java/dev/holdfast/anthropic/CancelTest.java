package dev.holdfast.anthropic;

import static org.assertj.core.api.Assertions.assertThat;

import com.anthropic.client.okhttp.AnthropicOkHttpClient;
import com.anthropic.models.messages.MessageCreateParams;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestReporter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The SDK's own close, called by another thread than the one that reads. */
@Tag("slow")
class CancelTest {
  private static final Duration GOAL = Duration.ofSeconds(1);

  /** What is slow because the machine is busy is quick at another time. */
  private static final int TRIES = 4;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "slow@delay=200ms",
        "stall@token=12",
        "cut-fin@token=12 stall@head",
        "cut-fin@token=12 stall@token=0",
        "cut-fin@token=12 stall@token=6"
      })
  void theConnectionIsClosedWithinASecondOfTheSdksOwnClose(String attempts, TestReporter reporter)
      throws Exception {
    var quickest = Duration.ofDays(1);
    for (int i = 0; i < TRIES && quickest.compareTo(GOAL) > 0; i++) {
      var took = cancelled(attempts.split(" ", -1));
      quickest = took.compareTo(quickest) < 0 ? took : quickest;
    }
    reporter.publishEntry(attempts, quickest.toMillis() + " ms");
    assertThat(quickest).isLessThanOrEqualTo(GOAL);
  }

  /** {@return from the call to the server's end of the connection, and the call's return} */
  @SuppressWarnings("MustBeClosed") // Closing it is what is measured.
  private static Duration cancelled(String... attempts) throws Exception {
    var answer = Answer.ofText(WholeStreamsTest.STORY);
    try (var server = FaultServer.builder().answer(answer).script(Script.of(attempts)).start()) {
      var heard = new CountDownLatch(5);
      var client =
          AnthropicOkHttpClient.builder()
              .apiKey("key")
              .baseUrl(server.origin().toString())
              .addInterceptor(HoldfastAnthropicInterceptor.create())
              .build();
      var params =
          MessageCreateParams.builder()
              .model("claude-sonnet-4-5")
              .maxTokens(4096)
              .addUserMessage("Tell me about the harbour.")
              .build();
      var stream = client.messages().createStreaming(params);
      var reader =
          Thread.ofPlatform()
              .daemon()
              .unstarted(() -> {
                try {
                  stream.stream().forEach(event -> heard.countDown());
                } catch (RuntimeException e) {
                  // It was closed.
                }
              });
      reader.start();
      await(server, heard, attempts.length);
      long called = System.nanoTime();
      stream.close();
      var took = since(called, server, attempts.length);
      reader.join();
      client.close();
      return took;
    }
  }

  private static void await(FaultServer server, CountDownLatch heard, int requests)
      throws InterruptedException {
    assertThat(heard.await(60, TimeUnit.SECONDS)).isTrue();
    while (server.received().size() < requests) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static Duration since(long called, FaultServer server, int requests)
      throws InterruptedException {
    long returned = System.nanoTime();
    assertThat(server.awaitEnded(requests, Duration.ofSeconds(60))).isTrue();
    var last = server.received().getLast();
    assertThat(last.ending()).isEqualTo(ReceivedRequest.Ending.CLIENT_CLOSED);
    server.received().hasCount(requests);
    return Duration.ofNanos(Math.max(last.endedAtNanos(), returned) - called);
  }
}
