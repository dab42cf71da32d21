package dev.holdfast.client;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The simplest machine there is: one attempt, every chunk a piece of text, the end is an end. It
 * remembers what it heard and when, and sets the timer it is told to.
 */
class EchoMachine implements StreamDriver.Machine {
  record Heard(String signal, long nanos) {}

  final List<Heard> heard = new ArrayList<>();
  private long timerNanos = Long.MAX_VALUE;

  EchoMachine withTimer(long nanos) {
    timerNanos = nanos;
    return this;
  }

  List<String> signals() {
    return heard.stream().map(Heard::signal).toList();
  }

  @Override
  public List<Action> on(Signal signal, long nowNanos, Availability.Lookup standings) {
    heard.add(new Heard(signal.getClass().getSimpleName(), nowNanos));
    return switch (signal) {
      case Signal.Begin() ->
          List.of(new Action.OpenAttempt(1, 0, Rig.CALL, 0), new Action.SetTimer(timerNanos));
      case Signal.BytesArrived(int attempt, var bytes) -> text(bytes);
      case Signal.EndOfBody(int attempt) -> end(new Verdict.Complete(), null);
      case Signal.Failed(int attempt, Failure failure) -> end(Verdict.of(failure.cause()), failure);
      case Signal.TimerFired() ->
          end(Verdict.of(Cause.IDLE_TIMEOUT), Failure.retryable(Cause.IDLE_TIMEOUT, "silence"));
      case Signal.Cancelled() -> end(new Verdict.Cancelled(), null);
      case Signal.HeadersArrived head -> List.of();
      case Signal.Paused() -> List.of();
      case Signal.Demand() -> List.of();
    };
  }

  List<Action> text(java.nio.ByteBuffer bytes) {
    String text = StandardCharsets.UTF_8.decode(bytes).toString();
    return List.of(new Action.Deliver(new StreamEvent.TextDelta(0, text)));
  }

  static List<Action> end(Verdict verdict, @Nullable Failure failure) {
    var ending = Ending.builder().verdict(verdict).failure(failure).build();
    return List.of(new Action.CloseAttempt(1), new Action.Finish(ending));
  }
}
