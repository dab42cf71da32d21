package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.Continuity;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.health.RetryBudget;
import dev.holdfast.core.provider.errors.HttpErrors;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
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
  private final StreamState stream;
  private final StreamLifecycle lifecycle;
  private final EventRouter router;
  private final @Nullable FrameListener listener;

  /** Frames read so far, over all attempts. */
  private long frames;

  /**
   * A machine for one stream whose bytes are passed on.
   *
   * @param random spreads retries; the only source of chance
   * @param listener receives the places of whole frames, during {@link #on}
   * @throws IllegalArgumentException if the plan's body is not a JSON object
   */
  public StreamMachine(StreamPlan plan, RandomGenerator random, @Nullable FrameListener listener) {
    this.stream = new StreamState(plan, random);
    this.lifecycle = new StreamLifecycle(stream, random);
    this.router = new EventRouter(stream, lifecycle);
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
    var context = stream.signalled(signal, nowNanos, standings);
    dispatch(context, signal);
    if (signal instanceof Signal.TimerFired) {
      var other = stream.lanes.next();
      if (other != null) {
        dispatch(context.in(other), signal);
      }
    }
    return stream.actions(context);
  }

  /**
   * As {@link #on(Signal, long, Availability.Lookup)}, for a driver whose upstreams have no
   * circuits.
   *
   * @param retryAllowed whether the {@link RetryBudget} allows another attempt
   */
  public List<Action> on(Signal signal, long nowNanos, boolean retryAllowed) {
    var standing = new Availability(retryAllowed, 0);
    return on(signal, nowNanos, upstream -> standing);
  }

  /** {@return whether the outcome has been reported} */
  public boolean isClosed() {
    return phase() instanceof Phase.Closed;
  }

  /** {@return how many frames were read so far, over all attempts; for observers} */
  public long frames() {
    return frames;
  }

  /**
   * {@return the delivered text of choice 0, as long as recovery keeps it; a view that grows} It
   * has the text of each {@link Action.Deliver} before that is returned. Once the text has grown
   * past the limit of recovery, earlier views stay as they are, and later ones are empty.
   */
  public CharSequence deliveredText() {
    return stream.delivery.text();
  }

  /** {@return whether an attempt that is under way reads the answer from its start} */
  public boolean startsAnswer(int attempt) {
    return stream.lanes.startsAnswer(attempt);
  }

  /** {@return the phase of the lane that had the latest signal} */
  Phase phase() {
    return stream.lanes.latest().phase();
  }

  // ---------------------------------------------------------------- phases

  private void dispatch(SignalContext context, Signal signal) {
    switch (context.phase()) {
      case Phase.Idle() -> whenIdle(context, signal);
      case Phase.Opening(var attempt) -> whenOpening(context, attempt, signal);
      case Phase.Rejecting(var attempt, var body) -> whenRejecting(context, attempt, body, signal);
      case Phase.Preparing(var attempt) -> whenPreparing(context, attempt, signal);
      case Phase.Streaming(var attempt) -> whenReading(context, attempt, signal);
      case Phase.Joining(var attempt, var stitcher) -> whenReading(context, attempt, signal);
      case Phase.Waiting(var next, var until) -> whenWaiting(context, next, until, signal);
      case Phase.Closed() -> {
        // Late signals are normal in networks, not a bug.
      }
    }
  }

  private void whenIdle(SignalContext context, Signal signal) {
    if (signal instanceof Signal.Begin) {
      lifecycle.begin(context);
    } else if (signal instanceof Signal.Cancelled) {
      lifecycle.cancel(context, null);
    } else {
      throw new IllegalStateException(signal + " in " + context.phase());
    }
  }

  private void whenOpening(SignalContext context, Attempt attempt, Signal signal) {
    boolean isOurs = signal.attempt() == attempt.number();
    if (isOurs && signal instanceof Signal.HeadersArrived arrived) {
      lifecycle.answered(context, attempt, arrived.head(), arrived.epochMillis());
    } else if (isOurs && signal instanceof Signal.EndOfBody) {
      lifecycle.fail(context, attempt, Failure.retryable(Cause.CONNECTION_FAILED, "no response"));
    } else if (isOurs && signal instanceof Signal.Failed failed) {
      lifecycle.fail(context, attempt, failed.failure());
    } else if (signal instanceof Signal.TimerFired) {
      timerFired(context, attempt);
    } else {
      onAnyPhase(context, attempt, signal);
    }
  }

  private void whenRejecting(
      SignalContext context, Attempt attempt, ErrorBody body, Signal signal) {
    switch (signal) {
      case Signal.BytesArrived(int number, var bytes) when number == attempt.number() -> {
        attempt.counted(bytes);
        body.add(bytes);
        if (body.isFull()) {
          rejected(context, attempt, body);
        }
      }
      case Signal.EndOfBody(int number) when number == attempt.number() ->
          rejected(context, attempt, body);
      case Signal.Failed(int number, var failure) when number == attempt.number() ->
          rejected(context, attempt, body);
      case Signal.TimerFired() -> {
        var clocks = context.clocks();
        if (clocks.isLingerOver(context.nowNanos()) || clocks.isTotalOver(context.nowNanos())) {
          rejected(context, attempt, body);
        }
      }
      default -> onAnyPhase(context, attempt, signal);
    }
  }

  private void whenPreparing(SignalContext context, Attempt attempt, Signal signal) {
    switch (signal) {
      case Signal.BytesArrived(int number, var bytes) when number == attempt.number() ->
          readTokens(context, attempt, bytes);
      case Signal.EndOfBody(int number) when number == attempt.number() -> {
        attempt.decoder().endOfInput();
        var frame = attempt.decoder().poll();
        lifecycle.prepared(context, attempt, frame == null ? "" : frame.data());
      }
      case Signal.Failed(int number, var failure) when number == attempt.number() ->
          lifecycle.fail(context, attempt, failure);
      case Signal.TimerFired() -> timerFired(context, attempt);
      default -> onAnyPhase(context, attempt, signal);
    }
  }

  /** Nearly every signal comes here, so that there is no switch: each is a call site to link. */
  private void whenReading(SignalContext context, Attempt attempt, Signal signal) {
    boolean isOurs = signal.attempt() == attempt.number();
    if (isOurs && signal instanceof Signal.BytesArrived arrived) {
      read(context, attempt, arrived.bytes());
    } else if (isOurs && signal instanceof Signal.EndOfBody) {
      ended(context, attempt);
    } else if (isOurs && signal instanceof Signal.Failed failed) {
      onTransportFailure(context, attempt, failed.failure());
    } else if (signal instanceof Signal.TimerFired) {
      timerFired(context, attempt);
    } else {
      onAnyPhase(context, attempt, signal);
    }
  }

  private void whenWaiting(
      SignalContext context, NextAttempt next, long untilNanos, Signal signal) {
    if (signal instanceof Signal.TimerFired && context.nowNanos() >= untilNanos) {
      lifecycle.waited(context, next);
    } else {
      onAnyPhase(context, null, signal);
    }
  }

  /** What every open phase does alike. Signals for closed attempts are ignored. */
  private void onAnyPhase(SignalContext context, @Nullable Attempt attempt, Signal signal) {
    switch (signal) {
      case Signal.Paused() -> stream.lanes.pause(context.nowNanos());
      case Signal.Demand() -> stream.lanes.resume(context.nowNanos());
      case Signal.Cancelled() -> lifecycle.cancel(context, attempt);
      case Signal.Begin() -> throw new IllegalStateException(signal + " in " + context.phase());
      case Signal.HeadersArrived late -> {}
      case Signal.BytesArrived late -> {}
      case Signal.EndOfBody late -> {}
      case Signal.Failed late -> {}
      case Signal.TimerFired early -> {}
    }
  }

  // ---------------------------------------------------------------- one attempt

  private void rejected(SignalContext context, Attempt attempt, ErrorBody body) {
    lifecycle.onProviderError(
        context, attempt, HttpErrors.classify(body.head(), body.toByteArray(), body.epochMillis()));
  }

  private void readTokens(SignalContext context, Attempt attempt, ByteBuffer bytes) {
    attempt.counted(bytes);
    context.clocks().bytes(context.nowNanos());
    try {
      attempt.decoder().feed(bytes);
    } catch (FrameLimitException e) {
      lifecycle.fail(context, attempt, VerdictRules.tooLarge(e));
    }
  }

  private void read(SignalContext context, Attempt attempt, ByteBuffer bytes) {
    context.clocks().bytes(context.nowNanos());
    if (!attempt.received(bytes)) {
      lifecycle.refuseSeam(context, attempt, "the bytes that were kept are not those that came");
      return;
    }
    attempt.sniff(bytes, stream.policy);
    try {
      attempt.decoder().feed(bytes);
      pull(context, attempt);
    } catch (FrameLimitException e) {
      onTransportFailure(context, attempt, VerdictRules.tooLarge(e));
    }
  }

  private void pull(SignalContext context, Attempt attempt) {
    while (!attempt.isClosed()) {
      var frame = attempt.decoder().poll();
      if (frame == null) {
        if (listener != null) {
          attempt.marks(listener, context.actions().size());
        }
        return;
      }
      frames++;
      attempt.framed(frame);
      stream.named(attempt, attempt.named(frame));
      attempt
          .reader()
          .read(
              frame,
              event -> {
                attempt.generation.read(frame);
                router.happened(context, attempt, event);
              });
      router.frameRead(context, attempt);
      attempt.tokens.frameRead();
      if (attempt.isClosed()) {
        return;
      }
      if (listener != null) {
        attempt.readOn(stream.choices);
        attempt.marks(listener, context.actions().size());
      }
      if (attempt.purpose() == Purpose.RESUME
          && attempt.reader().continuity() instanceof Continuity.Broken(var reason)) {
        lifecycle.refuseSeam(context, attempt, reason);
        return;
      }
      switch (attempt.reader().proof()) {
        // It may be withdrawn: no wait is shortened for it.
        case OPEN, TENTATIVE -> context.clocks().unproven(context.nowNanos());
        case PROVEN -> {
          if (attempt.isProven(stream.choices)) {
            context.clocks().proven(context.nowNanos());
          }
        }
        case CLOSED -> router.complete(context, attempt);
        case CLOSED_UNPROVEN -> {
          attempt.generation.closed();
          lifecycle.fail(context, attempt, VerdictRules.closedUnproven());
        }
      }
    }
  }

  private void ended(SignalContext context, Attempt attempt) {
    attempt.ended();
    try {
      attempt.decoder().endOfInput();
      pull(context, attempt);
    } catch (FrameLimitException e) {
      onTransportFailure(context, attempt, VerdictRules.tooLarge(e));
    }
    if (attempt.isClosed()) {
      return;
    }
    var rest = new ArrayList<StreamEvent>();
    Proof proof = attempt.reader().end(rest::add);
    for (var event : rest) {
      if (VerdictRules.countsAtEnd(proof, event)) {
        router.happened(context, attempt, event);
      }
    }
    router.frameRead(context, attempt);
    if (attempt.isClosed()) {
      return;
    }
    if (attempt.isProven(stream.choices)) {
      router.complete(context, attempt);
    } else if (attempt.purpose() == Purpose.POLL) {
      lifecycle.notYet(context, attempt);
    } else {
      lifecycle.fail(context, attempt, VerdictRules.endedUnproven(proof));
    }
  }

  /** The transport broke, or its data is too large to be read; a proven answer stays complete. */
  private void onTransportFailure(SignalContext context, Attempt attempt, Failure failure) {
    if (attempt.isProven(stream.choices)) {
      router.complete(context, attempt);
    } else {
      lifecycle.fail(context, attempt, failure);
    }
  }

  private void timerFired(SignalContext context, Attempt attempt) {
    if (context.clocks().isTotalOver(context.nowNanos())) {
      stream.drop(context, attempt);
      lifecycle.finish(
          context,
          Failure.permanent(
              Cause.DEADLINE_EXCEEDED,
              "not finished within " + stream.policy.timeouts().total().toMillis() + " ms"),
          null);
    } else if (context.clocks().isLingerOver(context.nowNanos())) {
      router.complete(context, attempt);
    } else {
      var expired = context.clocks().expired(context.nowNanos());
      if (expired != null) {
        onTransportFailure(context, attempt, expired);
      } else if (context.clocks().isHedgeOver(context.nowNanos())) {
        lifecycle.hedge(context);
      } else if (context.clocks().isSeamOver(context.nowNanos())) {
        router.timeUp(context, attempt);
      }
    }
  }
}
