package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.HttpErrors;
import dev.holdfast.core.dialect.Proof;
import dev.holdfast.core.frame.FrameLimitException;
import dev.holdfast.core.policy.RecoveryPolicy;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.Seam;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One stream: signals in, actions out. Owns no thread, socket, clock or logger, and is not
 * thread-safe; time and chance are arguments.
 *
 * <p>After every signal, perform all actions before the next signal. Exactly one {@link
 * Action.Finish} is ever returned, and nothing after it. Every phase and signal stands in {@code
 * fixtures/engine/transitions.txt}.
 */
public final class StreamMachine {
  private final StreamPlan plan;
  private final StreamPolicy policy;
  private final Recovery recovery;
  private final Delivery delivery;
  private final Ledger ledger = new Ledger();
  private final int choices;

  private Phase phase = new Phase.Idle();
  private Clocks clocks;
  private long timer = Clocks.NEVER;

  // Valid during one call of on().
  private List<Action> actions = new ArrayList<>();
  private long now;
  private boolean retryAllowed;

  /**
   * A machine for one stream.
   *
   * @param random spreads retries; the only source of chance
   * @throws IllegalArgumentException if the plan's body is not a JSON object
   */
  public StreamMachine(StreamPlan plan, RandomGenerator random) {
    this.plan = plan;
    this.policy = plan.policy();
    this.delivery = new Delivery(policy.recovery());
    var facts = plan.dialect().facts(plan.body());
    this.choices = facts.choices();
    this.recovery = new Recovery(plan, facts, delivery, random);
    this.clocks = new Clocks(policy.timeouts(), 0);
  }

  /**
   * {@return what to do now, in this order}
   *
   * @param nowNanos never less than in the call before; starts near zero
   * @param retryAllowed whether the upstream's {@link RetryBudget} allows another attempt
   * @throws IllegalStateException if the driver breaks the contract, naming signal and phase
   */
  public List<Action> on(Signal signal, long nowNanos, boolean retryAllowed) {
    this.actions = new ArrayList<>();
    this.now = nowNanos;
    this.retryAllowed = retryAllowed;
    if (signal instanceof Signal.TimerFired) {
      timer = Clocks.NEVER; // It is spent, even if it fired early.
    }
    switch (phase) {
      case Phase.Idle() -> whenIdle(signal);
      case Phase.Opening(var attempt) -> whenOpening(attempt, signal);
      case Phase.Rejecting(var attempt, var body) -> whenRejecting(attempt, body, signal);
      case Phase.Streaming(var attempt) -> whenReading(attempt, signal);
      case Phase.Joining(var attempt, var stitcher) -> whenReading(attempt, signal);
      case Phase.Waiting(var next, var until) -> whenWaiting(next, until, signal);
      case Phase.Closed() -> {
        // Late signals are a fact of networks, not a bug.
      }
    }
    setTimer();
    return actions;
  }

  /** {@return whether the outcome has been told} */
  public boolean isClosed() {
    return phase instanceof Phase.Closed;
  }

  Phase phase() {
    return phase;
  }

  // ---------------------------------------------------------------- phases

  private void whenIdle(Signal signal) {
    switch (signal) {
      case Signal.Begin() -> {
        clocks = new Clocks(policy.timeouts(), now);
        open(new NextAttempt(1, plan.body(), null, 0));
      }
      case Signal.Cancelled() -> cancel(null);
      default -> throw new IllegalStateException(signal + " in " + phase);
    }
  }

  private void whenOpening(Attempt attempt, Signal signal) {
    switch (signal) {
      case Signal.HeadersArrived(int number, var head, long epochMillis)
          when number == attempt.number() ->
          answered(attempt, head, epochMillis);
      case Signal.EndOfBody(int number) when number == attempt.number() ->
          fail(attempt, Failure.passing(Cause.CONNECTION_FAILED, "no response"));
      case Signal.Failed(int number, var failure) when number == attempt.number() ->
          fail(attempt, failure);
      case Signal.TimerFired() -> timerFired(attempt);
      default -> common(attempt, signal);
    }
  }

  private void whenRejecting(Attempt attempt, ErrorBody body, Signal signal) {
    switch (signal) {
      case Signal.BytesArrived(int number, var bytes) when number == attempt.number() -> {
        attempt.received(bytes.remaining());
        body.add(bytes);
        if (body.isFull()) {
          rejected(attempt, body);
        }
      }
      case Signal.EndOfBody(int number) when number == attempt.number() -> rejected(attempt, body);
      case Signal.Failed(int number, var failure) when number == attempt.number() ->
          rejected(attempt, body);
      case Signal.TimerFired() -> {
        if (clocks.isLingerOver(now) || clocks.isTotalOver(now)) {
          rejected(attempt, body);
        }
      }
      default -> common(attempt, signal);
    }
  }

  private void whenReading(Attempt attempt, Signal signal) {
    switch (signal) {
      case Signal.BytesArrived(int number, var bytes) when number == attempt.number() ->
          read(attempt, bytes);
      case Signal.EndOfBody(int number) when number == attempt.number() -> ended(attempt);
      case Signal.Failed(int number, var failure) when number == attempt.number() ->
          lost(attempt, failure);
      case Signal.TimerFired() -> timerFired(attempt);
      default -> common(attempt, signal);
    }
  }

  private void whenWaiting(NextAttempt next, long untilNanos, Signal signal) {
    if (signal instanceof Signal.TimerFired && now >= untilNanos) {
      open(next);
    } else {
      common(null, signal);
    }
  }

  /** What every open phase does alike. Signals of attempts that are over come to nothing. */
  private void common(@Nullable Attempt attempt, Signal signal) {
    switch (signal) {
      case Signal.Paused() -> clocks.pause(now);
      case Signal.Demand() -> clocks.resume(now);
      case Signal.Cancelled() -> cancel(attempt);
      case Signal.Begin() -> throw new IllegalStateException(signal + " in " + phase);
      case Signal.HeadersArrived late -> {}
      case Signal.BytesArrived late -> {}
      case Signal.EndOfBody late -> {}
      case Signal.Failed late -> {}
      case Signal.TimerFired early -> {}
    }
  }

  // ---------------------------------------------------------------- one attempt

  private void open(NextAttempt next) {
    var attempt =
        new Attempt(
            next,
            plan.dialect().newDecoder(policy.limits()),
            plan.dialect().newReader(policy.completion()),
            now);
    phase = new Phase.Opening(attempt);
    clocks.opened(now);
    actions.add(new Action.OpenAttempt(next.number(), next.body(), next.number() - 1));
  }

  private void answered(Attempt attempt, ResponseHead head, long epochMillis) {
    attempt.answered(head.status());
    clocks.bytes(now);
    if (!head.isSuccess()) {
      clocks.errorBody(now);
      phase = new Phase.Rejecting(attempt, new ErrorBody(head, epochMillis));
      return;
    }
    String coding = head.header("content-encoding");
    if (!coding.isEmpty() && !coding.equalsIgnoreCase("identity")) {
      fail(
          attempt,
          Failure.lasting(
              Cause.MALFORMED_FRAME, "content-encoding: must be identity, was " + coding));
      return;
    }
    var rung = attempt.rung();
    phase =
        rung == null
            ? new Phase.Streaming(attempt)
            : new Phase.Joining(
                attempt,
                new Stitcher(
                    delivery.text(),
                    rung,
                    attempt.plan.start(),
                    policy.recovery().holdBackChars()));
  }

  private void rejected(Attempt attempt, ErrorBody body) {
    told(attempt, HttpErrors.classify(body.head(), body.toByteArray(), body.epochMillis()));
  }

  /** The provider reported an error, by its status or inside the stream. */
  private void told(Attempt attempt, Failure failure) {
    var rung = attempt.rung();
    boolean begun = phase instanceof Phase.Streaming;
    if (rung == null || rung == Rung.REPLAY || begun || !Recovery.refusesToContinue(failure)) {
      fail(attempt, failure);
      return;
    }
    if (Recovery.saysNoSuchRung(failure)) {
      actions.add(new Action.Forget(rung));
    }
    retire(attempt, failure);
    follow(recovery.afterRefusal(rung, failure, retryAllowed, clocks.totalLeft(now)));
  }

  private void read(Attempt attempt, ByteBuffer bytes) {
    attempt.received(bytes.remaining());
    clocks.bytes(now);
    try {
      attempt.decoder.feed(bytes);
      pull(attempt);
    } catch (FrameLimitException e) {
      fail(attempt, Failure.passing(Cause.LIMIT_EXCEEDED, String.valueOf(e.getMessage())));
    }
  }

  private void pull(Attempt attempt) {
    while (!attempt.over) {
      var frame = attempt.decoder.poll();
      if (frame == null) {
        return;
      }
      attempt.reader.read(frame, event -> happened(attempt, event));
      if (attempt.over) {
        return;
      }
      switch (attempt.reader.proof()) {
        case OPEN -> clocks.unproven(now);
        case PROVEN -> {
          if (attempt.isProven(choices)) {
            clocks.proven(now);
          }
        }
        case CLOSED -> complete(attempt);
        case CLOSED_UNPROVEN ->
            fail(
                attempt,
                Failure.passing(Cause.TRUNCATED, "the closing marker came without a finish"));
      }
    }
  }

  private void ended(Attempt attempt) {
    try {
      attempt.decoder.endOfInput();
      pull(attempt);
    } catch (FrameLimitException e) {
      fail(attempt, Failure.passing(Cause.LIMIT_EXCEEDED, String.valueOf(e.getMessage())));
    }
    if (attempt.over) {
      return;
    }
    Proof proof = attempt.reader.end(event -> happened(attempt, event));
    if (attempt.over) {
      return;
    }
    if (attempt.isProven(choices)) {
      complete(attempt);
    } else {
      String missing = proof.isProven() ? "a choice that was asked for" : "proof of completion";
      fail(attempt, Failure.passing(Cause.TRUNCATED, "the body ended without " + missing));
    }
  }

  /** The transport broke; an answer already proven complete is not hurt by that. */
  private void lost(Attempt attempt, Failure failure) {
    if (attempt.isProven(choices)) {
      complete(attempt);
    } else {
      fail(attempt, failure);
    }
  }

  private void timerFired(Attempt attempt) {
    if (clocks.isTotalOver(now)) {
      retire(attempt, null);
      finish(
          Failure.lasting(
              Cause.DEADLINE_EXCEEDED,
              "not finished within " + policy.timeouts().total().toMillis() + " ms"),
          null);
    } else if (clocks.isLingerOver(now)) {
      complete(attempt);
    } else {
      var expired = clocks.expired(now);
      if (expired != null) {
        lost(attempt, expired);
      } else if (clocks.isSeamOver(now) && phase instanceof Phase.Joining(var same, var stitcher)) {
        clocks.seamClosed();
        decided(attempt, stitcher.timeUp());
      }
    }
  }

  // ---------------------------------------------------------------- events

  private void happened(Attempt attempt, StreamEvent event) {
    if (attempt.over) {
      return;
    }
    if (event.isContent()) {
      attempt.sawContent(now);
      clocks.content(now);
    }
    switch (event) {
      case StreamEvent.Started started -> {
        if (delivery.start()) {
          deliver(started);
        }
      }
      case StreamEvent.TextDelta delta -> text(attempt, delta);
      case StreamEvent.ReasoningDelta delta -> {
        if (delivery.acceptsReasoning(attempt.number())) {
          attempt.fruitful = true;
          delivery.reasoning(attempt.number(), delta.choice());
          deliver(delta);
        }
      }
      case StreamEvent.RefusalDelta delta -> {
        if (isUndecided(attempt)) {
          refuseSeam(attempt, "the continuation is a refusal");
        } else if (!attempt.over) {
          attempt.fruitful = true;
          delivery.refusal(attempt.number(), delta.choice());
          deliver(delta);
        }
      }
      case StreamEvent.ToolCallDelta delta -> toolCall(attempt, delta);
      case StreamEvent.Usage usage -> attempt.usage = usage.tokens();
      case StreamEvent.Finished finished ->
          attempt.finishes.put(finished.choice(), finished.finish());
      case StreamEvent.DoneMarker marker -> {}
      case StreamEvent.Heartbeat heartbeat -> deliver(heartbeat);
      case StreamEvent.Opaque opaque -> deliver(opaque);
      case StreamEvent.ErrorReported error -> told(attempt, error.failure());
      case StreamEvent.FrameRejected rejected -> malformed(attempt, rejected);
      case StreamEvent.Warned warned -> warn(warned);
      case StreamEvent.ToolCallReady ready -> throw new IllegalStateException(event + " read");
      case StreamEvent.AttemptFailed failed -> throw new IllegalStateException(event + " read");
      case StreamEvent.Retrying retrying -> throw new IllegalStateException(event + " read");
      case StreamEvent.SeamMarked marked -> throw new IllegalStateException(event + " read");
    }
  }

  private void text(Attempt attempt, StreamEvent.TextDelta delta) {
    if (delta.choice() != 0 && phase instanceof Phase.Joining) {
      refuseSeam(attempt, "the continuation has several choices");
    } else if (phase instanceof Phase.Joining(var same, var stitcher)) {
      clocks.seamOpened(policy.recovery().holdBack(), now);
      decided(attempt, stitcher.feed(delta.text()));
    } else {
      attempt.fruitful = true;
      delivery.text(attempt.number(), delta);
      deliver(delta);
    }
  }

  private void toolCall(Attempt attempt, StreamEvent.ToolCallDelta delta) {
    switch (policy.recovery().tools()) {
      case WHOLE -> attempt.toolCalls.add(delta);
      case LIVE -> {
        if (isUndecided(attempt)) {
          refuseSeam(attempt, "the continuation calls a tool before the seam is decided");
        } else if (!attempt.over) {
          attempt.fruitful = true;
          attempt.toolCalls.add(delta);
          delivery.liveTool(attempt.number());
          deliver(delta);
        }
      }
    }
  }

  private void malformed(Attempt attempt, StreamEvent.FrameRejected rejected) {
    if (attempt.isProven(choices)) {
      // Nothing that matters can be lost behind the proof.
      warn(new StreamEvent.Warned(rejected.failure().cause(), rejected.failure().detail()));
      return;
    }
    switch (policy.recovery().malformed()) {
      case RECOVER -> fail(attempt, rejected.failure());
      case SKIP -> {
        ledger.warning(rejected.failure().cause());
        deliver(rejected);
      }
      case FAIL -> {
        retire(attempt, rejected.failure());
        finish(rejected.failure(), null);
      }
    }
  }

  // ---------------------------------------------------------------- seams

  /** Whether the seam is still open; where there is no text to join to, it is closed here. */
  private boolean isUndecided(Attempt attempt) {
    if (phase instanceof Phase.Joining(var same, var stitcher)) {
      decided(attempt, stitcher.pause());
    }
    return phase instanceof Phase.Joining;
  }

  private void decided(Attempt attempt, Stitcher.Decision decision) {
    switch (decision) {
      case Stitcher.Decision.Hold() -> {}
      case Stitcher.Decision.Join(var text, int overlap) -> join(attempt, text, overlap);
      case Stitcher.Decision.Refuse(var reason) -> refuseSeam(attempt, reason);
    }
  }

  private void join(Attempt attempt, String text, int overlap) {
    clocks.seamClosed();
    phase = new Phase.Streaming(attempt);
    var rung = attempt.rung() == null ? Rung.REPLAY : attempt.rung();
    var seam = new Seam(delivery.length(), rung, attempt.number(), overlap);
    delivery.seam(seam);
    deliver(new StreamEvent.SeamMarked(seam));
    if (!text.isEmpty()) {
      text(attempt, new StreamEvent.TextDelta(0, text));
    }
  }

  private void refuseSeam(Attempt attempt, String reason) {
    // Lasting, so that the upstream's budget is not charged for what its model wrote.
    var failure = Failure.lasting(Cause.SEAM_REFUSED, reason);
    retire(attempt, failure);
    follow(recovery.afterRefusal(attempt.rung(), failure, retryAllowed, clocks.totalLeft(now)));
  }

  // ---------------------------------------------------------------- ends

  private void complete(Attempt attempt) {
    if (phase instanceof Phase.Joining(var same, var stitcher)) {
      decided(attempt, stitcher.end());
      if (attempt.over) {
        return;
      }
    }
    var cut = attempt.toolCalls.cut();
    if (!cut.isEmpty() && !toolCallsMayBeCut(attempt)) {
      fail(attempt, Failure.passing(Cause.MALFORMED_JSON, cut.getFirst()));
      return;
    }
    cut.forEach(detail -> warn(new StreamEvent.Warned(Cause.MALFORMED_JSON, detail)));
    if (attempt.finishes.size() < choices && choices > 1) {
      warn(new StreamEvent.Warned(Cause.PROTOCOL_VIOLATION, "fewer choices came than asked for"));
    }
    if (!attempt.reader.proof().isClosed()) {
      warn(new StreamEvent.Warned(Cause.MISSING_DONE, "finish seen, closing marker not"));
    }
    var toolCalls = attempt.toolCalls.whole();
    toolCalls.forEach(call -> deliver(new StreamEvent.ToolCallReady(call)));
    retire(attempt, null);
    var usage = ledger.usage();
    if (usage != null) {
      deliver(new StreamEvent.Usage(usage));
    }
    attempt.finishes.forEach((choice, finish) -> deliver(new StreamEvent.Finished(choice, finish)));
    actions.add(new Action.Score(true));
    close(new Verdict.Complete(), null, null, attempt.finishes, toolCalls);
  }

  /** A limit or a filter explains a cut call, and whoever asked for fragments has had them all. */
  private boolean toolCallsMayBeCut(Attempt attempt) {
    return policy.recovery().tools() == RecoveryPolicy.Tools.LIVE
        || attempt.finishes.values().stream().anyMatch(Finish::isEarly);
  }

  private void fail(Attempt attempt, Failure failure) {
    retire(attempt, failure);
    follow(recovery.after(failure, retryAllowed, clocks.totalLeft(now)));
  }

  /** Ends an attempt, whatever comes next. */
  private void retire(Attempt attempt, @Nullable Failure failure) {
    attempt.over = true;
    clocks.closed();
    actions.add(new Action.CloseAttempt(attempt.number()));
    ledger.attempt(attempt, failure, now);
    recovery.ended(attempt);
    if (failure != null) {
      deliver(new StreamEvent.AttemptFailed(attempt.number(), failure));
      if (failure.mayHeal()) {
        actions.add(new Action.Score(false));
      }
    }
  }

  private void follow(Recovery.Decision decision) {
    switch (decision) {
      case Recovery.Decision.Go(var next, var delay, int retry) -> {
        var rung = next.rung() == null ? Rung.REPLAY : next.rung();
        deliver(new StreamEvent.Retrying(retry, policy.retry().maxAttempts(), delay, rung));
        if (delay.isZero()) {
          open(next);
        } else {
          phase = new Phase.Waiting(next, now + delay.toNanos());
        }
      }
      case Recovery.Decision.Stop(var blamed, var stoppedBy, var reason) -> {
        if (!reason.isEmpty()) {
          warn(new StreamEvent.Warned(Cause.SEAM_REFUSED, reason));
        }
        finish(blamed, stoppedBy);
      }
    }
  }

  private void cancel(@Nullable Attempt attempt) {
    if (attempt != null) {
      retire(attempt, null);
    }
    close(new Verdict.Cancelled(), null, null, new TreeMap<>(), List.of());
  }

  private void finish(Failure failure, @Nullable Cause stoppedBy) {
    close(Verdicts.of(failure.cause()), failure, stoppedBy, new TreeMap<>(), List.of());
  }

  private void close(
      Verdict verdict,
      @Nullable Failure failure,
      @Nullable Cause stoppedBy,
      SortedMap<Integer, Finish> finishes,
      List<ToolCall> toolCalls) {
    phase = new Phase.Closed();
    clocks.closed();
    actions.add(
        new Action.Finish(
            ledger.ending(verdict, failure, stoppedBy, finishes, toolCalls, delivery)));
  }

  private void warn(StreamEvent.Warned warned) {
    ledger.warning(warned.cause());
    deliver(warned);
  }

  private void deliver(StreamEvent event) {
    actions.add(new Action.Deliver(event));
  }

  private void setTimer() {
    long due = phase.due(clocks);
    if (due != timer) {
      timer = due;
      if (!(phase instanceof Phase.Closed)) {
        actions.add(new Action.SetTimer(due));
      }
    }
  }
}
