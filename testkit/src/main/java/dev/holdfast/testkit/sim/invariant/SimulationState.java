package dev.holdfast.testkit.sim.invariant;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.testkit.sim.draw.Situation;
import dev.holdfast.testkit.sim.upstream.SimulatedAttempt;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What a run has shown so far. The invariants read it; the simulation alone writes it. */
public final class SimulationState {
  final Situation situation;

  /** Of the first choice. */
  public final StringBuilder text = new StringBuilder();

  /** Of the others, by their index. */
  final Map<Integer, StringBuilder> otherTexts = new TreeMap<>();

  final StringBuilder reasoning = new StringBuilder();
  final List<ToolCall> toolCalls = new ArrayList<>();
  public final List<SimulatedAttempt> tries = new ArrayList<>();

  /** Attempts whose connection is open: one, or two while the first token is awaited. */
  public final List<SimulatedAttempt> open = new ArrayList<>();

  public int deliveries;
  boolean cancelled;
  @Nullable public Ending ending;

  /**
   * The attempt that was closed by the last signal that closed one; of two the one with content.
   */
  @Nullable SimulatedAttempt closed;

  /** The longest time from a failed attempt to new content. */
  public long resumed;

  private long failedAt = -1;

  /** Whether the consumer does not ask for more. */
  private boolean away;

  private boolean closedNow;

  public SimulationState(Situation situation) {
    this.situation = situation;
  }

  /** {@return whether anything was handed on that a retry would repeat} */
  boolean isCommitted() {
    return tries.stream().anyMatch(made -> made.fruitful);
  }

  /** {@return the upstream that an attempt asked} */
  Situation.Upstream upstreamOf(SimulatedAttempt made) {
    return situation.upstreams().get(made.upstream);
  }

  /** {@return the last attempt, or null if none was made} */
  @Nullable SimulatedAttempt last() {
    return tries.isEmpty() ? null : tries.getLast();
  }

  /** {@return the only attempt that is open, or null if there is none or another one} */
  @Nullable SimulatedAttempt alone() {
    return open.size() == 1 ? open.getFirst() : null;
  }

  @Nullable SimulatedAttempt made(int attempt) {
    return attempt >= 1 && attempt <= tries.size() ? tries.get(attempt - 1) : null;
  }

  public void signalled(Signal signal) {
    closedNow = false;
    var about = made(signal.attempt());
    switch (signal) {
      case Signal.Cancelled() -> cancelled = true;
      case Signal.HeadersArrived head when about != null -> about.headSeen = true;
      case Signal.BytesArrived arrived when about != null ->
          about.bytes += arrived.bytes().remaining();
      case Signal.EndOfBody end when about != null -> about.ended = true;
      case Signal.Failed failed when about != null -> about.ended = true;
      case Signal.Paused() -> {
        away = true;
        open.forEach(one -> one.paused = true);
      }
      case Signal.Demand() -> away = false;
      default -> {
        // Contains nothing that an invariant needs.
      }
    }
  }

  public void opened(SimulatedAttempt made) {
    made.paused = away;
    tries.add(made);
    open.add(made);
  }

  public void acted(Action action, long now) {
    switch (action) {
      case Action.Deliver(var event) -> delivered(event, now);
      case Action.CloseAttempt(int attempt) -> {
        var gone = made(attempt);
        open.removeIf(one -> one == gone);
        if (!closedNow || (gone != null && gone.fruitful)) {
          closedNow = true;
          closed = gone;
        }
      }
      case Action.Finish(var end) -> ending = end;
      default -> {
        // Kept by the invariants that need it.
      }
    }
  }

  private void delivered(StreamEvent event, long now) {
    deliveries++;
    switch (event) {
      case StreamEvent.TextDelta(int choice, var more) ->
          (choice == 0 ? text : otherTexts.computeIfAbsent(choice, any -> new StringBuilder()))
              .append(more);
      case StreamEvent.ReasoningDelta delta -> reasoning.append(delta.text());
      case StreamEvent.ToolCallReady(var call) -> toolCalls.add(call);
      case StreamEvent.AttemptFailed failed -> failedAt = failedAt < 0 ? now : failedAt;
      default -> {
        // Carries no answer.
      }
    }
    // A whole tool call comes with the end, when nothing can follow.
    var author = alone();
    if (author != null && event.isContent() && !(event instanceof StreamEvent.ToolCallReady)) {
      author.fruitful = true;
      if (failedAt >= 0) {
        resumed = Math.max(resumed, now - failedAt);
        failedAt = -1;
      }
    }
  }
}
