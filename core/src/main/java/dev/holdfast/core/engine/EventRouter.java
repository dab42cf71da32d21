package dev.holdfast.core.engine;

import dev.holdfast.core.seam.Stitcher;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.verdict.VerdictRules;

/**
 * Takes the content of an attempt: hands it on, keeps it for later, or holds it back until a
 * continuation's seam is decided.
 */
final class EventRouter {
  private final StreamState stream;
  private final StreamLifecycle lifecycle;
  private final Delivery delivery;

  EventRouter(StreamState stream, StreamLifecycle lifecycle) {
    this.stream = stream;
    this.lifecycle = lifecycle;
    this.delivery = stream.delivery;
  }

  void happened(SignalContext context, Attempt attempt, StreamEvent event) {
    if (attempt.isClosed()) {
      return;
    }
    if (!isPartOfACount(event)) {
      frameRead(context, attempt);
      if (attempt.isClosed()) {
        return;
      }
    }
    if (event.isContent()) {
      markResumed(context, attempt);
      if (attempt.purpose() == Purpose.RESUME) {
        attempt.generation.extended();
      }
      stream.sawContent(context, attempt);
    }
    switch (stream.redactor.event(event)) {
      case StreamEvent.Started started -> {
        if (stream.isForeign(attempt, started.responseId())) {
          lifecycle.refuseSeam(context, attempt, "the kept document is that of another answer");
        } else if (delivery.start()) {
          context.deliver(started);
        }
      }
      case StreamEvent.TextDelta came -> {
        var delta = withoutEcho(attempt, came);
        attempt.tokens.wrote(delta.text());
        if (delta.choice() == 0 && stream.limit.isSet()) {
          attempt.generation.meter.text(delta.text());
        }
        text(context, attempt, delta);
      }
      case StreamEvent.ReasoningDelta delta -> {
        attempt.tokens.reasoned(delta.text().length());
        beside(attempt, delta.text());
        if (delivery.acceptsReasoning(attempt.generation.number)) {
          attempt.deliveredReasoning(delta.text().length());
          delivery.reasoning(attempt.generation.number, delta.choice());
          context.deliver(delta);
        }
      }
      case StreamEvent.RefusalDelta delta -> {
        attempt.tokens.wrote(delta.text());
        beside(attempt, delta.text());
        if (isUndecided(context, attempt)) {
          lifecycle.refuseSeam(context, attempt, "the continuation is a refusal");
        } else if (!attempt.isClosed()) {
          attempt.delivered(delta.text().length());
          delivery.refusal(attempt.generation.number, delta.choice());
          context.deliver(delta);
        }
      }
      case StreamEvent.ToolCallDelta delta -> toolCall(context, attempt, delta);
      case StreamEvent.ToolCallMarked marked -> attempt.toolCalls.accept(marked);
      case StreamEvent.ToolCallSigned signed -> attempt.toolCalls.accept(signed);
      case StreamEvent.Usage usage -> {
        attempt.reported(usage.tokens());
        stream.history.reported(attempt, usage.tokens());
        attempt.generation.meter.reported(usage.tokens().output().orElse(-1));
        frameRead(context, attempt);
      }
      case StreamEvent.Finished finished -> {
        attempt.finished(finished.choice(), finished.finish());
        attempt.toolCalls.accept(finished);
      }
      case StreamEvent.DoneMarker marker -> {}
      case StreamEvent.Heartbeat heartbeat -> context.deliver(heartbeat);
      case StreamEvent.Opaque opaque -> context.deliver(opaque);
      case StreamEvent.ErrorReported error ->
          lifecycle.onProviderError(context, attempt, attempt.reported(error.failure()));
      case StreamEvent.FrameRejected rejected -> malformed(context, attempt, rejected);
      case StreamEvent.Warned warned -> stream.warn(context, warned);
      case StreamEvent.ToolCallReady ready -> throw new IllegalStateException(event + " read");
      case StreamEvent.AttemptFailed failed -> throw new IllegalStateException(event + " read");
      case StreamEvent.Retrying retrying -> throw new IllegalStateException(event + " read");
      case StreamEvent.SeamMarked marked -> throw new IllegalStateException(event + " read");
    }
  }

  /** What the server repeats of a continuation request is no part of the answer. */
  private StreamEvent.TextDelta withoutEcho(Attempt attempt, StreamEvent.TextDelta delta) {
    if (delta.choice() != 0
        || delta.text().isEmpty()
        || attempt.purpose() != Purpose.ANSWER
        || !attempt.speaksFirst()) {
      return delta;
    }
    var rung = attempt.rung();
    if (rung == null && delivery.length() == 0) {
      stream.echo.begins(delta.text());
      return delta;
    }
    var before =
        delivery.text().substring(0, Math.min(attempt.plan.start(), delivery.text().length()));
    return new StreamEvent.TextDelta(0, stream.echo.strip(rung, before, delta.text()));
  }

  private void text(SignalContext context, Attempt attempt, StreamEvent.TextDelta delta) {
    if (delta.text().isEmpty() && attempt.rung() != null) {
      return;
    }
    if (delta.choice() != 0 && context.phase() instanceof Phase.Joining) {
      lifecycle.refuseSeam(context, attempt, "the continuation has several choices");
    } else if (context.phase() instanceof Phase.Joining(var same, var stitcher)) {
      context.clocks().seamOpened(stream.policy.recovery().holdBack(), context.nowNanos());
      decided(context, attempt, stitcher.feed(delta.text()));
    } else if (delta.choice() == 0 && stream.limit.governs(attempt.rung())) {
      attempt.uncounted(delta.text());
    } else {
      if (delta.choice() == 0) {
        stream.limit.delivers(attempt.generation.meter, delivery.length(), delta.text().length());
      }
      handOn(context, attempt, delta);
    }
  }

  /**
   * A frame has been read. Text near the limit waits for its end: the count of its tokens comes
   * after it in the same frame, and the last of several tokens completes a character.
   */
  void frameRead(SignalContext context, Attempt attempt) {
    if (!attempt.hasUncounted() || attempt.isClosed()) {
      return;
    }
    String text = attempt.takeUncounted();
    int fits = stream.limit.fit(attempt.generation.meter, delivery.length(), text);
    if (fits > 0) {
      handOn(context, attempt, new StreamEvent.TextDelta(0, text.substring(0, fits)));
    }
    if (fits < text.length()) {
      lifecycle.reachedLimit(context, attempt);
    }
  }

  /** {@return whether an event can stand between a text and the count of its tokens} */
  private static boolean isPartOfACount(StreamEvent event) {
    return event instanceof StreamEvent.TextDelta
        || event instanceof StreamEvent.Usage
        || event instanceof StreamEvent.Finished;
  }

  private void handOn(SignalContext context, Attempt attempt, StreamEvent.TextDelta delta) {
    attempt.delivered(delta.text().length());
    delivery.text(attempt.generation.number, delta);
    context.deliver(delta);
  }

  private void beside(Attempt attempt, String output) {
    if (stream.limit.isSet()) {
      attempt.generation.meter.beside(output);
    }
  }

  private void toolCall(SignalContext context, Attempt attempt, StreamEvent.ToolCallDelta delta) {
    int length = delta.name().length() + delta.arguments().length();
    attempt.tokens.wroteCall(delta.arguments(), length);
    beside(attempt, delta.arguments());
    switch (stream.policy.recovery().tools()) {
      case WHOLE -> {
        attempt.holdsCalls();
        attempt.toolCalls.accept(delta);
        attempt.tokens.held(length);
      }
      case LIVE -> {
        if (isUndecided(context, attempt)) {
          lifecycle.refuseSeam(
              context, attempt, "the continuation calls a tool before the seam is decided");
        } else if (!attempt.isClosed()) {
          attempt.delivered(length);
          attempt.toolCalls.accept(delta);
          delivery.liveTool(attempt.generation.number);
          context.deliver(delta);
        }
      }
    }
  }

  private void malformed(
      SignalContext context, Attempt attempt, StreamEvent.FrameRejected rejected) {
    attempt.skipsFrame();
    if (attempt.isProven(stream.choices)) {
      stream.warn(context, VerdictRules.harmless(rejected.failure()));
      return;
    }
    switch (stream.policy.recovery().malformed()) {
      case RECOVER -> lifecycle.fail(context, attempt, rejected.failure());
      case SKIP -> stream.skip(context, attempt, rejected);
      case FAIL -> {
        var failure = attempt.explained(rejected.failure());
        stream.retire(context, attempt, failure);
        lifecycle.finish(context, failure, null);
      }
    }
  }

  // ---------------------------------------------------------------- seams

  /** Whether the seam is still open; where there is no text to join to, it is closed here. */
  private boolean isUndecided(SignalContext context, Attempt attempt) {
    if (context.phase() instanceof Phase.Joining(var same, var stitcher)) {
      decided(context, attempt, stitcher.pause());
      frameRead(context, attempt);
    }
    return context.phase() instanceof Phase.Joining;
  }

  private void decided(SignalContext context, Attempt attempt, Stitcher.Decision decision) {
    switch (decision) {
      case Stitcher.Decision.Hold() -> {}
      case Stitcher.Decision.Join(var text, int overlap) -> join(context, attempt, text, overlap);
      case Stitcher.Decision.Refuse(var reason) -> lifecycle.refuseSeam(context, attempt, reason);
    }
  }

  private void join(SignalContext context, Attempt attempt, String text, int overlap) {
    context.lane().joined(attempt);
    attempt.tokens.joined(delivery.length());
    mark(context, attempt, overlap);
    if (!text.isEmpty()) {
      text(context, attempt, new StreamEvent.TextDelta(0, text));
    }
  }

  private void mark(SignalContext context, Attempt attempt, int overlap) {
    var rung = attempt.rung() == null ? Rung.REPLAY : attempt.rung();
    var seam = new Seam(delivery.length(), rung, attempt.number(), overlap);
    delivery.seam(seam);
    context.deliver(new StreamEvent.SeamMarked(seam));
  }

  /** Marks where the rest of the same generation begins, before any of it is handed on. */
  private void markResumed(SignalContext context, Attempt attempt) {
    if (attempt.marksResumption()) {
      mark(context, attempt, 0);
    }
  }

  /** The answer is proven complete; what a seam still holds back is decided first. */
  void complete(SignalContext context, Attempt attempt) {
    if (context.phase() instanceof Phase.Joining(var same, var stitcher)) {
      boolean natural = attempt.finishes().values().stream().noneMatch(Finish::isEarly);
      decided(context, attempt, stitcher.end(natural));
      frameRead(context, attempt);
    }
    if (!attempt.isClosed()) {
      markResumed(context, attempt);
      lifecycle.complete(context, attempt);
    }
  }

  /** A seam's time is up. */
  void timeUp(SignalContext context, Attempt attempt) {
    if (context.phase() instanceof Phase.Joining(var same, var stitcher)) {
      context.clocks().seamClosed();
      decided(context, attempt, stitcher.timeUp());
      frameRead(context, attempt);
    }
  }
}
