package dev.holdfast.client.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.holdfast.core.policy.RetryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.ResponseHead;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Hosts that close the reader of a body, whose lock the reading thread holds in a silence. */
@Timeout(60)
class WaitingClosesTest {
  private static final String EVENT =
      "data: {\"id\":\"1\",\"object\":\"chat.completion.chunk\",\"model\":\"gpt-4.1\",\"choices\":"
          + "[{\"index\":0,\"delta\":{\"role\":\"assistant\",\"content\":\"The harbour \"}}]}\n\n";

  /** One event, then nothing until it is aborted; or the end of the connection. */
  private static final class Silent implements RelayExchange {
    private final CountDownLatch aborted = new CountDownLatch(1);
    private final boolean breaks;
    private boolean read;

    Silent(boolean breaks) {
      this.breaks = breaks;
    }

    @Override
    public ResponseHead head() {
      return new ResponseHead(200, Map.of("content-type", List.of("text/event-stream")));
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      if (!read) {
        read = true;
        byte[] event = EVENT.getBytes(StandardCharsets.UTF_8);
        System.arraycopy(event, 0, bytes, offset, event.length);
        return event.length;
      }
      try {
        if (!breaks) {
          aborted.await();
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      throw new IOException(breaks ? "broken" : "aborted");
    }

    @Override
    public void abort() {
      aborted.countDown();
    }

    boolean isAborted() {
      return aborted.getCount() == 0;
    }
  }

  /** A host that reads on a thread of its own, and has read the first event. */
  private static final class Host {
    final Silent exchange;
    final BufferedReader lines;
    final Thread reading;
    final CompletableFuture<Void> ended = new CompletableFuture<>();
    private final CountDownLatch first = new CountDownLatch(1);

    Host(StreamPolicy policy, boolean breaks) throws InterruptedException {
      exchange = new Silent(breaks);
      var relay = StreamRelay.builder().policy(policy).build();
      var request =
          new RelayedRequest(
              "POST",
              URI.create("http://localhost/v1/chat/completions"),
              Map.of(),
              "{\"model\":\"gpt-4.1\",\"stream\":true,\"messages\":"
                  + "[{\"role\":\"user\",\"content\":\"hi\"}]}");
      var body =
          relay.body(request, exchange.head(), exchange, unused -> new Silent(false)).orElseThrow();
      lines = new BufferedReader(new InputStreamReader(body, StandardCharsets.UTF_8));
      reading = Thread.ofPlatform().daemon().start(this::read);
      first.await();
    }

    private void read() {
      try {
        while (lines.readLine() != null) {
          first.countDown();
        }
        ended.complete(null);
      } catch (IOException e) {
        ended.completeExceptionally(e);
      }
    }

    void awaitSilence() {
      awaitState(reading);
    }
  }

  private static void awaitState(Thread thread) {
    while (!List.of(Thread.State.WAITING, Thread.State.TIMED_WAITING, Thread.State.BLOCKED)
        .contains(thread.getState())) {
      LockSupport.parkNanos(100_000);
    }
  }

  private static Host silent() throws InterruptedException {
    var host = new Host(StreamPolicy.DEFAULT, false);
    host.awaitSilence();
    return host;
  }

  @Test
  void aCloseThatWaitsForTheReaderEndsTheSilence() throws Exception {
    var host = silent();
    host.lines.close();
    assertThat(host.exchange.isAborted()).isTrue();
    assertThat(host.ended).failsWithin(Duration.ofSeconds(30));
  }

  @Test
  void soDoesOneThatWaitsWhileARetryIsDue() throws Exception {
    var late = RetryPolicy.DEFAULT.withDelays(Duration.ofMinutes(5), Duration.ofMinutes(10));
    var host = new Host(StreamPolicy.DEFAULT.withRetry(late), true);
    host.awaitSilence();
    host.lines.close();
    assertThat(host.ended).failsWithin(Duration.ofSeconds(30));
  }

  /** Both bodies are silent at the look that closes the second. */
  @Test
  void aThreadThatWaitsToReadClosesNothing() throws Exception {
    var kept = silent();
    var second =
        Thread.ofPlatform()
            .daemon()
            .start(() -> {
              try {
                kept.lines.readLine();
              } catch (IOException e) {
                // Closed at the end of the test.
              }
            });
    awaitState(second);
    var closed = silent();
    closed.lines.close();
    assertThat(closed.exchange.isAborted()).isTrue();
    assertThat(kept.exchange.isAborted()).isFalse();
    assertThat(kept.ended).isNotDone();
    kept.lines.close();
    second.join();
  }
}
