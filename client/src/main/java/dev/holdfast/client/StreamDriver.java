package dev.holdfast.client;

import dev.holdfast.client.transport.Mailbox;
import dev.holdfast.client.transport.OpenExchanges;
import dev.holdfast.client.transport.TimeSource;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.spi.ObserverNotifier;
import dev.holdfast.core.spi.Transport;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Runs one machine over one transport, on the consumer's thread. See docs/driving.md.
 *
 * <p>Concurrency: the machine and every plain field belong to the holder of {@code driving}, which
 * {@link #next} and {@link #outcome} take. Transport threads only leave signals in the mailbox.
 * {@link #cancel} and {@link #release} may come from any thread and never wait for the lock. They
 * write {@code stop}, close the open exchanges themselves, and stir the mailbox; the next holder of
 * the lock signals the machine.
 */
final class StreamDriver {
  /** What the driver needs of a machine. */
  interface Machine {
    List<Action> on(Signal signal, long nowNanos, Availability.Lookup standings);

    /** {@return how many frames it has read so far, for observers} */
    default long frames() {
      return 0;
    }
  }

  /** A consumer that comes back sooner than this was never away. */
  private static final long AWAY_NANOS = Duration.ofMillis(1).toNanos();

  /** An end that was not the machine's own. */
  private record Stop(Verdict verdict, Failure failure) {
    Ending applyTo(Ending end) {
      return end.toBuilder().verdict(verdict).failure(failure).stoppedBy(null).build();
    }
  }

  private final Machine machine;
  private final Shared shared;
  private final DeliveredText kept;
  private final TimeSource time;
  private final ObserverNotifier watching;

  private final ReentrantLock driving = new ReentrantLock();
  private final Mailbox mailbox = new Mailbox();
  private final OpenExchanges exchanges;
  private final AtomicReference<@Nullable Stop> stop = new AtomicReference<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicBoolean released = new AtomicBoolean();

  private final ArrayDeque<StreamEvent> ready = new ArrayDeque<>();

  /** Whether a provider may write on at the answer though the stream is over. */
  private final boolean keeps;

  private final long begunNanos;
  private long timerNanos = Long.MAX_VALUE;
  private long steppedNanos;
  private long firstTokenNanos = -1;
  private @Nullable Ending ending;
  private @Nullable Outcome outcome;

  StreamDriver(
      Machine machine,
      Shared shared,
      OpenExchanges.Requests requests,
      Transport transport,
      DeliveredText kept,
      TimeSource time,
      ObserverNotifier watching) {
    this.machine = machine;
    this.exchanges = new OpenExchanges(transport, requests, mailbox, time);
    this.shared = shared;
    this.kept = kept;
    this.time = time;
    this.watching = watching;
    keeps = shared.keepsGenerations();
    begunNanos = time.nanoTime();
  }

  /** Sends the first request. Does not wait for anything. */
  void begin() {
    if (keeps) {
      shared.stops().opened(this);
    }
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

  /** {@return the outcome, after drawing the rest} */
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

  /** Waits for the end, which another thread draws. An interrupt stops the stream. */
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
    stop(new Stop(new Verdict.Cancelled(), Failure.permanent(Cause.CANCELLED, why)));
  }

  /** Ends a stream that is no longer reachable. Any thread; never blocks. */
  void abandon() {
    cancel("the stream was dropped without being closed");
    if (!isOver()) {
      release(); // No caller has its outcome or can read the text; observers receive the end.
    }
  }

  /**
   * Releases the kept text, once the stream has its outcome. Never blocks: a thread of its own
   * waits for the consumer, and for the sink.
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
    exchanges.stop();
    mailbox.wake();
    if (keeps && !isOver()) {
      // The consumer may not come back for long, and the provider writes on meanwhile.
      Thread.ofVirtual().name("holdfast-stop").start(this::signalMachine);
    }
  }

  private void signalMachine() {
    driving.lock();
    try {
      if (outcome == null && ending == null) {
        endEarly();
      }
    } finally {
      driving.unlock();
    }
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

  /** Waits for one signal and passes it to the machine. */
  private void step() {
    // The time since the last step was the consumer's: the upstream's clocks were stopped in it.
    if (time.nanoTime() - steppedNanos > AWAY_NANOS) {
      signal(new Signal.Paused(), steppedNanos);
      signal(new Signal.Demand());
    }
    try {
      if (ready.isEmpty() && ending == null) {
        Signal mail = mailbox.take(timerNanos, time);
        if (mail != null) {
          exchanges.taken(mail);
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

  private void signal(Signal signal) {
    signal(signal, time.nanoTime());
  }

  private void signal(Signal signal, long nowNanos) {
    int bytes = ObserverNotifier.bytesIn(signal);
    List<Action> actions = machine.on(signal, nowNanos, shared.standings(nowNanos));
    watching.answered(signal, bytes, machine.frames(), actions, nowNanos);
    boolean complete =
        !actions.isEmpty()
            && actions.getLast() instanceof Action.Finish(Ending end)
            && end.verdict().isComplete();
    // The last of the body may have arrived, and the end may be on its way. A short body comes
    // together with its head.
    boolean maybeEnding =
        complete
            || signal instanceof Signal.BytesArrived
            || signal instanceof Signal.HeadersArrived;
    // Of two attempts only the signal's own may be ending; the other one is abandoned.
    int heard = maybeEnding ? signal.attempt() : 0;
    actions.forEach(action -> perform(action, heard, nowNanos));
    steppedNanos = time.nanoTime();
  }

  private void perform(Action action, int heard, long nowNanos) {
    switch (action) {
      case Action.OpenAttempt open -> {
        shared.opened(open, nowNanos);
        exchanges.open(open);
      }
      case Action.CloseAttempt(int attempt) -> exchanges.close(attempt, attempt == heard);
      case Action.Deliver(StreamEvent event) -> ready.add(event);
      case Action.SetTimer(long deadlineNanos) -> timerNanos = deadlineNanos;
      case Action.DisableRung forget -> shared.forget(forget);
      case Action.Remember remember -> shared.remember(remember);
      case Action.StopGeneration stopped -> shared.stop(stopped);
      case Action.ReportHealth score -> shared.score(score, nowNanos);
      case Action.Finish(Ending end) -> {
        shared.ended(end);
        ending = end;
        if (keeps) {
          shared.stops().ended(this);
        }
      }
    }
  }

  /** {@return whether the event may be handed out, because its text is kept} */
  private boolean recorded(StreamEvent event) {
    try {
      kept.take(event);
    } catch (IOException | RuntimeException e) {
      ready.addFirst(event); // Not handed out, so text is missing under any verdict.
      stop(journalFailed(e));
      return false;
    }
    if (firstTokenNanos < 0 && event.isContent()) {
      firstTokenNanos = time.nanoTime();
    }
    return true;
  }

  /** Stops the machine, and overrides its verdict. */
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
    Optional<Duration> firstToken =
        firstTokenNanos < 0
            ? Optional.empty()
            : Optional.of(Duration.ofNanos(firstTokenNanos - begunNanos));
    long endNanos = time.nanoTime();
    var total = Duration.ofNanos(endNanos - begunNanos);
    outcome = new Outcome(told, kept, new Timings(firstToken, total));
    watching.ended(told, endNanos);
    ended.countDown();
  }

  private static Stop journalFailed(Exception e) {
    // The class alone: a driver's or file system's message may quote what was written.
    String detail = "the sink refused the text: " + e.getClass().getSimpleName();
    return new Stop(
        new Verdict.Truncated(Cause.JOURNAL_FAILED),
        Failure.permanent(Cause.JOURNAL_FAILED, detail));
  }
}
