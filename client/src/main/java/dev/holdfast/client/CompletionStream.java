package dev.holdfast.client;

import dev.holdfast.core.stream.StreamEvent;
import java.lang.ref.Cleaner;
import java.lang.ref.Reference;
import java.util.Iterator;
import java.util.NoSuchElementException;
import java.util.Optional;
import java.util.concurrent.Flow;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One answer, pulled event by event. The provider is asked when the stream is made. From then on
 * everything happens on the thread that pulls, and a consumer that does not pull holds the provider
 * back. At most a few chunks of the body are read ahead of the returned event.
 *
 * <p>One thread pulls at a time. {@link #abort} and {@link #close} may come from any thread at any
 * time and return at once. They reach the provider within a second even while nothing arrives, and
 * a pull under way returns. A pulling thread that is interrupted ends the stream as cancelled and
 * stays interrupted. Every stream ends with one final {@link #outcome}. A stream that is dropped
 * without being closed is cancelled by the garbage collector.
 */
public final class CompletionStream implements Iterable<StreamEvent>, AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();

  private final StreamDriver driver;

  /** The listener's thread, if one reads this stream. */
  private final @Nullable Thread follower;

  private final AtomicBoolean iterated = new AtomicBoolean();

  /** The next event, where an iterator has looked ahead. */
  private @Nullable StreamEvent ahead;

  private CompletionStream(StreamDriver driver, @Nullable Thread follower) {
    this.driver = driver;
    this.follower = follower;
  }

  /** {@return a stream for one consumer} */
  static CompletionStream pulledFrom(StreamDriver driver) {
    var stream = new CompletionStream(driver, null);
    CLEANER.register(stream, driver::abandon);
    return stream;
  }

  /** {@return the handle of a stream that a listener's thread reads} */
  static CompletionStream followedFrom(StreamDriver driver, Thread follower) {
    return new CompletionStream(driver, follower);
  }

  /**
   * {@return the next event, waiting for it; empty once the stream is over}
   *
   * @throws IllegalStateException if a listener reads this stream
   */
  public Optional<StreamEvent> next() {
    return Optional.ofNullable(pull());
  }

  private @Nullable StreamEvent pull() {
    if (follower != null) {
      throw new IllegalStateException("stream: must not be pulled, was given to a listener");
    }
    StreamEvent held = ahead;
    if (held != null) {
      ahead = null;
      return held;
    }
    try {
      return driver.next();
    } finally {
      // Else the collector may take a stream that is pulled for one that was dropped.
      Reference.reachabilityFence(this);
    }
  }

  /**
   * {@return the remaining events} A stream has one position, and so one iterator, as a {@link
   * java.nio.file.DirectoryStream} has.
   *
   * @throws IllegalStateException if it was called before
   */
  @Override
  public Iterator<StreamEvent> iterator() {
    if (!iterated.compareAndSet(false, true)) {
      throw new IllegalStateException("iterator: must be called once per stream, was called again");
    }
    return new Events();
  }

  /**
   * {@return the remaining text of choice 0, in the pieces in which it arrives; every other event
   * is skipped} All iterators, and {@link #next}, share the stream's position: a piece seen by one
   * is the next one of each.
   *
   * <p>The pieces end when the stream does, whole or not: {@link #outcome} has the verdict.
   */
  public Iterable<String> textDeltas() {
    return TextDeltas::new;
  }

  /**
   * {@return how the stream ended, after drawing and keeping the rest of it} Always answers. Where
   * a listener reads the stream, waits for its end.
   *
   * @throws IllegalStateException if the listener itself asks before the end: it would never return
   */
  public Outcome outcome() {
    if (follower != null) {
      if (Thread.currentThread().equals(follower) && !driver.isOver()) {
        throw new IllegalStateException("outcome: must not be awaited by the stream's listener");
      }
      driver.awaitEnd();
    }
    try {
      return driver.outcome();
    } finally {
      Reference.reachabilityFence(this); // As in next().
    }
  }

  /**
   * {@return the text of choice 0, after drawing the rest of the stream}
   *
   * @throws StreamException if the answer is not complete
   * @throws IllegalStateException if it is longer than the memory limit
   */
  public String text() {
    return outcome().requireComplete().text();
  }

  /** Ends the stream as cancelled, unless it has ended. What was delivered stays readable. */
  public void abort() {
    driver.cancel("the caller aborted the stream");
  }

  /**
   * Ends the stream as cancelled, unless it has ended, and releases its sinks. The outcome stays;
   * text past the memory limit goes.
   */
  @Override
  public void close() {
    driver.cancel("the caller closed the stream");
    driver.release();
  }

  private final class Events implements Iterator<StreamEvent> {
    @Override
    public boolean hasNext() {
      if (ahead == null) {
        ahead = pull();
      }
      return ahead != null;
    }

    @Override
    public StreamEvent next() {
      StreamEvent event = pull();
      if (event == null) {
        throw new NoSuchElementException("stream: is over");
      }
      return event;
    }
  }

  /**
   * {@return a publisher that opens a stream of its own for every subscription} A complete answer
   * completes; any other ends with its {@link StreamException}.
   */
  static Flow.Publisher<StreamEvent> publisher(Supplier<CompletionStream> streams) {
    return new PullPublisher<>(() -> new Published(streams.get()));
  }

  private final class TextDeltas implements Iterator<String> {
    @Override
    public boolean hasNext() {
      while (!(ahead instanceof StreamEvent.TextDelta delta && delta.choice() == 0)) {
        ahead = null; // Not text: skipped.
        ahead = pull();
        if (ahead == null) {
          return false;
        }
      }
      return true;
    }

    @Override
    public String next() {
      if (hasNext() && pull() instanceof StreamEvent.TextDelta(int choice, String text)) {
        return text;
      }
      throw new NoSuchElementException("stream: is over");
    }
  }

  private record Published(CompletionStream stream) implements PullPublisher.Source<StreamEvent> {
    @Override
    public @Nullable StreamEvent next() {
      var event = stream.next().orElse(null);
      if (event == null) {
        Outcome unused = stream.outcome().requireComplete();
      }
      return event;
    }

    @Override
    public void close() {
      stream.close();
    }
  }
}
