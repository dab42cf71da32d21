package dev.holdfast.client.browser;

import dev.holdfast.client.CompletionStream;
import dev.holdfast.client.Holdfast;
import dev.holdfast.client.PullPublisher;
import dev.holdfast.client.journal.UnknownStreamException;
import dev.holdfast.core.stream.Check;
import java.io.IOException;
import java.io.OutputStream;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.Flow;
import java.util.function.Supplier;
import java.util.regex.Pattern;
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
 *
 * <p>With {@link #withResume} an event {@code stream} comes first, and names the stream. The ids
 * are places in the journal. A browser that comes back receives what follows the last one, and a
 * stream runs on when its browser leaves.
 */
public final class BrowserRelay {
  /** 300 ms: the second write after a browser has left fails, so that this is within a second. */
  public static final Duration DEFAULT_PING = Duration.ofMillis(300);

  /** An id of an event that is in no journal. */
  private static final Pattern COUNTED = Pattern.compile("\\d{1,19}");

  private final Duration ping;
  private final @Nullable Holdfast resuming;
  private final boolean stopsWhenLeft;

  private BrowserRelay(Duration ping, @Nullable Holdfast resuming, boolean stopsWhenLeft) {
    Check.that(ping.toMillis() >= 10, "ping", "must be at least 10 ms", ping);
    this.ping = ping;
    this.resuming = resuming;
    this.stopsWhenLeft = stopsWhenLeft;
  }

  /** {@return a relay that writes a ping in every silence of 300 ms} */
  public static BrowserRelay ofDefaults() {
    return new BrowserRelay(DEFAULT_PING, null, false);
  }

  /**
   * {@return a relay with another silence before a ping}
   *
   * @param ping at least 10 ms
   */
  public BrowserRelay withPing(Duration ping) {
    return new BrowserRelay(ping, resuming, stopsWhenLeft);
  }

  /**
   * {@return a relay whose streams can be resumed by their pages} Needs a client with a journal;
   * streams that it could not store are relayed as without.
   *
   * @param holdfast the client whose streams this relay gets
   */
  public BrowserRelay withResume(Holdfast holdfast) {
    return new BrowserRelay(ping, Objects.requireNonNull(holdfast, "holdfast"), stopsWhenLeft);
  }

  /**
   * {@return a relay that closes a stream when the browser that asked has left, although it could
   * be resumed}
   */
  public BrowserRelay withStopWhenLeft(boolean stopsWhenLeft) {
    return new BrowserRelay(ping, resuming, stopsWhenLeft);
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
   * {@return the HTTP status for a request: 200 if {@link #open} has a stream for it}
   *
   * <p>204 if there is nothing more to receive, by which {@code EventSource} stops: after the end,
   * and for a stream that is in no journal. 404 for a stream that is unknown or has expired, 400
   * for an id that is none, 503 where the journal cannot be read.
   *
   * @param lastEventId the header {@code Last-Event-ID}, or a parameter in its place; null or empty
   *     for a new question
   */
  public int status(@Nullable String lastEventId) {
    if (lastEventId == null || lastEventId.isEmpty()) {
      return 200;
    }
    if (resuming == null || COUNTED.matcher(lastEventId).matches()) {
      return 204;
    }
    try (var reader = BrowserPosition.parse(lastEventId).open(resuming)) {
      return reader.isOver() ? 204 : 200;
    } catch (UnknownStreamException e) {
      return 404;
    } catch (IllegalArgumentException e) {
      return 400;
    } catch (IllegalStateException e) {
      return 503;
    }
  }

  /**
   * {@return what is relayed to a request of status 200: the rest of a stream, or a new one}
   *
   * @param lastEventId as in {@link #status}
   * @param stream opens a new answer
   * @throws UnknownStreamException if the stream has expired since
   */
  public CompletionStream open(@Nullable String lastEventId, Supplier<CompletionStream> stream) {
    if (lastEventId == null || lastEventId.isEmpty()) {
      return stream.get();
    }
    if (resuming == null) {
      throw new IllegalArgumentException("last event id: must be without a stream, was of one");
    }
    return BrowserPosition.parse(lastEventId).open(resuming);
  }

  /**
   * Leaves a stream to the journal or closes it, as this relay does when a browser has left. May be
   * called again, and for a stream that is over.
   */
  public void left(CompletionStream stream) {
    if (resuming != null && !stopsWhenLeft && !stream.isOver()) {
      stream.detach(); // Closes a stream that is not in a journal.
    } else {
      stream.close();
    }
  }

  private BrowserEvents events(CompletionStream stream) {
    return new BrowserEvents(stream, ping, resuming != null, () -> left(stream));
  }

  /**
   * {@return whether the page has received everything, the terminal event included}
   *
   * <p>Returns when the answer has ended or the browser has left. The stream is closed in each
   * case, except by a browser that leaves a stream which it can resume.
   *
   * @param sink an exception of it means that the browser has left
   */
  public boolean relay(CompletionStream stream, Sink sink) {
    try (var events = events(stream)) {
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
   * own; cancelling closes it, or leaves it to the journal.
   */
  public Flow.Publisher<BrowserEvent> publisher(Supplier<CompletionStream> streams) {
    return new PullPublisher<>(() -> events(streams.get()));
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
