package dev.holdfast.client.relay;

import dev.holdfast.client.StreamException;
import dev.holdfast.client.transport.TimeSource;
import dev.holdfast.core.dialect.ProviderRequest;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.relay.Relay;
import dev.holdfast.core.spi.ObserverNotifier;
import dev.holdfast.core.spi.SharedUpstreamState;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Verdict;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Drives one relay on the thread of its reader.
 *
 * <p>Concurrency: {@code lock} guards every field and the relay. It is not held while the reader
 * waits for a provider. {@link #close} may come from any thread and takes it for an instant only;
 * so does the clock's thread, and only while the reader waits.
 */
final class RelayedBody extends InputStream {
  private static final int CHUNK = 16 << 10;
  private static final ByteBuffer NOTHING = ByteBuffer.allocate(0);

  /** How often the host is asked whether it gave its own call up, once another is under way. */
  private static final long HOST_NANOS = Duration.ofMillis(200).toNanos();

  /** No thread has waited in this body since the last look. */
  static final long NO_READER = 0;

  /** A reader that comes back sooner was never away. */
  private static final long AWAY_NANOS = Duration.ofMillis(1).toNanos();

  private final Relay relay;
  private final RelayTarget target;
  private final RelayExchange.Sender sender;
  private final SharedUpstreamState shared;
  private final boolean throwsAtEnd;
  private final Duration connectTimeout;
  private final TimeSource time;
  private final ObserverNotifier watching;
  private final boolean sendsFirst;

  /** The host's own exchange, which it may cancel while a continuation is under way. */
  private final @Nullable RelayExchange host;

  private boolean watchingHost;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final byte[] chunk = new byte[CHUNK];
  private @Nullable RelayExchange exchange;
  private int attempt;
  private boolean headed;

  /** Of the first response that is not a refusal. */
  private @Nullable ResponseHead answered;

  private ByteBuffer ready = NOTHING;
  private long timerNanos = Long.MAX_VALUE;
  private long steppedNanos;
  private boolean waiting;

  /** The thread that waits for a provider or a timer. */
  private @Nullable Thread reader;

  /** How often a thread began to wait, now and at the last look at it. */
  private long steps;

  private long lookedAt;
  private boolean watched;
  private long wakeNanos = Long.MAX_VALUE;
  private @Nullable Future<?> wake;
  private @Nullable Ending ending;
  private boolean closed;

  /** What an action of the current signal closes. */
  private @Nullable RelayExchange leaving;

  /**
   * A body that has not begun.
   *
   * @param first the exchange of the first request; null if it is sent here
   */
  RelayedBody(
      Relay relay,
      RelayTarget target,
      @Nullable RelayExchange first,
      RelayExchange.Sender sender,
      SharedUpstreamState shared,
      boolean throwsAtEnd,
      Duration connectTimeout,
      TimeSource time,
      ObserverNotifier watching) {
    this.relay = relay;
    this.target = target;
    this.sender = sender;
    this.shared = shared;
    this.throwsAtEnd = throwsAtEnd;
    this.connectTimeout = connectTimeout;
    this.time = time;
    this.watching = watching;
    this.exchange = first;
    this.host = first;
    this.sendsFirst = first == null;
    steppedNanos = time.nanoTime();
  }

  /** Begins with a response whose head has come. */
  void begin(ResponseHead head) {
    lock.lock();
    try {
      signal(new Signal.Begin());
      headed = true;
      answered = head;
      signal(new Signal.HeadersArrived(attempt, head, time.epochMillis()));
    } finally {
      lock.unlock();
    }
  }

  /** Begins by sending the first request. */
  void begin() {
    lock.lock();
    try {
      signal(new Signal.Begin());
    } finally {
      lock.unlock();
    }
  }

  /**
   * {@return the head of the first response that is not a refusal, waiting for it}
   *
   * @throws IOException if there is none, or the body was closed
   */
  ResponseHead head() throws IOException {
    lock.lock();
    try {
      back();
      while (answered == null) {
        if (closed) {
          throw new IOException("stream closed");
        }
        var end = ending;
        if (end != null) {
          throw failure(end);
        }
        step();
      }
      return answered;
    } finally {
      steppedNanos = time.nanoTime();
      lock.unlock();
    }
  }

  @Override
  public int read() throws IOException {
    var one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
  }

  @Override
  public int read(byte[] bytes, int offset, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    lock.lock();
    try {
      back();
      while (true) {
        if (closed) {
          throw new IOException("stream closed");
        }
        if (ready.hasRemaining()) {
          int count = Math.min(length, ready.remaining());
          ready.get(bytes, offset, count);
          return count;
        }
        var end = ending;
        if (end != null) {
          return end(end);
        }
        step();
      }
    } finally {
      steppedNanos = time.nanoTime();
      lock.unlock();
    }
  }

  @Override
  public int available() {
    lock.lock();
    try {
      return ready.remaining();
    } finally {
      lock.unlock();
    }
  }

  /** The reader is back: the provider's clocks stood still while it was away. */
  private void back() {
    if (ending == null && !closed && time.nanoTime() - steppedNanos > AWAY_NANOS) {
      signal(new Signal.Paused(), steppedNanos);
      signal(new Signal.Demand(), time.nanoTime());
    }
  }

  private int end(Ending end) throws IOException {
    if (end.verdict() instanceof Verdict.Complete || !throwsAtEnd) {
      return -1;
    }
    throw failure(end);
  }

  private static IOException failure(Ending end) {
    var failure = end.failure().orElseGet(() -> Failure.permanent(Cause.CANCELLED, "closed"));
    var reported = StreamException.of(failure, "", end);
    return new IOException(reported.getMessage(), reported);
  }

  /** Waits for one thing to happen. */
  private void step() throws IOException {
    reader = Thread.currentThread();
    steps++;
    if (!watched) {
      watched = true;
      WaitingCloses.watch(this);
    }
    try {
      awaitOne();
    } finally {
      reader = null;
    }
  }

  /**
   * {@return the id of the thread that has waited here since the last look, or {@link #NO_READER}}
   * Where none waits at all, this body is looked at no more until one does.
   */
  long silentReader() {
    lock.lock();
    try {
      var waits = reader;
      if (waits == null || closed) {
        watched = false;
        WaitingCloses.forget(this);
        return NO_READER;
      }
      boolean silent = lookedAt == steps;
      lookedAt = steps;
      return silent ? waits.threadId() : NO_READER;
    } finally {
      lock.unlock();
    }
  }

  private void awaitOne() throws IOException {
    var current = exchange;
    if (current == null) {
      awaitTimer();
      return;
    }
    int number = attempt;
    boolean first = !headed;
    ResponseHead head = null;
    int count = 0;
    IOException broke = null;
    waiting = true;
    watch();
    lock.unlock();
    try {
      if (first) {
        head = current.head();
      } else {
        count = current.read(chunk, 0, chunk.length);
      }
    } catch (IOException e) {
      broke = e;
    } finally {
      lock.lock();
      waiting = false;
    }
    if (exchange == null || number != attempt || closed) {
      return; // It was given up meanwhile.
    }
    if (broke != null && current.isCancelled()) {
      exchange = null;
      closed = true;
      signal(new Signal.Cancelled());
      throw broke;
    }
    if (broke != null) {
      signal(new Signal.Failed(number, failure(broke, first)));
    } else if (head != null) {
      headed = true;
      if (answered == null && head.isSuccess()) {
        answered = head;
      }
      signal(new Signal.HeadersArrived(number, head, time.epochMillis()));
    } else if (count < 0) {
      signal(new Signal.EndOfBody(number));
    } else {
      signal(new Signal.BytesArrived(number, ByteBuffer.wrap(chunk, 0, count)));
    }
  }

  private static Failure failure(IOException e, boolean first) {
    if (e instanceof RelayFailure known) {
      return known.failure();
    }
    // The class alone: a client's message may quote the request.
    String detail = "the connection broke: " + e.getClass().getSimpleName();
    return Failure.retryable(first ? Cause.CONNECTION_FAILED : Cause.CONNECTION_LOST, detail);
  }

  private void awaitTimer() throws IOException {
    long left = timerNanos - time.nanoTime();
    if (left <= 0) {
      timerNanos = Long.MAX_VALUE;
      signal(new Signal.TimerFired());
      return;
    }
    try {
      time.await(changed, timerNanos == Long.MAX_VALUE ? Long.MAX_VALUE : left);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    }
  }

  // ---------------------------------------------------------------- the clock

  /** Has the clock look again when the machine's timer is due, unless it looks sooner. */
  private void watch() {
    if (timerNanos == Long.MAX_VALUE || timerNanos >= wakeNanos) {
      return;
    }
    if (wake != null) {
      wake.cancel(false);
    }
    wakeNanos = timerNanos;
    wake = RelayClock.in(timerNanos - time.nanoTime(), this::wakeUp);
  }

  private void wakeUp() {
    lock.lock();
    try {
      wakeNanos = Long.MAX_VALUE;
      wake = null;
      if (!waiting || closed || ending != null) {
        return;
      }
      if (time.nanoTime() >= timerNanos) {
        timerNanos = Long.MAX_VALUE;
        signal(new Signal.TimerFired());
      }
      watch();
    } finally {
      lock.unlock();
    }
  }

  // ---------------------------------------------------------------- the relay

  private void signal(Signal signal) {
    signal(signal, time.nanoTime());
  }

  private void signal(Signal signal, long nowNanos) {
    int bytes = ObserverNotifier.bytesIn(signal);
    var actions =
        relay.on(
            signal,
            nowNanos,
            unused -> new Availability(shared.standing(nowNanos).retryAllowed(), 0));
    take(relay.body());
    watching.answered(signal, bytes, relay.frames(), actions, nowNanos);
    actions.forEach(this::perform);
    var left = leaving;
    leaving = null;
    if (left != null && ending != null && ending.verdict().isComplete()) {
      left.release();
    } else if (left != null) {
      left.abort();
    }
    changed.signalAll();
  }

  private void take(ByteBuffer body) {
    if (!body.hasRemaining()) {
      return;
    }
    if (!ready.hasRemaining()) {
      ready = body;
      return;
    }
    var all = ByteBuffer.allocate(ready.remaining() + body.remaining());
    ready = all.put(ready).put(body).flip();
  }

  private void perform(Action action) {
    switch (action) {
      case Action.OpenAttempt open -> {
        var left = leaving;
        leaving = null;
        if (left != null) {
          left.abort();
        }
        open(open);
      }
      case Action.CloseAttempt(int number) -> close(number);
      case Action.SetTimer(long at) -> timerNanos = at;
      case Action.ReportHealth(int upstream, var sign) -> shared.score(sign, time.nanoTime());
      case Action.Finish(Ending end) -> {
        ending = end;
        watching.ended(end, time.nanoTime());
      }
      case Action.Deliver deliver -> {}
      case Action.DisableRung disable -> {}
      case Action.Remember remember -> {}
      case Action.StopGeneration(int upstream, var calls, boolean early) -> stop(calls.getFirst());
    }
  }

  /** Asks the provider to end a generation; the answer is of no use. */
  private void stop(ProviderRequest call) {
    Thread.ofVirtual()
        .name("holdfast-relay-stop")
        .start(() -> {
          var stopping = sender.send(target.continuation(call, connectTimeout));
          try {
            stopping.head();
          } catch (IOException e) {
            // Best effort.
          } finally {
            stopping.abort();
          }
        });
  }

  private void open(Action.OpenAttempt open) {
    attempt = open.attempt();
    if (open.attempt() == 1 && !sendsFirst) {
      return; // Its response is there.
    }
    headed = false;
    try {
      exchange =
          sender.send(
              open.attempt() == 1
                  ? target.first(connectTimeout)
                  : target.continuation(open.call(), connectTimeout));
    } catch (RuntimeException e) {
      exchange = new Refused(e.getClass().getSimpleName());
    }
  }

  private void close(int number) {
    var current = exchange;
    if (number == attempt && current != null) {
      exchange = null;
      leaving = current;
    }
    if (!watchingHost) {
      watchingHost = true;
      watchHost();
    }
  }

  /** Ends this body once the host cancels its own call, whose socket is closed already. */
  private void watchHost() {
    var first = host;
    if (first == null || closed || ending != null) {
      return;
    }
    var unused =
        RelayClock.in(
            HOST_NANOS,
            () -> {
              if (first.isCancelled()) {
                close();
                return;
              }
              lock.lock();
              try {
                watchHost();
              } finally {
                lock.unlock();
              }
            });
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      var current = exchange;
      if (current != null) {
        current.abort();
      }
      if (ending == null) {
        signal(new Signal.Cancelled());
      }
      if (wake != null) {
        wake.cancel(false);
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** {@return the outcome, once the body has ended} */
  @Nullable Ending ending() {
    lock.lock();
    try {
      return ending;
    } finally {
      lock.unlock();
    }
  }

  /** A request that the host's client did not take. */
  private record Refused(String why) implements RelayExchange {
    @Override
    public ResponseHead head() throws IOException {
      throw new IOException("the client refused the request: " + why);
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
      throw new IOException("the client refused the request: " + why);
    }

    @Override
    public void abort() {
      // Nothing was opened.
    }
  }
}
