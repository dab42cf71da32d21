package dev.holdfast.client;

import dev.holdfast.client.journaling.LeftStream;
import dev.holdfast.client.journaling.StoredEnding;
import dev.holdfast.client.journaling.StreamWriter;
import dev.holdfast.client.transport.GenerationStops;
import dev.holdfast.client.transport.Mailbox;
import dev.holdfast.client.transport.OpenExchanges;
import dev.holdfast.client.transport.TimeSource;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.spi.JournalEnd;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
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
final class StreamDriver implements CompletionStream.Source, GenerationStops.Generating {
  /** What the driver needs of a machine. */
  interface Machine {
    List<Action> on(Signal signal, long nowNanos, Availability.Lookup standings);

    /** {@return how many frames it has read so far, for observers} */
    default long frames() {
      return 0;
    }
  }

  /** The machine of a stream. */
  record Engine(StreamMachine machine) implements Machine {
    @Override
    public List<Action> on(Signal signal, long nowNanos, Availability.Lookup standings) {
      return machine.on(signal, nowNanos, standings);
    }

    @Override
    public long frames() {
      return machine.frames();
    }
  }

  /** Why an attempt of an ended process failed. */
  private static final Failure RESTARTED =
      Failure.retryable(Cause.CONNECTION_LOST, "the process was restarted");

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

  /** Stores every event before it is handed out; null without a journal. */
  private final @Nullable StreamWriter journal;

  private final ReentrantLock driving = new ReentrantLock();
  private final Mailbox mailbox = new Mailbox();
  private final OpenExchanges exchanges;
  private final AtomicReference<@Nullable Stop> stop = new AtomicReference<>();
  private final CountDownLatch ended = new CountDownLatch(1);
  private final AtomicBoolean released = new AtomicBoolean();

  private final ArrayDeque<StreamEvent> ready = new ArrayDeque<>();

  /** How many at the head of {@code ready} were offered to the journal. */
  private int offered;

  /** How many entries of the journal were handed out. */
  private final AtomicLong handedOut = new AtomicLong();

  /** Whether the stream has lost its journal, and the consumer knows. */
  private boolean marked;

  private volatile boolean detached;

  /** Whether a provider may write on at the answer though the stream is over. */
  private final boolean keeps;

  /** When it began. For a stream of an ended process, without the time in which none wrote it. */
  private long begunNanos;

  /** What is taken from the time for a machine whose time began in another process. */
  private long originNanos;

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
      ObserverNotifier watching,
      @Nullable StreamWriter journal) {
    this.machine = machine;
    this.exchanges = new OpenExchanges(transport, requests, mailbox, time);
    this.shared = shared;
    this.kept = kept;
    this.time = time;
    this.watching = watching;
    this.journal = journal;
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
      var writer = journal;
      if (writer != null) {
        writer.onStop(() -> cancel("the stream was stopped"));
        if (!writer.isDurable() && writer.isRequired()) {
          stop(journalRefused(writer));
          return; // The provider is not asked.
        }
      }
      signal(new Signal.Begin());
    } finally {
      driving.unlock();
    }
  }

  /** Continues a stream whose machine was brought to the place where an ended process left it. */
  void resume(LeftStream.Place place) {
    if (keeps) {
      shared.stops().opened(this);
    }
    driving.lock();
    try {
      originNanos = time.nanoTime() - place.nanos();
      begunNanos = originNanos;
      firstTokenNanos = place.firstTokenNanos() < 0 ? -1 : originNanos + place.firstTokenNanos();
      var writer = journal;
      if (writer != null) {
        writer.onStop(() -> cancel("the stream was stopped"));
        handedOut.set(writer.stored());
      }
      steppedNanos = time.nanoTime();
      timerNanos = ofThisProcess(place.timerNanos());
      ready.addAll(place.ahead());
      ending = place.ending().orElse(null);
      for (int attempt : place.open()) {
        if (ending == null) {
          signal(new Signal.Failed(attempt, RESTARTED));
        }
      }
    } finally {
      driving.unlock();
    }
  }

  private long ofThisProcess(long deadlineNanos) {
    return deadlineNanos == Long.MAX_VALUE ? deadlineNanos : deadlineNanos + originNanos;
  }

  @Override
  public @Nullable StreamEvent next() {
    driving.lock();
    try {
      return pull();
    } finally {
      driving.unlock();
    }
  }

  @Override
  public Outcome outcome() {
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

  @Override
  public boolean isOver() {
    return ended.getCount() == 0;
  }

  @Override
  public void awaitEnd() {
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

  @Override
  public void cancel(String why) {
    stop(new Stop(new Verdict.Cancelled(), Failure.permanent(Cause.CANCELLED, why)));
  }

  @Override
  public void abandon() {
    if (detached) {
      return;
    }
    cancel("the stream was dropped without being closed");
    if (!isOver()) {
      release(); // No caller has its outcome or can read the text; observers receive the end.
    }
  }

  /**
   * {@inheritDoc} A thread of its own waits for the consumer, and for the sink. Text that stayed in
   * memory to its end needs none.
   */
  @Override
  public void release() {
    if (released.compareAndSet(false, true) && !(isOver() && kept.isInMemory())) {
      Thread.ofVirtual().name("holdfast-release").start(this::settle);
    }
  }

  /** {@inheritDoc} The thread that releases the kept text draws the rest. */
  @Override
  public void detach() {
    detached = true;
    release();
  }

  @Override
  public Optional<String> id() {
    return journal == null ? Optional.empty() : journal.id();
  }

  @Override
  public Optional<String> offset() {
    var writer = journal;
    return writer == null
        ? Optional.empty()
        : writer.id().map(id -> writer.offset(handedOut.get()));
  }

  @Override
  public boolean isDurable() {
    return journal != null && journal.isDurable();
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
    // The consumer may not come back for long, and readers wait for the end, or the provider writes
    // on meanwhile.
    if (journal != null && !isOver()) {
      Thread.ofVirtual().name("holdfast-stop").start(this::outcome);
    } else if (keeps && !isOver()) {
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
      if (offered == 0 && !ready.isEmpty()) {
        offer();
        continue; // It may have been stopped meanwhile.
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

  /** Stores what is ready, before anything of it is handed out. */
  private void offer() {
    var writer = journal;
    if (writer != null && !marked) {
      long before = writer.stored();
      writer.store(ready);
      if (!writer.isDurable()) {
        marked = true;
        if (writer.isRequired()) {
          stop(journalRefused(writer));
        }
        // Exactly between what is stored and what is not.
        var all = new ArrayList<>(ready);
        String detail = writer.refusal().orElse("");
        all.add(
            (int) (writer.stored() - before), new StreamEvent.Warned(Cause.JOURNAL_FAILED, detail));
        ready.clear();
        ready.addAll(all);
      }
    }
    offered = ready.size();
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
        } else {
          steppedNanos = time.nanoTime();
        }
        // Mail first, for it may be what the timer waits for; but one letter only.
        if (stop.get() == null && ending == null && steppedNanos >= timerNanos) {
          timerNanos = Long.MAX_VALUE;
          signal(new Signal.TimerFired());
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      cancel("the reading thread was interrupted");
      steppedNanos = time.nanoTime();
    }
  }

  private void signal(Signal signal) {
    signal(signal, time.nanoTime());
  }

  /** Passes a signal to the machine and performs the actions; the step ends when that is done. */
  private void signal(Signal signal, long nowNanos) {
    int bytes = ObserverNotifier.bytesIn(signal);
    var standings = shared.standings(nowNanos);
    var inputs = journal == null ? null : journal.inputs().orElse(null);
    if (inputs != null) {
      standings = inputs.received(signal, nowNanos - begunNanos, standings);
    }
    List<Action> actions = machine.on(signal, nowNanos - originNanos, standings);
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
    int endedAttempt = maybeEnding ? signal.attempt() : 0;
    for (var action : actions) {
      perform(action, endedAttempt, nowNanos);
    }
    steppedNanos = time.nanoTime();
  }

  private void perform(Action action, int endedAttempt, long nowNanos) {
    switch (action) {
      case Action.OpenAttempt open -> {
        shared.opened(open, nowNanos);
        exchanges.open(open);
      }
      case Action.CloseAttempt(int attempt) -> exchanges.close(attempt, attempt == endedAttempt);
      case Action.Deliver(StreamEvent event) -> ready.add(event);
      case Action.SetTimer(long deadlineNanos) -> timerNanos = ofThisProcess(deadlineNanos);
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
    offered--;
    if (journal != null && handedOut.get() < journal.stored()) {
      handedOut.incrementAndGet();
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
    offered = 0;
    Ending end = ending;
    if (end == null) {
      throw new IllegalStateException("machine: must finish when cancelled, was still open");
    }
    ending = reason.applyTo(end);
  }

  /** The one place where a stream gets its outcome. */
  private void seal(Ending end) {
    Ending reported = end;
    try {
      kept.finish();
    } catch (IOException | RuntimeException e) {
      reported = journalFailed(e).applyTo(end);
    }
    Optional<Duration> firstToken =
        firstTokenNanos < 0
            ? Optional.empty()
            : Optional.of(Duration.ofNanos(firstTokenNanos - begunNanos));
    long endNanos = time.nanoTime();
    var timings = new Timings(firstToken, Duration.ofNanos(endNanos - begunNanos));
    var writer = journal;
    JournalEnd.Kind journaled = null;
    if (writer != null) {
      boolean all = handedOut.get() == writer.stored(); // Else some were dropped by a stop.
      journaled = writer.end(new StoredEnding(reported, firstToken, timings.total())).orElse(null);
      if (all) {
        handedOut.set(writer.stored());
      }
      reported = journaled == null ? unstored(reported, writer) : reported;
    }
    outcome = new Outcome(reported, kept, timings, journaled);
    watching.ended(reported, endNanos);
    ended.countDown();
  }

  /** {@return how a stream ends whose end, or more of it, is not in the journal} */
  private static Ending unstored(Ending end, StreamWriter writer) {
    if (writer.isRequired() && end.verdict().isComplete()) {
      return journalRefused(writer).applyTo(end);
    }
    boolean named = end.failure().filter(f -> f.cause() == Cause.JOURNAL_FAILED).isPresent();
    if (named || end.warnings().contains(Cause.JOURNAL_FAILED)) {
      return end;
    }
    var warnings = new ArrayList<>(end.warnings());
    warnings.add(Cause.JOURNAL_FAILED);
    return end.toBuilder().warnings(warnings).build();
  }

  private static Stop journalRefused(StreamWriter writer) {
    return new Stop(
        new Verdict.Truncated(Cause.JOURNAL_FAILED),
        Failure.permanent(Cause.JOURNAL_FAILED, writer.refusal().orElse("the journal failed")));
  }

  private static Stop journalFailed(Exception e) {
    // The class alone: a driver's or file system's message may quote what was written.
    String detail = "the sink refused the text: " + e.getClass().getSimpleName();
    return new Stop(
        new Verdict.Truncated(Cause.JOURNAL_FAILED),
        Failure.permanent(Cause.JOURNAL_FAILED, detail));
  }
}
