package dev.holdfast.client.transport;

import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Sends the requests that stop generations which their providers would write to the end without a
 * reader. One per client, shared by its streams. Best effort: no stream waits for an answer, and
 * none fails by one.
 *
 * <p>Concurrency: {@code lock} guards the two sets; no transport is called while it is held.
 */
public final class GenerationStops {
  /** A stream that may leave a generation running. */
  public interface Generating {
    /** Ends it as cancelled. Never blocks. */
    void cancel(String why);
  }

  private static final int NOT_FOUND = 404;

  /** Longest wait for the answer to a request. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  /**
   * When a generation is stopped again of which no response head had arrived. A server may read the
   * stop before the request that it is about; measured with llama.cpp.
   */
  private static final List<Duration> AGAIN =
      List.of(Duration.ofMillis(250), Duration.ofMillis(750));

  /** How long the client's end waits for what is under way, in nanoseconds. */
  private static final long LAST_WAIT_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Transport transport;
  private final Delays delays;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  /** Streams that have not ended and have a generation that their provider keeps. */
  private final Set<Generating> open = new HashSet<>();

  /** Requests without an answer, and those to come. */
  private final Set<Object> underWay = new HashSet<>();

  /** Runs something later. */
  interface Delays {
    /** Runs {@code task} on a thread of its own after {@code delay}. */
    void after(Duration delay, Runnable task);
  }

  /** The stops of one client. */
  public GenerationStops(Transport transport) {
    this(transport, Later::run);
  }

  /** As above, by another clock. */
  GenerationStops(Transport transport, Delays delays) {
    this.transport = transport;
    this.delays = delays;
  }

  /** Records a stream that may leave a generation running. */
  public void opened(Generating stream) {
    change(() -> open.add(stream));
  }

  /** A stream has ended, and its generations are being stopped. */
  public void ended(Generating stream) {
    change(() -> open.remove(stream));
  }

  /**
   * Sends a stop. Returns at once.
   *
   * @param spellings the request, then the same one in other spellings, for answers of 404
   * @param early whether the server may not have read the request that it is about
   */
  public void send(List<Transport.Request> spellings, boolean early) {
    new Stop(spellings).begin();
    for (var delay : early ? AGAIN : List.<Duration>of()) {
      var again = new Stop(spellings);
      again.isUnderWay();
      delays.after(delay, again::begin);
    }
  }

  /** Ends the streams that keep generations, and waits for what is under way, at most a second. */
  public void close() {
    List<Generating> streams;
    lock.lock();
    try {
      streams = List.copyOf(open);
    } finally {
      lock.unlock();
    }
    streams.forEach(stream -> stream.cancel("the client was closed"));
    lock.lock();
    try {
      long left = LAST_WAIT_NANOS;
      while (left > 0 && !(open.isEmpty() && underWay.isEmpty())) {
        left = changed.awaitNanos(left);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      lock.unlock();
    }
  }

  private void change(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** One stop, over its spellings. */
  private final class Stop {
    private final List<Transport.Request> spellings;

    Stop(List<Transport.Request> spellings) {
      this.spellings = spellings;
    }

    void isUnderWay() {
      change(() -> underWay.add(this));
    }

    void begin() {
      isUnderWay();
      send(0);
    }

    private void send(int spelling) {
      var answer = new Answer(this, spelling);
      try {
        var exchange = transport.open(spellings.get(spelling), answer);
        exchange.demand(Long.MAX_VALUE);
        delays.after(
            PATIENCE,
            () -> {
              exchange.cancel();
              over();
            });
      } catch (RuntimeException e) {
        over(); // The transport is closed, or refuses the request.
      }
    }

    void answered(int spelling, int status) {
      if (status == NOT_FOUND && spelling + 1 < spellings.size()) {
        send(spelling + 1);
      } else {
        over();
      }
    }

    void over() {
      change(() -> underWay.remove(this));
    }
  }

  /** Reads the status of an answer; its body is drained, so that the connection is of use. */
  private static final class Answer implements Transport.Receiver {
    private final Stop stop;
    private final int spelling;
    private @Nullable ResponseHead head;

    Answer(Stop stop, int spelling) {
      this.stop = stop;
      this.spelling = spelling;
    }

    @Override
    public void onHead(ResponseHead head) {
      this.head = head;
    }

    @Override
    public void onBytes(ByteBuffer bytes) {}

    @Override
    public void onEnd() {
      stop.answered(spelling, head == null ? 0 : head.status());
    }

    @Override
    public void onFailure(Failure failure) {
      stop.over();
    }
  }
}
