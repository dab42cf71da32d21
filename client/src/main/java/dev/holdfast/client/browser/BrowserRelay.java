package dev.holdfast.client.browser;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.PullPublisher;
import dev.holdfast.core.stream.Check;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Relays one answer to a page as server-sent events. Immutable.
 *
 * <p>The events are {@code start}, {@code text}, {@code reasoning}, {@code refusal}, {@code tool},
 * {@code retry}, {@code ping}, and exactly one of {@code done} and {@code failure}, last. Their
 * data is one JSON object with the member {@code type}. Each except {@code ping} has an id: 1, 2, 3
 * and so on, without gaps.
 *
 * <p>A server notices that a browser has left only when it writes. So a {@code ping} is written in
 * every silence of {@link #DEFAULT_PING}. When a write fails, the stream is closed.
 */
public final class BrowserRelay {
  /** 300 ms: the second write after a browser has left fails, so that this is within a second. */
  public static final Duration DEFAULT_PING = Duration.ofMillis(300);

  private final Duration ping;

  private BrowserRelay(Duration ping) {
    Check.that(ping.toMillis() >= 10, "ping", "must be at least 10 ms", ping);
    this.ping = ping;
  }

  /** {@return a relay that writes a ping in every silence of 300 ms} */
  public static BrowserRelay ofDefaults() {
    return new BrowserRelay(DEFAULT_PING);
  }

  /**
   * {@return a relay with another silence before a ping}
   *
   * @param ping at least 10 ms
   */
  public BrowserRelay withPing(Duration ping) {
    return new BrowserRelay(ping);
  }

  /** Receives events one at a time. */
  @FunctionalInterface
  public interface Sink {
    /**
     * Writes an event and flushes it. May block: then the provider is held back.
     *
     * @throws IOException if the browser has left
     */
    void send(BrowserEvent event) throws IOException;
  }

  /**
   * {@return whether the page has received everything, the terminal event included}
   *
   * <p>Returns when the answer has ended or the browser has left. The stream is closed in each
   * case.
   *
   * @param sink an exception of it means that the browser has left
   */
  public boolean relay(CompletionStream stream, Sink sink) {
    try (var events = new BrowserEvents(stream, ping)) {
      for (var event = events.next(); event != null; event = events.next()) {
        sink.send(event);
      }
      return true;
    } catch (IOException | RuntimeException e) {
      return false; // The browser has left: the exception is of its socket.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** {@return as above, for the body of a response} */
  public boolean relay(CompletionStream stream, OutputStream body) {
    return relay(
        stream,
        event -> {
          body.write(event.bytes());
          body.flush();
        });
  }

  /**
   * {@return the events, no faster than a subscriber asks} Every subscription opens a stream of its
   * own; cancelling closes it.
   */
  public Flow.Publisher<BrowserEvent> publisher(Supplier<CompletionStream> streams) {
    return new PullPublisher<>(() -> new BrowserEvents(streams.get(), ping));
  }

  /**
   * {@return whether a request is a browser's own repetition of one that was answered}
   *
   * <p>{@code EventSource} repeats a request when its body ends, with the id of the last event. To
   * answer it would have the model asked again. Answer it with status 204: then the browser stops.
   *
   * @param lastEventId the header {@code Last-Event-ID}; null if there is none
   */
  public static boolean isRepetition(@Nullable String lastEventId) {
    return lastEventId != null && !lastEventId.isEmpty();
  }
}
