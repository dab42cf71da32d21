package dev.holdfast.core.engine;

import dev.holdfast.core.continuation.OutputLimit;
import dev.holdfast.core.continuation.PrefillEcho;
import dev.holdfast.core.dialect.Continuity;
import dev.holdfast.core.dialect.TokenCount;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.verdict.VerdictRules;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** The state of a stream and its next step: another attempt, or the end. */
final class StreamLifecycle {
  private static final Finish LENGTH = new Finish(Finish.Reason.LENGTH, "length");

  final StreamPolicy policy;
  final Delivery delivery;
  final int choices;

  /** Of the answer's length, over all attempts. */
  final OutputLimit limit;

  /** What a server repeats of the words to continue from. */
  final PrefillEcho echo;

  final Recovery recovery;
  private final EndingCollector ledger = new EndingCollector();
  private final KeptGenerations running;

  /** Removes secrets from all that leaves. */
  final Redactor redactor;

  final Lanes lanes;

  private boolean hedged;

  /** What a resumed answer waits for: its document shows whether it is whole. */
  private boolean confirming;

  /** The attempt that ended it, if its numbers prove it where no document does. */
  private @Nullable Attempt unconfirmed;

  private long timer = Clocks.NEVER;

  /** Frames read so far, over all attempts. */
  long frames;

  StreamLifecycle(StreamPlan plan, RandomGenerator random) {
    this.policy = plan.policy();
    this.redactor =
        plan.redactor().withTexts(plan.upstreams().stream().map(UpstreamPlan::body).toList());
    this.delivery = new Delivery(policy.recovery());
    var first = plan.upstreams().getFirst();
    var facts = first.dialect().facts(first.body());
    var count = first.capability().count();
    this.limit = new OutputLimit(facts.maxTokens(), count);
    this.echo = new PrefillEcho(facts.begun(), count == TokenCount.TIMINGS);
    this.recovery = new Recovery(plan, facts, delivery, limit, echo, random);
    this.choices = recovery.choices();
    this.running = new KeptGenerations(choices);
    this.lanes = new Lanes(policy.timeouts());
  }

  /** {@return a signal that has come, with the lane that it is about} */
  SignalContext signalled(Signal signal, long nowNanos, Availability.Lookup standings) {
    if (signal instanceof Signal.TimerFired) {
      timer = Clocks.NEVER; // It is spent, even if it fired early.
    }
    return new SignalContext(lanes.of(signal), nowNanos, standings);
  }

  /** {@return the actions that a signal results in, in order} */
  List<Action> actions(SignalContext context) {
    stopUnused(context);
    long due = lanes.due();
    if (due != timer) {
      timer = due;
      if (!(lanes.latest().phase() instanceof Phase.Closed)) {
        context.add(new Action.SetTimer(due));
      }
    }
    return context.actions();
  }

  /** Stops kept generations without a use, before anything takes their place. */
  private void stopUnused(SignalContext context) {
    var stops =
        running.release(generation -> lanes.read(generation, recovery.broken()), recovery::address);
    if (!stops.isEmpty()) {
      var actions = context.actions();
      int at = 0;
      while (at < actions.size()
          && !(actions.get(at) instanceof Action.OpenAttempt)
          && !(actions.get(at) instanceof Action.Finish)) {
        at++;
      }
      actions.addAll(at, stops);
    }
  }

  // ---------------------------------------------------------------- attempts

  void begin(SignalContext context) {
    context.clocks().begun(context.nowNanos());
    switch (recovery.begin(moment(context))) {
      case Recovery.Decision.Retry(var next, var delay, int retry) -> open(context, next);
      case Recovery.Decision.GiveUp(var blamed, var stoppedBy, var reason) ->
          finish(context, blamed, stoppedBy);
    }
  }

  /** The first token is slow: opens a hedge beside the attempt. */
  void hedge(SignalContext context) {
    context.clocks().hedged();
    var next = recovery.hedge(moment(context));
    if (next == null) {
      return;
    }
    hedged = true;
    open(context.in(lanes.hedged(context.lane())), next);
    context.add(new Action.ReportHealth(next.upstream(), new AttemptResult.Hedged()));
  }

  /** A wait is over. */
  void waited(SignalContext context, NextAttempt next) {
    var at = moment(context);
    if (recovery.isDue(next, at)) {
      open(context, next);
    } else {
      follow(context, recovery.afterWait(at));
    }
  }

  private void open(SignalContext context, NextAttempt next) {
    var answer = next.call().answer();
    var generation = generation(next);
    long allowance = limit.allowance(next.rung(), next.start());
    var decoder = answer.newDecoder(policy.limits());
    var attempt = new Attempt(next, decoder, generation, allowance, context.nowNanos());
    var keeping = recovery.keeping(next, generation);
    if (keeping != null) {
      running.begun(generation, next.upstream(), keeping);
    }
    recovery.opened(next);
    context.lane().opened(attempt, context.nowNanos());
    if (next.rung() == null && !hedged) {
      context.clocks().hedgeable(policy.failover().hedgeAfter(), context.nowNanos());
    }
    context.add(
        new Action.OpenAttempt(next.number(), next.upstream(), next.call(), next.number() - 1));
  }

  private static Recovery.Moment moment(SignalContext context) {
    long now = context.nowNanos();
    return new Recovery.Moment(now, context.clocks().totalLeft(now), context.standings());
  }

  /** An attempt has brought content: another one at the same time is not needed. */
  void sawContent(SignalContext context, Attempt attempt) {
    context.clocks().content(context.nowNanos());
    if (attempt.sawContent(context.nowNanos())) {
      dropOther(context);
      context.report(attempt, new AttemptResult.Content());
    }
  }

  private Generation generation(NextAttempt next) {
    var broken = recovery.broken();
    if (next.purpose() == Purpose.RESUME && broken != null) {
      broken.resumed();
      return broken;
    }
    var reader = next.call().answer().newReader(policy.completion());
    // Only a request from the start of the answer proves the name.
    boolean named = next.rung() == null || next.rung() == Rung.REPLAY;
    return new Generation(
        next.number(), next.rung() == null, reader, named ? recovery.name(next) : null);
  }

  /** The response head of an attempt has come. */
  void answered(SignalContext context, Attempt attempt, ResponseHead head) {
    attempt.answered(head);
    int upstream = attempt.plan.upstream();
    recovery.answered(upstream);
    switch (attempt.purpose()) {
      case ANSWER -> attempt.generation.answered();
      case RESUME -> {
        if (head.isSuccess() && recovery.isNewAddress(upstream)) {
          context.add(new Action.Remember(upstream, recovery.address(upstream)));
        }
      }
      case TOKENS, COUNT, POLL -> {}
    }
  }

  /** {@return whether a document was requested, and this is another answer's} */
  boolean isForeign(Attempt attempt, String id) {
    return attempt.purpose() == Purpose.POLL && recovery.isForeign(id);
  }

  /** A server names itself: it is continued as such from now on, unless that is decided. */
  void named(Attempt attempt, String server) {
    var profile = server.isEmpty() ? null : recovery.recognise(attempt, server);
    if (profile != null) {
      attempt.recognised(profile.name());
      var count = profile.capability().count();
      limit.countedBy(count);
      echo.known(count == TokenCount.TIMINGS);
    }
  }

  /** The token ids, or their number, have arrived that the next attempt needs. */
  void prepared(SignalContext context, Attempt attempt, String tokens) {
    NextAttempt next;
    try {
      next = recovery.completing(attempt, tokens);
    } catch (IllegalArgumentException e) {
      refuse(context, attempt, Cause.PROTOCOL_VIOLATION, String.valueOf(e.getMessage()));
      return;
    }
    retire(context, attempt, null);
    context.report(
        attempt,
        new AttemptResult.Content()); // The upstream is alive; no content was requested of it.
    open(context, next);
  }

  /** The requested generation is still under way. */
  void notYet(SignalContext context, Attempt attempt) {
    retire(context, attempt, null);
    context.report(attempt, new AttemptResult.Content());
    follow(context, recovery.notYet(moment(context)));
  }

  /** The provider reported an error, by its status or inside the stream. */
  void onProviderError(SignalContext context, Attempt attempt, Failure said) {
    Failure failure = redactor.failure(said);
    if (attempt.purpose() != Purpose.RESUME
        && context.phase() instanceof Phase.Rejecting
        && VerdictRules.isOver(failure)) {
      // An error inside a stream may be a gateway's, while the provider writes on.
      attempt.generation.ended();
    }
    var rung = attempt.rung();
    boolean resumed = attempt.purpose() == Purpose.RESUME && !attempt.hasContent();
    boolean begun = context.phase() instanceof Phase.Streaming && !resumed;
    if (rung == null || rung == Rung.REPLAY || begun || !Recovery.refusesToContinue(failure)) {
      if (!(context.phase() instanceof Phase.Rejecting)) {
        // An error inside a stream concerns the generation, any other the request.
        attempt.generation.unresumable();
      }
      fail(context, attempt, failure);
      return;
    }
    // A cursor that has expired proves nothing about the next one.
    if (rung != Rung.CURSOR
        && attempt.purpose() != Purpose.COUNT
        && Recovery.saysNoSuchRung(failure)) {
      context.add(new Action.DisableRung(attempt.plan.upstream(), rung));
    }
    retire(context, attempt, failure);
    follow(context, recovery.afterRefusal(attempt, failure, moment(context)));
  }

  void fail(SignalContext context, Attempt attempt, Failure told) {
    var failure = redactor.failure(attempt.explained(told));
    attempt.generation.failed(failure);
    if (failure.isStarting() && attempt.purpose() == Purpose.ANSWER) {
      attempt.generation.ended();
    }
    retire(context, attempt, failure);
    if (lanes.beside(context.lane()) != null) {
      if (!failure.isRetryable()) {
        recovery.giveUp(attempt.plan.upstream(), failure);
      }
      lanes.remove(context.lane()); // The other attempt is alone now.
      return;
    }
    if (failure.isRetryable() && choices == 1 && limit.isReached() && !recovery.isDoubtful()) {
      atLimit(context, attempt); // Nothing is left to request.
      return;
    }
    follow(context, recovery.after(attempt.plan.upstream(), failure, moment(context)));
  }

  /** A continuation does not fit what was delivered. */
  void refuseSeam(SignalContext context, Attempt attempt, String reason) {
    refuse(context, attempt, Cause.SEAM_REFUSED, reason);
  }

  private void refuse(SignalContext context, Attempt attempt, Cause cause, String reason) {
    if (attempt.purpose() == Purpose.POLL && isExtended()) {
      // What a resumed body brought is not what the provider keeps, and was handed on.
      delivery.doubt();
      var failure =
          Failure.permanent(Cause.PROTOCOL_VIOLATION, "the kept answer is another: " + reason);
      retire(context, attempt, failure);
      finish(context, failure, null);
      return;
    }
    // Lasting, so that the upstream's budget is not charged for what its model wrote.
    var failure = Failure.permanent(cause, reason);
    retire(context, attempt, failure);
    follow(context, recovery.afterRefusal(attempt, failure, moment(context)));
  }

  /** Ends an attempt, for every next step. */
  void retire(SignalContext context, Attempt attempt, @Nullable Failure failure) {
    context.lane().retired(attempt);
    context.add(new Action.CloseAttempt(attempt.number()));
    ledger.attempt(attempt, recovery.nameOf(attempt.plan), failure, context.nowNanos());
    if (failure != null) {
      boolean waits = recovery.waitsOut(attempt, failure, context.standings());
      if (waits) {
        recovery.waits(attempt, failure, context.nowNanos());
      } else {
        recovery.failed(attempt, failure, context.nowNanos());
      }
      context.deliver(new StreamEvent.AttemptFailed(attempt.number(), failure));
      context.report(
          attempt,
          waits
              ? new AttemptResult.Starting()
              : new AttemptResult.Failed(failure, attempt.hasContent()));
    }
  }

  /** Ends an attempt without blaming its upstream. */
  void drop(SignalContext context, Attempt attempt) {
    retire(context, attempt, null);
    context.report(attempt, new AttemptResult.Dropped());
  }

  /** Ends the attempt beside that of a signal, if there is one: it is not needed. */
  private void dropOther(SignalContext context) {
    var other = lanes.beside(context.lane());
    if (other != null) {
      lanes.remove(other);
      drop(context.in(other), Objects.requireNonNull(other.attempt()));
    }
  }

  private boolean isExtended() {
    var broken = recovery.broken();
    return broken != null && broken.isExtended();
  }

  private void follow(SignalContext context, Recovery.Decision decision) {
    boolean polls =
        decision instanceof Recovery.Decision.Retry(var next, var delay, int retry)
            && next.purpose() == Purpose.POLL;
    if (confirming && !polls) {
      confirming = false;
      if (unconfirmed != null) {
        conclude(context, unconfirmed);
        return;
      }
    }
    switch (decision) {
      case Recovery.Decision.Retry(var next, var delay, int retry) -> {
        var rung = next.rung() == null ? Rung.REPLAY : next.rung();
        context.deliver(new StreamEvent.Retrying(retry, policy.retry().maxAttempts(), delay, rung));
        if (delay.isZero()) {
          open(context, next);
        } else {
          context.lane().waiting(next, context.nowNanos() + delay.toNanos());
        }
      }
      case Recovery.Decision.GiveUp(var blamed, var stoppedBy, var reason) -> {
        if (!reason.isEmpty()) {
          var cause = stoppedBy == null ? Cause.SEAM_REFUSED : stoppedBy;
          warn(context, new StreamEvent.Warned(cause, reason));
        }
        finish(context, blamed, stoppedBy);
      }
    }
  }

  // ---------------------------------------------------------------- ends

  /** A continuation goes beyond what the request allows: there the answer ends. */
  void reachedLimit(SignalContext context, Attempt attempt) {
    retire(context, attempt, null);
    context.report(attempt, new AttemptResult.Whole());
    atLimit(context, attempt);
  }

  /** Ends as an uncut answer would that came to its limit. */
  private void atLimit(SignalContext context, Attempt attempt) {
    attempt.limited(LENGTH);
    finish(context, attempt.finishes());
    close(context, new Verdict.Complete(), null, null, attempt.finishes(), List.of());
  }

  /** An answer whose seam is decided is proven complete. */
  void complete(SignalContext context, Attempt attempt) {
    var finish = attempt.finishes().get(0);
    if (finish != null
        && finish.reason() == Finish.Reason.STOP
        && limit.governs(attempt.rung())
        && (limit.isCounted() || attempt.isSpent())) {
      // It may have been asked for some tokens too many, and some servers call any end a stop.
      attempt.finished(0, LENGTH);
    }
    if (attempt.purpose() == Purpose.RESUME
        && !(attempt.reader().continuity() instanceof Continuity.Shown)) {
      confirm(context, attempt);
      return;
    }
    var failure = attempt.completion(choices).failure();
    if (failure != null) {
      attempt.generation.unresumable(); // There is nothing after its proof.
      fail(context, attempt, failure);
      return;
    }
    conclude(context, attempt);
  }

  /**
   * A resumed answer has come to its end, and nothing repeated its text: the document that the
   * provider keeps shows whether it is whole. Where there is none, consecutive numbers do.
   */
  private void confirm(SignalContext context, Attempt attempt) {
    retire(context, attempt, null);
    context.report(attempt, new AttemptResult.Content());
    confirming = true;
    boolean numbered = attempt.reader().continuity() instanceof Continuity.Numbered;
    boolean fit = attempt.completion(choices).failure() == null;
    unconfirmed = numbered && fit ? attempt : null;
    var next = recovery.confirming();
    if (next != null) {
      open(context, next);
    } else {
      follow(context, recovery.unconfirmed(moment(context)));
    }
  }

  private void conclude(SignalContext context, Attempt attempt) {
    var broken = recovery.broken();
    if (attempt.purpose() == Purpose.POLL && broken != null) {
      broken.ended(); // Its document is whole.
    }
    var completion = attempt.completion(choices);
    completion.warnings().forEach(warning -> warn(context, warning));
    var toolCalls = completion.toolCalls();
    toolCalls.forEach(call -> context.deliver(new StreamEvent.ToolCallReady(call)));
    attempt.deliveredTools();
    if (!attempt.isClosed()) {
      retire(context, attempt, null);
    }
    finish(context, attempt.finishes());
    if (!attempt.hasContent()) {
      context.report(attempt, new AttemptResult.Content()); // An empty answer is one, too.
    }
    context.report(attempt, new AttemptResult.Whole());
    close(context, new Verdict.Complete(), null, null, attempt.finishes(), toolCalls);
  }

  private void finish(SignalContext context, SortedMap<Integer, Finish> finishes) {
    var usage = ledger.usage();
    if (usage != null) {
      context.deliver(new StreamEvent.Usage(usage));
    }
    finishes.forEach((choice, finish) -> context.deliver(new StreamEvent.Finished(choice, finish)));
  }

  void cancel(SignalContext context, @Nullable Attempt attempt) {
    if (attempt != null) {
      drop(context, attempt);
    }
    close(context, new Verdict.Cancelled(), null, null, new TreeMap<>(), List.of());
  }

  void finish(SignalContext context, Failure failure, @Nullable Cause stoppedBy) {
    close(context, Verdict.of(failure.cause()), failure, stoppedBy, new TreeMap<>(), List.of());
  }

  private void close(
      SignalContext context,
      Verdict verdict,
      @Nullable Failure failure,
      @Nullable Cause stoppedBy,
      SortedMap<Integer, Finish> finishes,
      List<ToolCall> toolCalls) {
    dropOther(context);
    if (!(verdict instanceof Verdict.Complete) && recovery.isDoubtful()) {
      delivery.doubt();
    }
    context.lane().closed();
    context.add(
        new Action.Finish(
            ledger.ending(verdict, failure, stoppedBy, finishes, toolCalls, delivery)));
  }

  // ---------------------------------------------------------------- the consumer

  /** A frame that cannot be read is passed over. */
  void skip(SignalContext context, Attempt attempt, StreamEvent.FrameRejected rejected) {
    attempt.generation.passedOver(rejected.failure());
    ledger.warning(rejected.failure().cause());
    context.deliver(rejected);
  }

  void warn(SignalContext context, StreamEvent.Warned warned) {
    ledger.warning(warned.cause());
    context.deliver(warned);
  }
}
