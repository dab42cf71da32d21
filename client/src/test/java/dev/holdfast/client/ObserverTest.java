package dev.holdfast.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.holdfast.client.observing.QueuedObserver;
import dev.holdfast.core.dialect.CompletionPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.spi.Observation;
import dev.holdfast.core.spi.StreamObserver;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Verdict;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What those hear who watch streams, and that it costs the streams nothing. */
final class ObserverTest {
  private static final String SECRET = "sk-very-secret";
  private static final String PROMPT = "the prompt nobody must see";
  private static final String ANSWER = "All the ships have come home before the evening bell";

  private final VirtualTime time = new VirtualTime();
  private final Queue<Consumer<FakeTransport.FakeExchange>> replies = new ArrayDeque<>();
  private final FakeTransport network =
      new FakeTransport(exchange -> replies.remove().accept(exchange));

  private static String chunk(String text) {
    return "data: {\"id\":\"c\",\"choices\":[{\"index\":0,\"delta\":{\"content\":\"%s\"}}]}\n\n"
        .formatted(text);
  }

  private static final String FINISH =
      """
      data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":12}}

      data: [DONE]

      """;

  /** Writes down what it is told. */
  private static class Diary implements StreamObserver, StreamObserver.Watch {
    final List<String> lines = Collections.synchronizedList(new ArrayList<>());
    final CountDownLatch ended = new CountDownLatch(1);
    volatile Observation.@Nullable Ended end;
    private final boolean prompt;

    Diary(boolean prompt) {
      this.prompt = prompt;
    }

    @Override
    public boolean neverBlocks() {
      return prompt;
    }

    @Override
    public Watch begun(Target first, long nanos) {
      lines.add("begun " + first.upstream() + " " + first.port() + " " + first.model());
      return this;
    }

    @Override
    public void received(int attempt, int bytes, int frames, long nanos) {
      lines.add("received " + attempt + " " + frames);
    }

    @Override
    public void delivered(int events, long characters, long nanos) {
      lines.add("delivered " + events + " " + characters);
    }

    @Override
    public void observed(Observation observation, long nanos) {
      lines.add(observation.toString());
      if (observation instanceof Observation.Ended told) {
        end = told;
        ended.countDown();
      }
    }

    Observation.Ended end() throws InterruptedException {
      ended.await();
      var told = end;
      assertThat(told).isNotNull();
      return told;
    }
  }

  private Holdfast client(StreamObserver... observers) {
    var builder =
        Holdfast.builder()
            .openAi(SECRET)
            .transport(network)
            .time(time)
            .random(() -> new SplittableRandom(1));
    for (StreamObserver observer : observers) {
      builder.observer(observer);
    }
    return builder.build();
  }

  private static ChatRequest request() {
    return ChatRequest.to("gpt-4.1").user(PROMPT).build();
  }

  private void answer() {
    replies.add(exchange -> exchange.head(200).say(chunk(ANSWER)).say(FINISH).end());
  }

  private void cutAndContinued() {
    replies.add(exchange -> {
      exchange.head(200).say(chunk(ANSWER));
      exchange.receiver.onFailure(Failure.retryable(Cause.CONNECTION_LOST, "reset"));
    });
    replies.add(exchange ->
        exchange.head(200).say(chunk(ANSWER)).say(chunk(" and the fog came.")).say(FINISH).end());
  }

  @Test
  void everyTurnOfAStreamIsReportedInOrder() throws InterruptedException {
    cutAndContinued();
    var diary = new Diary(true);
    assertThat(client(diary).stream(request()).text()).isEqualTo(ANSWER + " and the fog came.");
    assertThat(diary.lines.stream().map(line -> line.replaceAll("\\[.*", "")))
        .startsWith(
            "begun api.openai.com 443 gpt-4.1",
            "AttemptOpened",
            "received 1 1",
            "delivered 1 " + ANSWER.length(),
            "AttemptClosed",
            "Retrying",
            "AttemptOpened",
            "received 2 1")
        .containsSubsequence(
            "AttemptOpened", "SeamMarked", "delivered 1 18", "AttemptClosed", "Ended");
    assertThat(diary.lines).contains("AttemptClosed[attempt=2, failure=null]");
    assertThat(diary.end().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(diary.end().outputTokens()).isPositive();
    assertThat(diary.end().seams()).isEqualTo(1);
  }

  @Test
  void contentOfOnePieceIsReportedInOneCallUnlessSomethingHappensInBetween()
      throws InterruptedException {
    replies.add(exchange ->
        exchange
            .head(200)
            .say(chunk("one") + chunk(" two"))
            .say(chunk("three") + ": still here\n\n" + chunk("four") + chunk("five") + FINISH)
            .end());
    var diary = new Diary(true);
    assertThat(client(diary).stream(request()).text()).isEqualTo("one twothreefourfive");
    assertThat(diary.end().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(diary.lines)
        .containsSubsequence(
            "received 1 2",
            "delivered 2 7",
            "received 1 6",
            "delivered 1 5",
            "Heartbeat[]",
            "delivered 2 8");
  }

  @Test
  void noWordOfPromptAnswerOrKeyIsReported() {
    cutAndContinued();
    replies.add(exchange -> {
      exchange.head(401);
      exchange.say("{\"error\":{\"message\":\"bad key %s\"}}".formatted(SECRET)).end();
    });
    var diary = new Diary(true);
    var client = client(diary);
    var unused = client.stream(request()).outcome();
    assertThat(client.stream(request()).outcome().cause()).contains(Cause.REJECTED);
    assertThat(String.join("\n", diary.lines))
        .doesNotContain(SECRET, PROMPT, ANSWER, "the fog came", "bad key")
        .contains("rejected");
  }

  @Test
  void anObserverThatThrowsReceivesNoMoreAndNoOtherNotices() throws InterruptedException {
    answer();
    var calls = new ArrayList<String>();
    StreamObserver throwing =
        new Diary(true) {
          @Override
          public void delivered(int events, long characters, long nanos) {
            calls.add("delivered");
            throw new AssertionError("an observer's own bug");
          }

          @Override
          public void observed(Observation observation, long nanos) {
            calls.add(observation.getClass().getSimpleName());
          }
        };
    StreamObserver refusing =
        new Diary(true) {
          @Override
          public Watch begun(Target first, long nanos) {
            throw new IllegalStateException("an observer's own bug");
          }
        };
    var diary = new Diary(true);
    assertThat(client(throwing, refusing, diary).stream(request()).text()).isEqualTo(ANSWER);
    assertThat(calls).containsExactly("AttemptOpened", "delivered");
    assertThat(diary.end().verdict()).isEqualTo(new Verdict.Complete());
  }

  @Test
  void anObserverThatNeverReturnsHoldsUpNothing() throws InterruptedException {
    var release = new CountDownLatch(1);
    var diary =
        new Diary(false) {
          @Override
          public void received(int attempt, int bytes, int frames, long nanos) {
            try {
              release.await();
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            }
            super.received(attempt, bytes, frames, nanos);
          }
        };
    int pieces = 4 * QueuedObserver.QUEUE;
    replies.add(exchange -> {
      exchange.head(200);
      for (int i = 0; i < pieces; i++) {
        exchange.say(chunk("x"));
      }
      exchange.say(FINISH).end();
    });
    assertThat(client(diary).stream(request()).text()).hasSize(pieces);
    // Only now does the observer go on, and learns how much it missed, and how it ended.
    release.countDown();
    assertThat(diary.end().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(diary.lines.size()).isBetween(QueuedObserver.QUEUE, QueuedObserver.QUEUE + 8);
    assertThat(diary.lines).anyMatch(line -> line.startsWith("Missed[count="));
  }

  @Test
  void aStreamThatIsClosedEarlyIsReportedAsCancelled() throws InterruptedException {
    replies.add(exchange -> exchange.head(200).say(chunk(ANSWER)));
    var diary = new Diary(true);
    try (var stream = client(diary).stream(request())) {
      assertThat(stream.next()).isPresent();
    }
    assertThat(diary.end().verdict()).isEqualTo(new Verdict.Cancelled());
  }

  @Test
  void aCheckedBodyIsAStreamOfOneAttempt() throws IOException, InterruptedException {
    var whole = new Diary(true);
    read(chunk("Hi") + FINISH, whole).close();
    assertThat(whole.end().verdict()).isEqualTo(new Verdict.Complete());
    assertThat(whole.end().outputTokens()).isEqualTo(12);
    assertThat(whole.lines).contains("delivered 1 2", "received 1 3");

    var closed = new Diary(true);
    body(chunk("Hi") + FINISH, closed).close();
    assertThat(closed.end().verdict()).isEqualTo(new Verdict.Cancelled());
  }

  @Test
  void aCheckedBodyWithoutProofIsReportedAsTruncated() throws InterruptedException {
    var cut = new Diary(true);
    try (var body = body(chunk("Hi"), cut)) {
      body.readAllBytes();
    } catch (IncompleteStreamException | IOException e) {
      assertThat(e).isInstanceOf(IncompleteStreamException.class);
    }
    assertThat(cut.end().verdict()).isEqualTo(new Verdict.Truncated(Cause.TRUNCATED));
  }

  @Test
  void aCheckedBodyThatBreaksIsReportedAsLost() throws IOException, InterruptedException {
    var diary = new Diary(true);
    var broken =
        new InputStream() {
          @Override
          public int read() throws IOException {
            return read(new byte[1], 0, 1);
          }

          @Override
          public int read(byte[] bytes, int offset, int length) throws IOException {
            throw new IOException("reset");
          }
        };
    try (var body =
        Holdfast.check(broken, Dialects.byId("openai-chat"), CompletionPolicy.STRICT, diary)) {
      assertThatThrownBy(body::read).isInstanceOf(IOException.class).hasMessage("reset");
    }
    assertThat(diary.end().verdict()).isEqualTo(new Verdict.Truncated(Cause.CONNECTION_LOST));
  }

  private static InputStream body(String text, StreamObserver observer) {
    return Holdfast.check(
        new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)),
        Dialects.byId("openai-chat"),
        CompletionPolicy.STRICT,
        observer);
  }

  private static InputStream read(String text, StreamObserver observer) throws IOException {
    var body = body(text, observer);
    assertThat(body.readAllBytes()).hasSize(text.length());
    return body;
  }
}
