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

  /** What a stream is drawn from: a provider, or the journal. Any thread, unless noted. */
  interface Source {
    /** {@return the next event, waiting for it; null once the stream is over} One thread. */
    @Nullable StreamEvent next();

    /** {@return the outcome, after drawing the rest} One thread. */
    Outcome outcome();

    /** {@return whether the outcome is there} */
    boolean isOver();

    /** Waits for the end, which another thread draws. An interrupt stops the stream. */
    void awaitEnd();

    /** Ends the stream as cancelled, unless it has ended. Never blocks. */
    void cancel(String why);

    /** Ends a stream that is no longer reachable. Never blocks. */
    void abandon();

    /** Releases what is kept, once the stream has its outcome. Never blocks. */
    void release();

    /** Lets the stream run on without a reader. Never blocks. */
    void detach();

    /** {@return the id in the journal; empty if it has none} */
    Optional<String> id();

    /** {@return the place after the last event that was handed out} */
    Optional<String> offset();

    /** {@return whether everything that was handed out is in the journal} */
    boolean isDurable();
  }

  /** Abandons a stream that is dropped. Holds no stream that was closed. */
  private static final class Dropped implements Runnable {
    private volatile @Nullable Source open;

    Dropped(Source source) {
      open = source;
    }

    void closed() {
      open = null;
    }

    @Override
    public void run() {
      var source = open;
      if (source != null) {
        source.abandon();
      }
    }
  }

  private final Source source;
  private final Dropped dropped;
  private final Cleaner.@Nullable Cleanable cleanable;

  /** The listener's thread, if one reads this stream. */
  private final @Nullable Thread follower;

  private final AtomicBoolean iterated = new AtomicBoolean();

  /** The next event, where an iterator has looked ahead. */
  private @Nullable StreamEvent ahead;

  /** The place before that event. */
  private Optional<String> before = Optional.empty();

  private volatile boolean detached;

  private CompletionStream(Source source, @Nullable Thread follower) {
    this.source = source;
    this.follower = follower;
    dropped = new Dropped(source);
    cleanable = follower == null ? CLEANER.register(this, dropped) : null;
  }

  /** {@return a stream for one consumer} */
  static CompletionStream pulledFrom(Source source) {
    return new CompletionStream(source, null);
  }

  /** {@return the handle of a stream that a listener's thread reads} */
  static CompletionStream followedFrom(Source source, Thread follower) {
    return new CompletionStream(source, follower);
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
    if (detached) {
      throw new IllegalStateException("stream: must not be pulled, was detached");
    }
    StreamEvent held = ahead;
    if (held != null) {
      ahead = null;
      return held;
    }
    try {
      return source.next();
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
    if (Thread.currentThread().equals(follower) && !source.isOver()) {
      throw new IllegalStateException("outcome: must not be awaited by the stream's listener");
    }
    if (follower != null || detached) {
      source.awaitEnd();
    }
    try {
      return source.outcome();
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
    source.cancel("the caller aborted the stream");
  }

  /**
   * Ends the stream as cancelled, unless it has ended or was detached, and releases its sinks. The
   * outcome stays; text past the memory limit goes.
   */
  @Override
  public void close() {
    if (!detached) {
      source.cancel("the caller closed the stream");
    }
    source.release();
    if (cleanable != null) {
      // Else all of it would stay reachable until the collector finds that this object is not.
      dropped.closed();
      cleanable.clean();
    }
  }

  /**
   * Leaves the stream to the journal instead of closing it: it runs on to its end without a reader,
   * and {@link Holdfast#resume} reads it. {@link #abort} still ends it, {@link #outcome} waits for
   * its end, and it can be pulled no more. A stream that is not durable is closed instead, as it
   * could not be read again: that is each one of a client without a journal. So is a stream that
   * reads the journal. Has no effect where a listener reads.
   */
  public void detach() {
    if (follower != null) {
      return;
    }
    if (source.isDurable()) {
      detached = true;
      source.detach();
    } else {
      close();
    }
  }

  /**
   * {@return the stream's name in the journal, 32 hexadecimal digits of chance; empty if the client
   * has no journal, or the journal refused the stream from the start} It lets every holder read the
   * stream.
   */
  public Optional<String> id() {
    return source.id();
  }

  /**
   * {@return the place after the last event that was received, from which {@link Holdfast#resume}
   * continues; empty where there is no {@link #id}} Events that the journal did not store do not
   * move it.
   */
  public Optional<String> offset() {
    return ahead == null ? source.offset() : before;
  }

  /**
   * {@return whether every event received so far is in the journal} False without a journal, and
   * from the journal's first refusal on.
   */
  public boolean isDurable() {
    return source.isDurable();
  }

  /** {@return whether the stream is over, so that {@link #outcome} returns at once} */
  public boolean isOver() {
    return source.isOver();
  }

  private void lookAhead() {
    before = source.offset();
    ahead = pull();
  }

  private final class Events implements Iterator<StreamEvent> {
    @Override
    public boolean hasNext() {
      if (ahead == null) {
        lookAhead();
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
        lookAhead();
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

  /** Reads a stream for a listener. */
  record ListenerLoop(StreamDriver driver, StreamListener listener) implements Runnable {
    @Override
    public void run() {
      try {
        StreamEvent event = driver.next();
        while (event != null) {
          deliver(event);
          event = driver.next();
        }
      } catch (RuntimeException | Error e) {
        // Its class alone: the message may quote the answer.
        driver.cancel("the listener threw " + e.getClass().getName());
      }
      // An Error passes too: after any failure the listener still receives its end.
      Outcome outcome = driver.outcome();
      try {
        listener.onComplete(outcome);
      } finally {
        driver.release();
      }
    }

    private void deliver(StreamEvent event) {
      listener.onEvent(event);
      switch (event) {
        case StreamEvent.Started(var id, var model) -> listener.onStart(id, model);
        case StreamEvent.TextDelta(int choice, var text) when choice == 0 -> listener.onToken(text);
        case StreamEvent.ReasoningDelta(int choice, var text) when choice == 0 ->
            listener.onReasoning(text);
        case StreamEvent.ToolCallReady(var call) -> listener.onToolCall(call);
        case StreamEvent.FrameRejected(var failure) -> listener.onError(failure);
        case StreamEvent.AttemptFailed(int attempt, var failure) -> listener.onError(failure);
        case StreamEvent.Retrying(int retry, int max, var delay, var rung) ->
            listener.onRetry(retry, max, delay);
        case StreamEvent.SeamMarked(var seam) -> listener.onSeam(seam);
        default -> {} // onEvent has reported the rest.
      }
    }
  }
}
