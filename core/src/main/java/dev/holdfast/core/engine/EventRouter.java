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
  private final StreamLifecycle course;
  private final Delivery delivery;

  EventRouter(StreamLifecycle course) {
    this.course = course;
    this.delivery = course.delivery;
  }

  void happened(Attempt attempt, StreamEvent event) {
    if (attempt.closed) {
      return;
    }
    if (event.isContent()) {
      markResumed(attempt);
      attempt.generation.extended |= attempt.purpose() == Purpose.RESUME;
      course.sawContent(attempt);
    }
    switch (course.redactor.event(event)) {
      case StreamEvent.Started started -> {
        if (course.isForeign(attempt, started.responseId())) {
          course.refuseSeam(attempt, "the kept document is that of another answer");
        } else if (delivery.start()) {
          course.deliver(started);
        }
      }
      case StreamEvent.TextDelta came -> {
        var delta = withoutEcho(attempt, came);
        attempt.generatedChars(delta.text().length());
        if (delta.choice() == 0 && course.limit.isSet()) {
          attempt.generation.meter.text(delta.text());
        }
        text(attempt, delta);
      }
      case StreamEvent.ReasoningDelta delta -> {
        attempt.generatedChars(delta.text().length());
        beside(attempt, delta.text());
        if (delivery.acceptsReasoning(attempt.generation.number)) {
          attempt.fruitful = true;
          attempt.deliveredChars(delta.text().length());
          delivery.reasoning(attempt.generation.number, delta.choice());
          course.deliver(delta);
        }
      }
      case StreamEvent.RefusalDelta delta -> {
        attempt.generatedChars(delta.text().length());
        beside(attempt, delta.text());
        if (isUndecided(attempt)) {
          course.refuseSeam(attempt, "the continuation is a refusal");
        } else if (!attempt.closed) {
          attempt.fruitful = true;
          attempt.deliveredChars(delta.text().length());
          delivery.refusal(attempt.generation.number, delta.choice());
          course.deliver(delta);
        }
      }
      case StreamEvent.ToolCallDelta delta -> toolCall(attempt, delta);
      case StreamEvent.ToolCallMarked marked -> attempt.toolCalls.accept(marked);
      case StreamEvent.ToolCallSigned signed -> attempt.toolCalls.accept(signed);
      case StreamEvent.Usage usage -> {
        attempt.usage = usage.tokens();
        attempt.generation.meter.reported(usage.tokens().output().orElse(-1));
      }
      case StreamEvent.Finished finished -> {
        attempt.finishes.put(finished.choice(), finished.finish());
        attempt.toolCalls.accept(finished);
      }
      case StreamEvent.DoneMarker marker -> {}
      case StreamEvent.Heartbeat heartbeat -> course.deliver(heartbeat);
      case StreamEvent.Opaque opaque -> course.deliver(opaque);
      case StreamEvent.ErrorReported error -> course.onProviderError(attempt, error.failure());
      case StreamEvent.FrameRejected rejected -> malformed(attempt, rejected);
      case StreamEvent.Warned warned -> course.warn(warned);
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
        || attempt.spoke
        || attempt.purpose() != Purpose.ANSWER) {
      return delta;
    }
    attempt.spoke = true;
    var rung = attempt.rung();
    if (rung == null && delivery.length() == 0) {
      course.echo.begins(delta.text());
      return delta;
    }
    var before =
        delivery.text().substring(0, Math.min(attempt.plan.start(), delivery.text().length()));
    return new StreamEvent.TextDelta(0, course.echo.strip(rung, before, delta.text()));
  }

  private void text(Attempt attempt, StreamEvent.TextDelta delta) {
    if (delta.text().isEmpty() && attempt.rung() != null) {
      return;
    }
    if (delta.choice() != 0 && course.phase instanceof Phase.Joining) {
      course.refuseSeam(attempt, "the continuation has several choices");
    } else if (course.phase instanceof Phase.Joining(var same, var stitcher)) {
      course.clocks.seamOpened(course.policy.recovery().holdBack(), course.now());
      decided(attempt, stitcher.feed(delta.text()));
    } else if (delta.choice() == 0 && course.limit.governs(attempt.rung())) {
      var meter = attempt.generation.meter;
      int fits = course.limit.fit(meter, delivery.length(), delta.text());
      if (fits == delta.text().length()) {
        handOn(attempt, delta);
        return;
      }
      if (fits > 0) {
        handOn(attempt, new StreamEvent.TextDelta(0, delta.text().substring(0, fits)));
      }
      course.reachedLimit(attempt);
    } else {
      if (delta.choice() == 0) {
        course.limit.delivers(attempt.generation.meter, delivery.length(), delta.text().length());
      }
      handOn(attempt, delta);
    }
  }

  private void handOn(Attempt attempt, StreamEvent.TextDelta delta) {
    attempt.fruitful = true;
    attempt.deliveredChars(delta.text().length());
    delivery.text(attempt.generation.number, delta);
    course.deliver(delta);
  }

  private void beside(Attempt attempt, String output) {
    if (course.limit.isSet()) {
      attempt.generation.meter.beside(output);
    }
  }

  private void toolCall(Attempt attempt, StreamEvent.ToolCallDelta delta) {
    int length = delta.name().length() + delta.arguments().length();
    attempt.generatedChars(length);
    beside(attempt, delta.arguments());
    switch (course.policy.recovery().tools()) {
      case WHOLE -> {
        attempt.holdsCalls = true;
        attempt.toolCalls.accept(delta);
        attempt.toolCharacters += length;
      }
      case LIVE -> {
        if (isUndecided(attempt)) {
          course.refuseSeam(attempt, "the continuation calls a tool before the seam is decided");
        } else if (!attempt.closed) {
          attempt.fruitful = true;
          attempt.deliveredChars(length);
          attempt.toolCalls.accept(delta);
          delivery.liveTool(attempt.generation.number);
          course.deliver(delta);
        }
      }
    }
  }

  private void malformed(Attempt attempt, StreamEvent.FrameRejected rejected) {
    attempt.skipsFrame = true;
    if (attempt.isProven(course.choices)) {
      course.warn(VerdictRules.harmless(rejected.failure()));
      return;
    }
    switch (course.policy.recovery().malformed()) {
      case RECOVER -> course.fail(attempt, rejected.failure());
      case SKIP -> course.skip(attempt, rejected);
      case FAIL -> {
        var failure = attempt.explained(rejected.failure());
        course.retire(attempt, failure);
        course.finish(failure, null);
      }
    }
  }

  // ---------------------------------------------------------------- seams

  /** Whether the seam is still open; where there is no text to join to, it is closed here. */
  private boolean isUndecided(Attempt attempt) {
    if (course.phase instanceof Phase.Joining(var same, var stitcher)) {
      decided(attempt, stitcher.pause());
    }
    return course.phase instanceof Phase.Joining;
  }

  private void decided(Attempt attempt, Stitcher.Decision decision) {
    switch (decision) {
      case Stitcher.Decision.Hold() -> {}
      case Stitcher.Decision.Join(var text, int overlap) -> join(attempt, text, overlap);
      case Stitcher.Decision.Refuse(var reason) -> course.refuseSeam(attempt, reason);
    }
  }

  private void join(Attempt attempt, String text, int overlap) {
    course.clocks.seamClosed();
    course.phase = new Phase.Streaming(attempt);
    attempt.joined = true;
    mark(attempt, overlap);
    if (!text.isEmpty()) {
      text(attempt, new StreamEvent.TextDelta(0, text));
    }
  }

  private void mark(Attempt attempt, int overlap) {
    var rung = attempt.rung() == null ? Rung.REPLAY : attempt.rung();
    var seam = new Seam(delivery.length(), rung, attempt.number(), overlap);
    delivery.seam(seam);
    course.deliver(new StreamEvent.SeamMarked(seam));
  }

  /** Marks where the rest of the same generation begins, before any of it is handed on. */
  private void markResumed(Attempt attempt) {
    if (attempt.purpose() == Purpose.RESUME && !attempt.marked) {
      attempt.marked = true;
      mark(attempt, 0);
    }
  }

  /** The answer is proven complete; what a seam still holds back is decided first. */
  void complete(Attempt attempt) {
    if (course.phase instanceof Phase.Joining(var same, var stitcher)) {
      boolean natural = attempt.finishes.values().stream().noneMatch(Finish::isEarly);
      decided(attempt, stitcher.end(natural));
    }
    if (!attempt.closed) {
      markResumed(attempt);
      course.complete(attempt);
    }
  }

  /** A seam's time is up. */
  void timeUp(Attempt attempt) {
    if (course.phase instanceof Phase.Joining(var same, var stitcher)) {
      course.clocks.seamClosed();
      decided(attempt, stitcher.timeUp());
    }
  }
}
