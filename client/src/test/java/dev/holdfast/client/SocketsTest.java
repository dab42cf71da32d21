package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.transport.Mailbox;
import dev.holdfast.client.transport.TimeSource;
import dev.holdfast.core.frame.FrameLimits;
import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Exactness;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Script;
import dev.holdfast.testkit.server.FaultServer;
import dev.holdfast.testkit.server.ReceivedRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Flow;
import java.util.concurrent.FutureTask;
import java.util.concurrent.locks.Condition;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The client against the fault server: real sockets, real faults. */
final class SocketsTest {
  private static final String STORY =
      """
      The harbour master counted the ships that had left in the morning and wrote their names \
      down, one under the other, in a book with a blue cover. When the storm had passed she counted \
      again. Two were missing, and by nightfall both had been towed home, whole, with every crate \
      where it belonged. That, she said, is what a harbour is for.\
      """;

  private final List<AutoCloseable> open = new ArrayList<>();

  @AfterEach
  void closeAll() throws Exception {
    for (AutoCloseable resource : open.reversed()) {
      resource.close();
    }
  }

  private FaultServer server(String... attempts) {
    var server =
        FaultServer.builder().answer(Answer.ofText(STORY)).script(Script.of(attempts)).start();
    open.add(server);
    return server;
  }

  private Holdfast client(FaultServer server, String dialect, StreamPolicy policy) {
    var client =
        Holdfast.builder()
            .upstream(Upstream.of(dialect, server.baseUrl().toString(), "key"))
            .policy(policy)
            .build();
    open.add(client);
    return client;
  }

  private Holdfast client(FaultServer server) {
    return client(server, "openai-chat", StreamPolicy.DEFAULT);
  }

  private static ChatRequest request(String dialect) {
    String model = dialect.equals("openai-chat") ? "gpt-4.1" : "claude-sonnet-4-5";
    return ChatRequest.to(model).user("Tell me about the harbour.").maxTokens(1000).build();
  }

  private static ChatRequest request() {
    return request("openai-chat");
  }

  /** Behind the proof there are token counts at most: not worth another answer. */
  @Test
  void aTrailerTooLargeToReadTakesNothingFromAProvenAnswer() {
    // The role, three words and the finish reason: what is next is the usage.
    var script = Script.of("huge-event@event=5,bytes=256k");
    var server =
        FaultServer.builder().answer(Answer.ofText("one two three")).script(script).start();
    open.add(server);
    var small = StreamPolicy.DEFAULT.withLimits(new FrameLimits(64 << 10, 64 << 10));
    try (var stream = client(server, "openai-chat", small).stream(request())) {
      Outcome outcome = stream.outcome();
      assertThat(outcome.verdict()).isEqualTo(new Verdict.Complete());
      assertThat(outcome.text()).isEqualTo("one two three");
      assertThat(outcome.attempts()).hasSize(1);
      assertThat(outcome.warnings()).containsExactly(Cause.MISSING_DONE);
      assertThat(server.received()).hasSize(1);
      assertThat(server.received().getFirst().struck()).hasSize(1);
    }
  }

  @ParameterizedTest(name = "{0}, {1} then {2}")
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          openai-chat        | cut-fin@token=20       | cut-rst@token=28
          openai-chat        | cut-rst@token=25       | malformed-json@token=26
          openai-chat        | end-early@token=20     | error-event@token=28,trouble=overloaded
          anthropic-messages | cut-fin@token=20       | cut-rst@token=28
          anthropic-messages | cut-rst@token=25       | malformed-json@token=26
          anthropic-messages | end-by-close@token=20  | error-event@token=28,trouble=overloaded
          """)
  void aStreamCutTwiceArrivesWholeAndOnce(String dialect, String first, String second) {
    var server = server(first, second);
    try (var stream = client(server, dialect, StreamPolicy.DEFAULT).stream(request(dialect))) {
      var text = new StringBuilder();
      stream.textDeltas().forEach(text::append);
      Outcome outcome = stream.outcome();
      assertThat(text).hasToString(STORY);
      assertThat(outcome.text()).isEqualTo(STORY);
      assertThat(outcome.verdict()).isEqualTo(new Verdict.Complete());
      assertThat(outcome.exactness()).isEqualTo(Exactness.CONTINUED);
      assertThat(outcome.attempts()).hasSize(3);
      assertThat(outcome.seams()).extracting(Seam::attempt).containsExactly(2, 3);
      assertThat(outcome.attempts())
          .extracting(attempt -> attempt.failure().map(Failure::cause).orElse(null))
          .containsExactlyElementsOf(
              server.received().stream().map(ReceivedRequest::cause).toList());
    }
  }

  @Test
  void theProviderDecidesHowLongToWait() {
    var server = server("status@code=429,retry-after=40ms,spelling=millis");
    try (var stream = client(server).stream(request())) {
      var waits = new ArrayList<Duration>();
      stream.forEach(event -> {
        if (event instanceof StreamEvent.Retrying(int n, int max, Duration delay, var rung)) {
          waits.add(delay);
        }
      });
      assertThat(stream.outcome().text()).isEqualTo(STORY);
      assertThat(stream.outcome().exactness()).isEqualTo(Exactness.UNBROKEN);
      assertThat(waits).hasSize(1).allMatch(wait -> wait.compareTo(Duration.ofMillis(40)) >= 0);
      assertThat(server.received()).hasSize(2);
      assertThat(server.received().getLast().header("x-stainless-retry-count")).isEqualTo("1");
    }
  }

  @Test
  void aRequestThatCanNeverWorkIsNotRepeated() {
    var server = server("status@code=401", "status@code=401");
    try (var stream = client(server).stream(request())) {
      assertThatThrownBy(stream::text)
          .isInstanceOfSatisfying(
              ProviderException.class,
              thrown -> {
                assertThat(thrown.cause()).isEqualTo(Cause.REJECTED);
                assertThat(thrown.failure().orElseThrow().httpStatus()).hasValue(401);
                assertThat(thrown.attempts()).hasSize(1);
              });
      assertThat(server.received()).hasSize(1);
    }
  }

  @Test
  void aModelThatFallsSilentIsATimeoutWithThePartialText() {
    var server = server("stall@token=12,for=1h");
    var impatient =
        StreamPolicy.DEFAULT
            .withTimeouts(Timeouts.DEFAULT.withIdle(Duration.ofMillis(200)))
            .withRetry(RetryPolicy.NONE);
    var time = new HeldTime();
    var client =
        Holdfast.builder()
            .upstream(Upstream.of("openai-chat", server.baseUrl().toString(), "key"))
            .policy(impatient)
            .time(time)
            .build();
    open.add(client);
    try (var stream = client.stream(request())) {
      var tokens = stream.textDeltas().iterator();
      var seen = new StringBuilder();
      for (int token = 0; token < 12; token++) {
        seen.append(tokens.next());
      }
      time.runOut();
      assertThatThrownBy(stream::text)
          .isInstanceOfSatisfying(
              StreamTimeoutException.class,
              thrown -> {
                assertThat(thrown.cause()).isEqualTo(Cause.IDLE_TIMEOUT);
                assertThat(thrown.partialText()).isNotEmpty().isEqualTo(seen.toString());
                assertThat(STORY).startsWith(thrown.partialText());
              });
    }
  }

  @Nested
  final class Cancelling {
    @ParameterizedTest
    @ValueSource(strings = {"stall@token=12,for=1h", "stall@head,for=1h"})
    void itReachesTheServerWithinASecondWhileStalled(String stall) throws Exception {
      var server = server(stall);
      var stream = client(server).stream(request());
      var reading = new FutureTask<>(stream::outcome);
      var reader = Thread.ofVirtual().start(reading);
      while (server.received().isEmpty()
          || (reader.getState() != Thread.State.WAITING
              && reader.getState() != Thread.State.TIMED_WAITING)) {
        Thread.onSpinWait();
      }
      stream.abort();
      assertThat(Second.isEnoughFor(time -> server.awaitEnded(1, time))).isTrue();
      assertThat(server.received().getFirst().ending())
          .isEqualTo(ReceivedRequest.Ending.CLIENT_CLOSED);
      assertThat(reading.get().verdict()).isEqualTo(new Verdict.Cancelled());
    }

    @Test
    void itReachesTheServerEvenIfNothingIsRead() throws Exception {
      var server = server("slow@delay=1s");
      var stream = client(server).stream(request());
      while (server.received().isEmpty()) {
        Thread.onSpinWait();
      }
      stream.close();
      assertThat(Second.isEnoughFor(time -> server.awaitEnded(1, time))).isTrue();
      assertThat(server.received().getFirst().ending())
          .isEqualTo(ReceivedRequest.Ending.CLIENT_CLOSED);
      assertThat(stream.outcome().cause()).contains(Cause.CANCELLED);
    }
  }

  @Test
  void aListenerReceivesEverythingAndThenTheEnd() throws Exception {
    var server = server("cut-rst@token=20", "malformed-json@token=28");
    var calls = new ArrayList<String>();
    var text = new StringBuilder();
    var told = new CountDownLatch(1);
    var handle =
        client(server)
            .listen(
                request(),
                new StreamListener() {
                  @Override
                  public void onToken(String more) {
                    text.append(more);
                  }

                  @Override
                  public void onError(Failure failure) {
                    calls.add("error " + failure.cause());
                  }

                  @Override
                  public void onRetry(int n, int max, Duration delay) {
                    calls.add("retry " + n);
                  }

                  @Override
                  public void onSeam(Seam seam) {
                    calls.add("seam " + seam.attempt());
                  }

                  @Override
                  public void onComplete(Outcome outcome) {
                    calls.add("complete " + outcome.verdict().name());
                    told.countDown();
                  }
                });
    assertThat(handle.outcome().isComplete()).isTrue();
    told.await();
    assertThat(text).hasToString(STORY);
    assertThat(calls)
        .containsSubsequence(
            "error connection-lost",
            "retry 1",
            "seam 2",
            "error malformed-json",
            "retry 1",
            "seam 3",
            "complete COMPLETE");
  }

  @Test
  void aPublisherDeliversARecoveredAnswer() throws Exception {
    var server = server("cut-fin@token=20");
    var text = new StringBuilder();
    var ended = new CountDownLatch(1);
    var failures = new ArrayList<Throwable>();
    client(server)
        .publisher(request())
        .subscribe(
            new Flow.Subscriber<>() {
              private Flow.Subscription subscription = new Refusing();

              @Override
              public void onSubscribe(Flow.Subscription granted) {
                subscription = granted;
                granted.request(1);
              }

              @Override
              public void onNext(StreamEvent event) {
                if (event instanceof StreamEvent.TextDelta(int choice, String more)) {
                  text.append(more);
                }
                subscription.request(1);
              }

              @Override
              public void onError(Throwable thrown) {
                failures.add(thrown);
                ended.countDown();
              }

              @Override
              public void onComplete() {
                ended.countDown();
              }
            });
    ended.await();
    assertThat(failures).isEmpty();
    assertThat(text).hasToString(STORY);
  }

  /**
   * Stands still, however long the server takes, until the test lets it run out: from then on every
   * wait with a limit is over at once. Belongs to the thread that pulls.
   */
  private static final class HeldTime implements TimeSource {
    private final VirtualTime time = new VirtualTime();
    private boolean runsOut;

    void runOut() {
      runsOut = true;
    }

    @Override
    public long nanoTime() {
      return time.nanoTime();
    }

    @Override
    public long epochMillis() {
      return time.epochMillis();
    }

    @Override
    public void await(Condition changed, long nanos) throws InterruptedException {
      time.await(changed, runsOut ? nanos : Long.MAX_VALUE);
    }

    @Override
    public void park(Mailbox mailbox, long nanos) {
      time.park(mailbox, runsOut ? nanos : Long.MAX_VALUE);
    }
  }

  /** Stands for "not subscribed yet". */
  private static final class Refusing implements Flow.Subscription {
    @Override
    public void request(long n) {
      throw new IllegalStateException("not subscribed");
    }

    @Override
    public void cancel() {
      throw new IllegalStateException("not subscribed");
    }
  }
}
