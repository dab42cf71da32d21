package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.Continuity;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.health.RetryBudget;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.provider.errors.ServerMarks;
import dev.holdfast.core.seam.Stitcher;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.verdict.ErrorBody;
import dev.holdfast.core.verdict.VerdictRules;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One stream: signals in, actions out. Owns no thread, socket, clock or logger, and is not
 * thread-safe; time and chance are arguments.
 *
 * <p>After every signal, perform all actions before the next signal. Exactly one {@link
 * Action.Finish} is ever returned, and nothing after it. Every phase and signal is in {@code
 * fixtures/engine/transitions.txt}.
 */
public final class StreamMachine {
  private final StreamLifecycle course;
  private final EventRouter intake;
  private final @Nullable FrameListener listener;

  /**
   * A machine for one stream whose bytes are passed on.
   *
   * @param random spreads retries; the only source of chance
   * @param listener receives the places of whole frames, during {@link #on}
   * @throws IllegalArgumentException if the plan's body is not a JSON object
   */
  public StreamMachine(StreamPlan plan, RandomGenerator random, @Nullable FrameListener listener) {
    this.course = new StreamLifecycle(plan, random);
    this.intake = new EventRouter(course);
    this.listener = listener;
  }

  /**
   * A machine for one stream.
   *
   * @param random spreads retries; the only source of chance
   * @throws IllegalArgumentException if the plan's body is not a JSON object
   */
  public StreamMachine(StreamPlan plan, RandomGenerator random) {
    this(plan, random, null);
  }

  /**
   * {@return what to do now, in this order}
   *
   * @param nowNanos never less than in the call before; starts near zero
   * @param standings each upstream's availability; asked during this call only
   * @throws IllegalStateException if the driver breaks the contract, naming signal and phase
   */
  public List<Action> on(Signal signal, long nowNanos, Availability.Lookup standings) {
    course.signalled(signal, nowNanos, standings);
    course.turnTo(signal);
    dispatch(signal);
    if (signal instanceof Signal.TimerFired && course.rival != null) {
      course.turn();
      dispatch(signal);
    }
    return course.actions();
  }

  /**
   * As {@link #on(Signal, long, Standing.Lookup)}, for a driver whose upstreams have no circuits.
   *
   * @param retryAllowed whether the {@link RetryBudget} allows another attempt
   */
  public List<Action> on(Signal signal, long nowNanos, boolean retryAllowed) {
    var standing = new Availability(retryAllowed, 0);
    return on(signal, nowNanos, upstream -> standing);
  }

  /** {@return whether the outcome has been reported} */
  public boolean isClosed() {
    return course.phase instanceof Phase.Closed;
  }

  /** {@return how many frames were read so far, over all attempts; for observers} */
  public long frames() {
    return course.frames;
  }

  /**
   * {@return the delivered text of choice 0, as long as recovery keeps it; a view that grows} Empty
   * where it has grown past the limit.
   */
  public CharSequence deliveredText() {
    return course.delivery.text();
  }

  /** {@return whether an attempt that is under way reads the answer from its start} */
  public boolean startsAnswer(int attempt) {
    var rival = course.rival;
    return course.phase.startsAnswer(attempt)
        || (rival != null && rival.phase().startsAnswer(attempt));
  }

  Phase phase() {
    return course.phase;
  }

  // ---------------------------------------------------------------- phases

  private void dispatch(Signal signal) {
    switch (course.phase) {
      case Phase.Idle() -> whenIdle(signal);
      case Phase.Opening(var attempt) -> whenOpening(attempt, signal);
      case Phase.Rejecting(var attempt, var body) -> whenRejecting(attempt, body, signal);
      case Phase.Preparing(var attempt) -> whenPreparing(attempt, signal);
      case Phase.Streaming(var attempt) -> whenReading(attempt, signal);
      case Phase.Joining(var attempt, var stitcher) -> whenReading(attempt, signal);
      case Phase.Waiting(var next, var until) -> whenWaiting(next, until, signal);
      case Phase.Closed() -> {
        // Late signals are normal in networks, not a bug.
      }
    }
  }

  private void whenIdle(Signal signal) {
    switch (signal) {
      case Signal.Begin() -> course.begin();
      case Signal.Cancelled() -> course.cancel(null);
      default -> throw new IllegalStateException(signal + " in " + course.phase);
    }
  }

  private void whenOpening(Attempt attempt, Signal signal) {
    switch (signal) {
      case Signal.HeadersArrived(int number, var head, long epochMillis)
          when number == attempt.number() ->
          answered(attempt, head, epochMillis);
      case Signal.EndOfBody(int number) when number == attempt.number() ->
          course.fail(attempt, Failure.retryable(Cause.CONNECTION_FAILED, "no response"));
      case Signal.Failed(int number, var failure) when number == attempt.number() ->
          course.fail(attempt, failure);
      case Signal.TimerFired() -> timerFired(attempt);
      default -> onAnyPhase(attempt, signal);
    }
  }

  private void whenRejecting(Attempt attempt, ErrorBody body, Signal signal) {
    switch (signal) {
      case Signal.BytesArrived(int number, var bytes) when number == attempt.number() -> {
        attempt.counted(bytes);
        body.add(bytes);
        if (body.isFull()) {
          rejected(attempt, body);
        }
      }
      case Signal.EndOfBody(int number) when number == attempt.number() -> rejected(attempt, body);
      case Signal.Failed(int number, var failure) when number == attempt.number() ->
          rejected(attempt, body);
      case Signal.TimerFired() -> {
        if (course.clocks.isLingerOver(course.now()) || course.clocks.isTotalOver(course.now())) {
          rejected(attempt, body);
        }
      }
      default -> onAnyPhase(attempt, signal);
    }
  }

  private void whenPreparing(Attempt attempt, Signal signal) {
    switch (signal) {
      case Signal.BytesArrived(int number, var bytes) when number == attempt.number() ->
          readTokens(attempt, bytes);
      case Signal.EndOfBody(int number) when number == attempt.number() -> {
        attempt.decoder.endOfInput();
        var frame = attempt.decoder.poll();
        course.prepared(attempt, frame == null ? "" : frame.data());
      }
      case Signal.Failed(int number, var failure) when number == attempt.number() ->
          course.fail(attempt, failure);
      case Signal.TimerFired() -> timerFired(attempt);
      default -> onAnyPhase(attempt, signal);
    }
  }

  private void whenReading(Attempt attempt, Signal signal) {
    switch (signal) {
      case Signal.BytesArrived(int number, var bytes) when number == attempt.number() ->
          read(attempt, bytes);
      case Signal.EndOfBody(int number) when number == attempt.number() -> ended(attempt);
      case Signal.Failed(int number, var failure) when number == attempt.number() ->
          onTransportFailure(attempt, failure);
      case Signal.TimerFired() -> timerFired(attempt);
      default -> onAnyPhase(attempt, signal);
    }
  }

  private void whenWaiting(NextAttempt next, long untilNanos, Signal signal) {
    if (signal instanceof Signal.TimerFired && course.now() >= untilNanos) {
      course.waited(next);
    } else {
      onAnyPhase(null, signal);
    }
  }

  /** What every open phase does alike. Signals for closed attempts are ignored. */
  private void onAnyPhase(@Nullable Attempt attempt, Signal signal) {
    switch (signal) {
      case Signal.Paused() -> course.pause();
      case Signal.Demand() -> course.resume();
      case Signal.Cancelled() -> course.cancel(attempt);
      case Signal.Begin() -> throw new IllegalStateException(signal + " in " + course.phase);
      case Signal.HeadersArrived late -> {}
      case Signal.BytesArrived late -> {}
      case Signal.EndOfBody late -> {}
      case Signal.Failed late -> {}
      case Signal.TimerFired early -> {}
    }
  }

  // ---------------------------------------------------------------- one attempt

  private void answered(Attempt attempt, ResponseHead head, long epochMillis) {
    course.answered(attempt, head);
    course.named(attempt, ServerMarks.of(head));
    course.clocks.bytes(course.now());
    if (!head.isSuccess()) {
      course.clocks.errorBody(course.now());
      course.phase = new Phase.Rejecting(attempt, new ErrorBody(head, epochMillis));
      return;
    }
    String coding = head.header("content-encoding");
    if (!coding.isEmpty() && !coding.equalsIgnoreCase("identity")) {
      course.fail(
          attempt,
          Failure.permanent(
              Cause.MALFORMED_FRAME, "content-encoding: must be identity, was " + coding));
      return;
    }
    course.phase =
        switch (attempt.purpose()) {
          case TOKENS -> new Phase.Preparing(attempt);
          case RESUME -> streaming(attempt);
          case POLL -> joining(attempt, Rung.REPLAY);
          case ANSWER -> {
            var rung = attempt.rung();
            yield rung == null ? streaming(attempt) : joining(attempt, rung);
          }
        };
  }

  private static Phase streaming(Attempt attempt) {
    attempt.joined = true;
    return new Phase.Streaming(attempt);
  }

  private Phase joining(Attempt attempt, Rung comparison) {
    return new Phase.Joining(
        attempt,
        new Stitcher(
            course.delivery.text(),
            course.delivery.index(),
            comparison,
            attempt.plan.start(),
            course.policy.recovery().holdBackChars()));
  }

  private void rejected(Attempt attempt, ErrorBody body) {
    course.onProviderError(
        attempt, HttpErrors.classify(body.head(), body.toByteArray(), body.epochMillis()));
  }

  private void readTokens(Attempt attempt, ByteBuffer bytes) {
    attempt.counted(bytes);
    course.clocks.bytes(course.now());
    try {
      attempt.decoder.feed(bytes);
    } catch (FrameLimitException e) {
      course.fail(attempt, VerdictRules.tooLarge(e));
    }
  }

  private void read(Attempt attempt, ByteBuffer bytes) {
    course.clocks.bytes(course.now());
    if (!attempt.received(bytes)) {
      course.refuseSeam(attempt, "the bytes that were kept are not those that came");
      return;
    }
    attempt.sniff(bytes, course.policy);
    try {
      attempt.decoder.feed(bytes);
      pull(attempt);
    } catch (FrameLimitException e) {
      onTransportFailure(attempt, VerdictRules.tooLarge(e));
    }
  }

  private void pull(Attempt attempt) {
    while (!attempt.closed) {
      var frame = attempt.decoder.poll();
      if (frame == null) {
        attempt.marks(listener, course.actions.size());
        return;
      }
      course.frames++;
      attempt.framed(frame);
      course.named(attempt, attempt.named(frame));
      attempt.reader.read(
          frame,
          event -> {
            attempt.generation.read(frame);
            intake.happened(attempt, event);
          });
      if (attempt.closed) {
        return;
      }
      attempt.readOn(course.choices);
      attempt.marks(listener, course.actions.size());
      if (attempt.purpose() == Purpose.RESUME
          && attempt.reader.continuity() instanceof Continuity.Broken(var reason)) {
        course.refuseSeam(attempt, reason);
        return;
      }
      switch (attempt.reader.proof()) {
        // It may be withdrawn: no wait is shortened for it.
        case OPEN, TENTATIVE -> course.clocks.unproven(course.now());
        case PROVEN -> {
          if (attempt.isProven(course.choices)) {
            course.clocks.proven(course.now());
          }
        }
        case CLOSED -> intake.complete(attempt);
        case CLOSED_UNPROVEN -> {
          attempt.generation.closed();
          course.fail(attempt, VerdictRules.closedUnproven());
        }
      }
    }
  }

  private void ended(Attempt attempt) {
    attempt.ended();
    try {
      attempt.decoder.endOfInput();
      pull(attempt);
    } catch (FrameLimitException e) {
      onTransportFailure(attempt, VerdictRules.tooLarge(e));
    }
    if (attempt.closed) {
      return;
    }
    var rest = new ArrayList<StreamEvent>();
    Proof proof = attempt.reader.end(rest::add);
    for (var event : rest) {
      if (VerdictRules.countsAtEnd(proof, event)) {
        intake.happened(attempt, event);
      }
    }
    if (attempt.closed) {
      return;
    }
    if (attempt.isProven(course.choices)) {
      intake.complete(attempt);
    } else if (attempt.purpose() == Purpose.POLL) {
      course.notYet(attempt);
    } else {
      course.fail(attempt, VerdictRules.endedUnproven(proof));
    }
  }

  /** The transport broke, or its data is too large to be read; a proven answer stays complete. */
  private void onTransportFailure(Attempt attempt, Failure failure) {
    if (attempt.isProven(course.choices)) {
      intake.complete(attempt);
    } else {
      course.fail(attempt, failure);
    }
  }

  private void timerFired(Attempt attempt) {
    if (course.clocks.isTotalOver(course.now())) {
      course.drop(attempt);
      course.finish(
          Failure.permanent(
              Cause.DEADLINE_EXCEEDED,
              "not finished within " + course.policy.timeouts().total().toMillis() + " ms"),
          null);
    } else if (course.clocks.isLingerOver(course.now())) {
      intake.complete(attempt);
    } else {
      var expired = course.clocks.expired(course.now());
      if (expired != null) {
        onTransportFailure(attempt, expired);
      } else if (course.clocks.isHedgeOver(course.now())) {
        course.hedge();
      } else if (course.clocks.isSeamOver(course.now())) {
        intake.timeUp(attempt);
      }
    }
  }
}
