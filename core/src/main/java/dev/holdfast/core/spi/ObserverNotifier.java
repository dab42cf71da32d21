package dev.holdfast.core.spi;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import java.util.ArrayList;
import java.util.List;

/**
 * Notifies observers of one stream's signals and actions. Exceptions are caught, and a failing
 * observer is dropped for this stream. Belongs to the holder of the driver's lock.
 */
public final class ObserverNotifier {
  private static final StreamObserver.Watch[] NO_WATCHES = {};

  private final List<StreamObserver.Target> targets;

  /** The observers; an array, cheap to iterate with cold caches. */
  private StreamObserver.Watch[] watches = NO_WATCHES;

  private long frames;

  /** Content events that came in this piece and are not reported yet, and their characters. */
  private int events;

  private long characters;

  /** An attempt whose failure, if it has one, comes among the same actions; 0 for none. */
  private int closed;

  private ObserverNotifier(List<StreamObserver.Target> targets) {
    this.targets = targets;
  }

  /** {@return a no-op notifier} */
  public static ObserverNotifier none() {
    return new ObserverNotifier(List.of());
  }

  /**
   * Notifies the observers of a new stream.
   *
   * @param targets its upstreams, in the order of the plan
   */
  public static ObserverNotifier begin(
      List<StreamObserver> observers, List<StreamObserver.Target> targets, long nowNanos) {
    var watching = new ObserverNotifier(targets);
    var watches = new ArrayList<StreamObserver.Watch>();
    for (StreamObserver observer : observers) {
      try {
        var watch = observer.begun(targets.getFirst(), nowNanos);
        if (watch != null) {
          watches.add(watch);
        }
      } catch (RuntimeException | Error e) {
        // A failing observer is dropped for this stream.
      }
    }
    watching.watches = watches.toArray(NO_WATCHES);
    return watching;
  }

  /** {@return number of body bytes in a signal; to be called before the machine reads them} */
  public static int bytesIn(Signal signal) {
    return signal instanceof Signal.BytesArrived(int attempt, var bytes) ? bytes.remaining() : 0;
  }

  /**
   * Reports a signal and the resulting actions.
   *
   * @param bytes as {@link #bytesIn} returned
   * @param framesNow all frames that the machine has read so far
   */
  public void answered(
      Signal signal, int bytes, long framesNow, List<Action> actions, long nowNanos) {
    if (watches.length == 0) {
      return;
    }
    if (signal instanceof Signal.BytesArrived arrived) {
      received(arrived.attempt(), bytes, framesNow, nowNanos);
    }
    for (int i = 0; i < actions.size(); i++) {
      Action action = actions.get(i);
      // By far the most frequent, and a switch over all types is not free.
      if (action instanceof Action.Deliver deliver
          && deliver.event() instanceof StreamEvent.TextDelta delta) {
        content(delta.text().length());
      } else {
        performed(action, nowNanos);
      }
    }
    settle(nowNanos);
    settleClosed(nowNanos);
  }

  /** Reports body bytes. */
  public void received(int attempt, int bytes, long framesNow, long nowNanos) {
    int completed = (int) (framesNow - frames);
    frames = framesNow;
    for (int i = 0; i < watches.length; i++) {
      try {
        watches[i].received(attempt, bytes, completed, nowNanos);
      } catch (RuntimeException | Error e) {
        drop(i--);
      }
    }
  }

  /** {@return whether no observer is left} */
  public boolean isEmpty() {
    return watches.length == 0;
  }

  /** Reports the end. */
  public void ended(Ending ending, long nowNanos) {
    if (watches.length > 0) {
      ended(Observation.Ended.of(ending), nowNanos);
    }
  }

  /** As above; reports after the end are ignored. */
  public void ended(Observation.Ended end, long nowNanos) {
    observed(end, nowNanos);
    watches = NO_WATCHES;
  }

  /**
   * Reports an event that is about to be delivered; content, at the next {@link #settle} or before
   * the next other report.
   */
  public void delivered(StreamEvent event, long nowNanos) {
    switch (event) {
      case StreamEvent.TextDelta(int choice, var text) -> content(text.length());
      case StreamEvent.ReasoningDelta(int choice, var text) -> content(text.length());
      case StreamEvent.RefusalDelta(int choice, var text) -> content(text.length());
      case StreamEvent.ToolCallDelta delta -> content(delta.arguments().length());
      case StreamEvent.ToolCallReady(var call) -> content(call.arguments().length());
      case StreamEvent.ToolCallMarked marked -> {} // Never delivered.
      case StreamEvent.ToolCallSigned signed -> {} // Never delivered.
      case StreamEvent.AttemptFailed(int attempt, Failure failure) -> {
        closed = 0;
        var summary = Observation.FailureSummary.of(failure);
        observed(new Observation.AttemptClosed(attempt, summary), nowNanos);
      }
      case StreamEvent.Retrying(int retry, int max, var delay, var rung) ->
          observed(new Observation.Retrying(retry, max, delay, rung), nowNanos);
      case StreamEvent.SeamMarked(var seam) -> observed(new Observation.SeamMarked(seam), nowNanos);
      case StreamEvent.FrameRejected(Failure failure) ->
          observed(new Observation.FrameRejected(failure.cause()), nowNanos);
      case StreamEvent.Warned(Cause cause, var detail) ->
          observed(new Observation.Warned(cause), nowNanos);
      case StreamEvent.Heartbeat heartbeat -> observed(new Observation.Heartbeat(), nowNanos);
      case StreamEvent.Started started -> {} // The provider's words.
      case StreamEvent.Usage usage -> {} // In the ending.
      case StreamEvent.Finished finished -> {} // In the ending.
      case StreamEvent.DoneMarker marker -> {}
      case StreamEvent.Opaque opaque -> {}
      case StreamEvent.ErrorReported reported -> {} // The attempt fails of it.
    }
  }

  /**
   * Reports a request.
   *
   * @param upstream its target, as an index in the plan
   */
  public void opened(int attempt, int upstream, long nowNanos) {
    if (watches.length > 0) {
      observed(new Observation.AttemptOpened(attempt, targets.get(upstream)), nowNanos);
    }
  }

  /** Reports any other observation. */
  public void observed(Observation observation, long nowNanos) {
    settle(nowNanos);
    for (int i = 0; i < watches.length; i++) {
      try {
        watches[i].observed(observation, nowNanos);
      } catch (RuntimeException | Error e) {
        drop(i--);
      }
    }
  }

  /** Reports the content that was delivered since the last time, in one call. */
  public void settle(long nowNanos) {
    if (events == 0) {
      return;
    }
    int count = events;
    long length = characters;
    events = 0;
    characters = 0;
    for (int i = 0; i < watches.length; i++) {
      try {
        watches[i].delivered(count, length, nowNanos);
      } catch (RuntimeException | Error e) {
        drop(i--);
      }
    }
  }

  private void content(int length) {
    events++;
    characters += length;
  }

  private void drop(int index) {
    var left = new ArrayList<>(List.of(watches));
    var unused = left.remove(index);
    watches = left.toArray(NO_WATCHES);
  }

  private void performed(Action action, long nowNanos) {
    switch (action) {
      case Action.OpenAttempt open -> {
        settleClosed(nowNanos);
        opened(open.attempt(), open.upstream(), nowNanos);
      }
      case Action.CloseAttempt(int attempt) -> {
        settleClosed(nowNanos); // Of two: a hedge is over together with the attempt it was to help.
        closed = attempt;
      }
      case Action.Deliver(StreamEvent event) -> delivered(event, nowNanos);
      case Action.SetTimer timer -> {}
      case Action.DisableRung forget -> {}
      case Action.Remember remember -> {}
      case Action.StopGeneration stop -> {}
      case Action.ReportHealth score -> {}
      case Action.Finish finish -> {} // It may yet be overridden; the driver reports the end.
    }
  }

  private void settleClosed(long nowNanos) {
    if (closed != 0) {
      observed(new Observation.AttemptClosed(closed, null), nowNanos);
      closed = 0;
    }
  }
}
