package dev.holdfast.testkit.sim;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What a run has shown so far. The invariants read it; the simulation alone writes it. */
final class Seen {
  final Situation situation;
  final StringBuilder text = new StringBuilder();
  final StringBuilder reasoning = new StringBuilder();
  final List<ToolCall> toolCalls = new ArrayList<>();
  final List<Try> tries = new ArrayList<>();
  int deliveries;
  boolean cancelled;
  @Nullable Ending ending;

  /** The longest time from a failed attempt to new content. */
  long resumed;

  private long failedAt = -1;

  /** Whether the consumer does not ask for more. */
  private boolean away;

  /** The attempt whose connection is open. */
  @Nullable Try open;

  Seen(Situation situation) {
    this.situation = situation;
  }

  /** {@return whether anything was handed on that a retry would repeat} */
  boolean isCommitted() {
    return tries.stream().anyMatch(made -> made.fruitful);
  }

  /** {@return whom an attempt asked} */
  Situation.Upstream upstreamOf(Try made) {
    return situation.upstreams().get(made.upstream);
  }

  /** {@return the last attempt, or null if none was made} */
  @Nullable Try last() {
    return tries.isEmpty() ? null : tries.getLast();
  }

  @Nullable Try made(int attempt) {
    return attempt >= 1 && attempt <= tries.size() ? tries.get(attempt - 1) : null;
  }

  void signalled(Signal signal) {
    var now = open;
    away = signal instanceof Signal.Paused || (away && !(signal instanceof Signal.Demand));
    switch (signal) {
      case Signal.Cancelled() -> cancelled = true;
      case Signal.HeadersArrived head when now != null -> now.headSeen = true;
      case Signal.BytesArrived arrived when now != null -> now.bytes += arrived.bytes().remaining();
      case Signal.EndOfBody end when now != null -> now.ended = true;
      case Signal.Failed failed when now != null -> now.ended = true;
      case Signal.Paused() when now != null -> now.paused = true;
      default -> {
        // Says nothing that anybody asks for.
      }
    }
  }

  void opened(Try made) {
    made.paused = away;
    tries.add(made);
    open = made;
  }

  void acted(Action action, long now) {
    switch (action) {
      case Action.Deliver(var event) -> delivered(event, now);
      case Action.CloseAttempt close -> open = null;
      case Action.Finish(var end) -> ending = end;
      default -> {
        // Kept by those who ask for it.
      }
    }
  }

  private void delivered(StreamEvent event, long now) {
    deliveries++;
    switch (event) {
      case StreamEvent.TextDelta delta -> text.append(delta.text());
      case StreamEvent.ReasoningDelta delta -> reasoning.append(delta.text());
      case StreamEvent.ToolCallReady(var call) -> toolCalls.add(call);
      case StreamEvent.AttemptFailed failed -> failedAt = failedAt < 0 ? now : failedAt;
      default -> {
        // Carries no answer.
      }
    }
    // A whole tool call comes with the end, when nothing can follow.
    if (open != null && event.isContent() && !(event instanceof StreamEvent.ToolCallReady)) {
      open.fruitful = true;
      if (failedAt >= 0) {
        resumed = Math.max(resumed, now - failedAt);
        failedAt = -1;
      }
    }
  }
}
