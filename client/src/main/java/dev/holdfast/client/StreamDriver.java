package dev.holdfast.client;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Runs one machine over one transport, on the thread of whoever pulls. See docs/driving.md.
 *
 * <p>Concurrency: the machine and every plain field belong to the holder of {@code driving}, which
 * {@link #next} and {@link #outcome} take. Transport threads only leave signals in the mailbox.
 * {@link #stop} and {@link #release} may come from any thread and never wait for the lock: they
 * write {@code stop}, cancel the open exchanges themselves, and stir the mailbox; the next holder
 * of the lock tells the machine. Opening an exchange and stopping race without a lock: the opener
 * publishes the exchange and then looks at {@code stop}, the stopper writes {@code stop} and then
 * looks at the exchanges, so at least one of them cancels.
 */
final class StreamDriver {
  /** What the driver needs of a machine. */
  interface Machine {
    List<Action> on(Signal signal, long nowNanos, boolean retryAllowed);
  }

  /** Makes the request of an attempt. */
  interface Requests {
    Transport.Request request(String body, int retries);
  }

  /** Chunks under way between transport and machine. */
  static final int WINDOW = 4;

  /** A consumer that comes back sooner than this was never away. */
  private static final long AWAY_NANOS = Duration.ofMillis(1).toNanos();

  /**
   * Closes the connection of a whole answer. The proof usually comes just before the end of the
   * body: with a moment's grace the connection can be used again, and the server sees no client
   * that ran away. The chunks still allowed are enough for what follows a proof.
   */
  private static final Executor LATER =
      CompletableFuture.delayedExecutor(
          250, TimeUnit.MILLISECONDS, task -> Thread.ofVirtual().start(task));

  /** An end that was not the machine's own. */
  private record Stop(Verdict verdict, Failure failure) {
    Ending applyTo(Ending end) {
      return new Ending(
          verdict,
          failure,
          null,
          end.exactness(),
          end.finishes(),
          end.toolCalls(),
          end.usage(),
          end.attempts(),
          end.seams(),
          end.warnings());
    }
  }

  private final Machine machine;
  private final String model;
  private final Requests requests;
  private final Transport transport;
  private final Experience experience;
  private final KeptText kept;
  private final Timekeeper time;

  private final ReentrantLock driving = new ReentrantLock();
  private final Mailbox mailbox = new Mailbox();
  private final Map<Integer, Transport.Exchange> exchanges = new ConcurrentHashMap<>();
  private final AtomicReference<@Nullable Stop> stop = new AtomicReference<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicBoolean released = new AtomicBoolean();

  private final ArrayDeque<StreamEvent> ready = new ArrayDeque<>();
  private final long begunNanos;
  private long timerNanos = Long.MAX_VALUE;
  private long steppedNanos;
  private long firstTokenNanos = -1;
  private @Nullable Ending ending;
  private @Nullable Outcome outcome;

  StreamDriver(
      Machine machine,
      String model,
      Requests requests,
      Transport transport,
      Experience experience,
      KeptText kept,
      Timekeeper time) {
    this.machine = machine;
    this.model = model;
    this.requests = requests;
    this.transport = transport;
    this.experience = experience;
    this.kept = kept;
    this.time = time;
    begunNanos = time.nanoTime();
  }

  /** Sends the first request. Does not wait for anything. */
  void begin() {
    driving.lock();
    try {
      signal(new Signal.Begin());
    } finally {
      driving.unlock();
    }
  }

  /** {@return the next event, waiting for it; null once the stream is over} */
  @Nullable StreamEvent next() {
    driving.lock();
    try {
      return pull();
    } finally {
      driving.unlock();
    }
  }

  /** {@return the outcome, after drawing whatever is left} */
  Outcome outcome() {
    driving.lock();
    try {
      while (outcome == null) {
        pull();
      }
      return outcome;
    } finally {
      driving.unlock();
    }
  }

  /** {@return whether the outcome is there} Any thread. */
  boolean isOver() {
    return ended.getCount() == 0;
  }

  /** Waits for the end, which somebody else draws. An interrupt stops the stream. */
  void awaitEnd() {
    boolean interrupted = false;
    while (true) {
      try {
        ended.await();
        break;
      } catch (InterruptedException e) {
        interrupted = true;
        cancel("the waiting thread was interrupted");
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends the stream as cancelled, unless it has ended. Any thread; never blocks. */
  void cancel(String why) {
    stop(new Stop(new Verdict.Cancelled(), Failure.lasting(Cause.CANCELLED, why)));
  }

  /**
   * Gives up the kept's resources once the stream has its outcome. Never blocks: a thread of its
   * own waits for whoever is pulling, and for the sink.
   */
  void release() {
    if (released.compareAndSet(false, true)) {
      Thread.ofVirtual().name("holdfast-release").start(this::settle);
    }
  }

  private void settle() {
    driving.lock();
    try {
      Outcome unused = outcome();
      kept.close();
    } finally {
      driving.unlock();
    }
  }

  private void stop(Stop reason) {
    stop.compareAndSet(null, reason);
    exchanges.values().forEach(Transport.Exchange::cancel);
    mailbox.stir();
  }

  private @Nullable StreamEvent pull() {
    while (outcome == null) {
      if (stop.get() != null) {
        endEarly();
      }
      StreamEvent event = ready.poll();
      if (event != null) {
        if (recorded(event)) {
          return event;
        }
      } else if (ending != null) {
        seal(ending);
      } else {
        step();
      }
    }
    return null;
  }

  /** Waits for one thing to happen and tells the machine. */
  private void step() {
    // The time since the last step was the consumer's: the upstream's clocks stood still in it.
    if (time.nanoTime() - steppedNanos > AWAY_NANOS) {
      signal(new Signal.Paused(), steppedNanos);
      signal(new Signal.Demand());
    }
    try {
      if (ready.isEmpty() && ending == null) {
        Signal mail = mailbox.take(timerNanos, time);
        if (mail != null) {
          refill(mail);
          signal(mail);
        }
        // Mail first, for it may be what the timer waits for; but one letter only.
        if (stop.get() == null && ending == null && time.nanoTime() >= timerNanos) {
          timerNanos = Long.MAX_VALUE;
          signal(new Signal.TimerFired());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      cancel("the reading thread was interrupted");
    }
    steppedNanos = time.nanoTime();
  }

  private void refill(Signal mail) {
    switch (mail) {
      case Signal.BytesArrived bytes -> {
        var exchange = exchanges.get(bytes.attempt());
        if (exchange != null) {
          exchange.demand(1);
        }
      }
      case Signal.EndOfBody end -> exchanges.remove(end.attempt());
      case Signal.Failed failed -> exchanges.remove(failed.attempt());
      case Signal.Begin begin -> {}
      case Signal.HeadersArrived headers -> {}
      case Signal.TimerFired fired -> {}
      case Signal.Paused paused -> {}
      case Signal.Demand demand -> {}
      case Signal.Cancelled cancelled -> {}
    }
  }

  private void signal(Signal signal) {
    signal(signal, time.nanoTime());
  }

  private void signal(Signal signal, long nowNanos) {
    List<Action> actions = machine.on(signal, nowNanos, experience.allowsRetry());
    boolean complete =
        !actions.isEmpty()
            && actions.getLast() instanceof Action.Finish(Ending end)
            && end.verdict().isComplete();
    actions.forEach(action -> perform(action, complete));
    steppedNanos = time.nanoTime();
  }

  private void perform(Action action, boolean complete) {
    switch (action) {
      case Action.OpenAttempt open -> open(open);
      case Action.CloseAttempt(int attempt) -> {
        var exchange = exchanges.remove(attempt);
        if (exchange != null && complete) {
          LATER.execute(exchange::cancel);
        } else if (exchange != null) {
          exchange.cancel();
        }
      }
      case Action.Deliver(StreamEvent event) -> ready.add(event);
      case Action.SetTimer(long deadlineNanos) -> timerNanos = deadlineNanos;
      case Action.Forget(var rung) -> experience.forget(model, rung);
      case Action.Score(boolean success) -> experience.score(success);
      case Action.Finish(Ending end) -> ending = end;
    }
  }

  private void open(Action.OpenAttempt open) {
    if (stop.get() != null) {
      return; // The machine learns of it next.
    }
    try {
      var exchange =
          transport.open(requests.request(open.body(), open.retries()), new Inbox(open.attempt()));
      exchanges.put(open.attempt(), exchange);
      if (stop.get() == null) {
        exchange.demand(WINDOW);
      } else {
        exchange.cancel();
      }
    } catch (RuntimeException e) {
      // A transport that refuses outright is a failed attempt like any other.
      var failure =
          Failure.lasting(
              Cause.CONNECTION_FAILED,
              "the transport refused the request: " + e.getClass().getSimpleName());
      mailbox.put(new Signal.Failed(open.attempt(), failure));
    }
  }

  /** {@return whether the event may be handed out, because the kept has it} */
  private boolean recorded(StreamEvent event) {
    try {
      kept.take(event);
    } catch (IOException | RuntimeException e) {
      ready.addFirst(event); // Not handed out, so whatever the machine says, text is missing.
      stop(journalFailed(e));
      return false;
    }
    if (firstTokenNanos < 0 && event.isContent()) {
      firstTokenNanos = time.nanoTime();
    }
    return true;
  }

  /** Tells the machine that the stream was stopped, and overrides what it makes of it. */
  private void endEarly() {
    Stop reason = Objects.requireNonNull(stop.get());
    if (ending == null) {
      signal(new Signal.Cancelled());
    } else if (ready.isEmpty()) {
      return; // Everything had been handed out: the stream was over before it was stopped.
    }
    ready.clear();
    Ending end = ending;
    if (end == null) {
      throw new IllegalStateException("machine: must finish when cancelled, was still open");
    }
    ending = reason.applyTo(end);
  }

  /** The one place where a stream gets its outcome. */
  private void seal(Ending end) {
    Ending told = end;
    try {
      kept.finish();
    } catch (IOException | RuntimeException e) {
      told = journalFailed(e).applyTo(end);
    }
    var firstToken = firstTokenNanos < 0 ? null : Duration.ofNanos(firstTokenNanos - begunNanos);
    var total = Duration.ofNanos(time.nanoTime() - begunNanos);
    outcome = new Outcome(told, kept, new Timings(firstToken, total));
    ended.countDown();
  }

  private static Stop journalFailed(Exception e) {
    // The class alone: a driver's or file system's message may quote what was written.
    String detail = "the sink refused the text: " + e.getClass().getSimpleName();
    return new Stop(
        new Verdict.Truncated(Cause.JOURNAL_FAILED), Failure.lasting(Cause.JOURNAL_FAILED, detail));
  }

  /** Turns what the transport says about one attempt into mail. */
  private final class Inbox implements Transport.Receiver {
    private final int attempt;

    Inbox(int attempt) {
      this.attempt = attempt;
    }

    @Override
    public void onHead(ResponseHead head) {
      mailbox.put(new Signal.HeadersArrived(attempt, head, time.epochMillis()));
    }

    @Override
    public void onBytes(ByteBuffer bytes) {
      mailbox.put(new Signal.BytesArrived(attempt, bytes));
    }

    @Override
    public void onEnd() {
      mailbox.put(new Signal.EndOfBody(attempt));
    }

    @Override
    public void onFailure(Failure failure) {
      mailbox.put(new Signal.Failed(attempt, failure));
    }
  }
}
