package dev.holdfast.client.journaling;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.spi.Journal;
import dev.holdfast.core.spi.JournalOffset;
import dev.holdfast.core.spi.JournalRead;
import dev.holdfast.core.spi.ObserverNotifier;
import dev.holdfast.core.spi.StoredEntry;
import dev.holdfast.core.spi.StreamId;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;

/**
 * A stream that an ended process left open, and that this one has taken over. A machine that
 * receives what the first one received is where that one was.
 */
public final class LeftStream {
  private static final int PAGE_BYTES = 1 << 20;

  /** Receives what the machine is given, and what it answers. */
  public interface Watching {
    /** The machine has answered a signal, of which so many bytes of a body were. */
    void answered(Signal signal, int bytes, List<Action> actions);
  }

  /**
   * Where the machine is.
   *
   * @param ahead events that it has delivered, and that were not stored
   * @param open attempts that were under way; their connections ended with the process
   * @param timerNanos when it is to be woken; {@code Long.MAX_VALUE} for never
   * @param ending how the stream ended, if the machine has ended it
   * @param nanos since the stream began, without the time in which no process wrote it
   * @param firstTokenNanos until its first content; -1 if it has none
   */
  public record Place(
      List<StreamEvent> ahead,
      List<Integer> open,
      long timerNanos,
      Optional<Ending> ending,
      long nanos,
      long firstTokenNanos) {
    /** Copies the lists. */
    public Place {
      ahead = List.copyOf(ahead);
      open = List.copyOf(open);
    }
  }

  private final Journal journal;
  private final StreamId id;
  private final StreamHead head;
  private final InputLog inputs;
  private final StreamWriter writer;

  LeftStream(Journal journal, StreamId id, StreamHead head, InputLog inputs, StreamWriter writer) {
    this.journal = journal;
    this.id = id;
    this.head = head;
    this.inputs = inputs;
    this.writer = writer;
  }

  /** {@return the seed of its chances} */
  public long seed() {
    return head.seed();
  }

  /** {@return what stores the rest of it} */
  public StreamWriter writer() {
    return writer;
  }

  /** Ends it as truncated. */
  public void interrupt() {
    writer.interrupt();
  }

  /**
   * {@return where the stream was left; empty if the machine does not write what is stored, so that
   * what would follow could be another answer}
   */
  public Optional<Place> replay(StreamMachine machine, Watching watching) {
    try {
      var replay = new Replay(machine, inputs, watching);
      return read(replay) ? Optional.of(replay.place()) : Optional.empty();
    } catch (RuntimeException e) {
      return Optional.empty(); // It was not written by a client, or by another version.
    }
  }

  private boolean read(Replay replay) {
    var next = JournalOffset.START;
    while (true) {
      switch (journal.read(id, next, PAGE_BYTES)) {
        case JournalRead.Refused refused -> {
          return false;
        }
        case JournalRead.Page page -> {
          for (StoredEntry stored : page.entries()) {
            if (!replay.follows(EntryType.Stored.of(stored.entry()))) {
              return false;
            }
          }
          if (page.atTail()) {
            return true;
          }
          next = page.next();
        }
      }
    }
  }

  /** One machine on its way to the place. */
  private static final class Replay {
    private final StreamMachine machine;
    private final InputLog inputs;
    private final Watching watching;
    private final ArrayDeque<StreamEvent> delivered = new ArrayDeque<>();
    private final TreeSet<Integer> open = new TreeSet<>();
    private long timerNanos = Long.MAX_VALUE;
    private Optional<Ending> ending = Optional.empty();
    private boolean begun;
    private long nanos;
    private long firstTokenNanos = -1;

    Replay(StreamMachine machine, InputLog inputs, Watching watching) {
      this.machine = machine;
      this.inputs = inputs;
      this.watching = watching;
    }

    /** {@return whether the machine has delivered the event of an entry} */
    boolean follows(EntryType.Stored stored) {
      for (var input : InputCodec.read(stored.inputs())) {
        receive(input.signal(), input.nanos(), upstream -> known(input, upstream));
      }
      return stored.event().equals(delivered.poll());
    }

    private static Availability known(InputCodec.Input input, int upstream) {
      var availability = input.availabilities().get(upstream);
      if (availability == null) {
        throw new IllegalStateException("upstream: must be one that was asked about, was another");
      }
      return availability;
    }

    private void receive(Signal signal, long now, Availability.Lookup availabilities) {
      begun = true;
      nanos = now;
      switch (signal) {
        case Signal.EndOfBody(int attempt) -> open.remove(attempt);
        case Signal.Failed(int attempt, var failure) -> open.remove(attempt);
        case Signal.Begin begin -> {}
        case Signal.HeadersArrived headers -> {}
        case Signal.BytesArrived bytes -> {}
        case Signal.TimerFired fired -> timerNanos = Long.MAX_VALUE;
        case Signal.Paused paused -> {}
        case Signal.Demand demand -> {}
        case Signal.Cancelled cancelled -> {}
      }
      int bytes = ObserverNotifier.bytesIn(signal);
      var actions = machine.on(signal, now, availabilities);
      watching.answered(signal, bytes, actions);
      for (Action action : actions) {
        perform(action);
      }
    }

    private void perform(Action action) {
      switch (action) {
        case Action.OpenAttempt opened -> open.add(opened.attempt());
        case Action.CloseAttempt(int attempt) -> open.remove(attempt);
        case Action.Deliver(var event) -> {
          delivered.add(event);
          if (firstTokenNanos < 0 && event.isContent()) {
            firstTokenNanos = nanos;
          }
        }
        case Action.SetTimer(long deadlineNanos) -> timerNanos = deadlineNanos;
        case Action.Finish(var end) -> ending = Optional.of(end);
        // The process that performed them has ended, or they were performed.
        case Action.DisableRung disabled -> {}
        case Action.Remember remembered -> {}
        case Action.StopGeneration stopped -> {}
        case Action.ReportHealth reported -> {}
      }
    }

    Place place() {
      if (!begun) {
        // Its first request had been sent, or was about to be.
        var begin = new Signal.Begin();
        receive(begin, 0, inputs.received(begin, 0, upstream -> Availability.GOOD));
      }
      return new Place(
          List.copyOf(delivered), List.copyOf(open), timerNanos, ending, nanos, firstTokenNanos);
    }
  }
}
