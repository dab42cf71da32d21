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
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The state of a stream and its next step: another attempt, or the end. Gathers the actions of one
 * signal.
 */
final class StreamLifecycle {
  private static final Finish LENGTH = new Finish(Finish.Reason.LENGTH, "length");

  final StreamPolicy policy;
  final Delivery delivery;
  final int choices;

  /** Of the answer's length, over all attempts. */
  final OutputLimit limit;

  /** What a server repeats of the words to continue from. */
  final PrefillEcho echo;

  private final Recovery recovery;
  private final EndingCollector ledger = new EndingCollector();
  private final KeptGenerations running;

  /** Removes secrets from all that leaves. */
  final Redactor redactor;

  Phase phase = new Phase.Idle();
  Clocks clocks;

  /** The state of the other one of two attempts, as long as neither has brought content. */
  @Nullable Lane rival;

  private boolean hedged;

  /** What a resumed answer waits for: its document shows whether it is whole. */
  private boolean confirming;

  /** The attempt that ended it, if its numbers prove it where no document does. */
  private @Nullable Attempt unconfirmed;

  record Lane(Phase phase, Clocks clocks) {}

  private long timer = Clocks.NEVER;

  /** Frames read so far, over all attempts. */
  long frames;

  // Valid during one signal.
  List<Action> actions = new ArrayList<>();
  private long now;
  private Availability.Lookup standings = upstream -> Availability.GOOD;

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
    this.clocks = new Clocks(policy.timeouts(), 0);
  }

  /** A signal has come. */
  void signalled(Signal signal, long nowNanos, Availability.Lookup standings) {
    this.actions = new ArrayList<>();
    this.now = nowNanos;
    this.standings = standings;
    if (signal instanceof Signal.TimerFired) {
      timer = Clocks.NEVER; // It is spent, even if it fired early.
    }
  }

  /** {@return the resulting actions, in order} */
  List<Action> actions() {
    stopUnused();
    long due = phase.due(clocks);
    if (rival != null) {
      due = Math.min(due, rival.phase().due(rival.clocks()));
    }
    if (due != timer) {
      timer = due;
      if (!(phase instanceof Phase.Closed)) {
        actions.add(new Action.SetTimer(due));
      }
    }
    return actions;
  }

  long now() {
    return now;
  }

  /** Stops kept generations without a use, before anything takes their place. */
  private void stopUnused() {
    var stops = running.release(this::isUsed, recovery::address);
    if (!stops.isEmpty()) {
      int at = 0;
      while (at < actions.size()
          && !(actions.get(at) instanceof Action.OpenAttempt)
          && !(actions.get(at) instanceof Action.Finish)) {
        at++;
      }
      actions.addAll(at, stops);
    }
  }

  /** {@return whether an attempt reads a generation, or the next one is to} */
  private boolean isUsed(Generation generation) {
    return phase.reads(generation, recovery.broken())
        || (rival != null && rival.phase().reads(generation, recovery.broken()));
  }

  // ---------------------------------------------------------------- two attempts at once

  /** The first token is slow: opens a hedge beside the current attempt. */
  void hedge() {
    clocks.hedged();
    var next = recovery.hedge(moment());
    if (next == null) {
      return;
    }
    hedged = true;
    rival = new Lane(phase, clocks);
    clocks = clocks.beside();
    open(next);
    actions.add(new Action.ReportHealth(next.upstream(), new AttemptResult.Hedged()));
  }

  /** Turns to the attempt that a signal is about. */
  void turnTo(Signal signal) {
    var attempt = rival == null ? null : rival.phase().attempt();
    if (attempt != null && signal.attempt() == attempt.number()) {
      turn();
    }
  }

  /** Turns to the other attempt. */
  void turn() {
    var other = Objects.requireNonNull(rival);
    rival = new Lane(phase, clocks);
    phase = other.phase();
    clocks = other.clocks();
  }

  /** The other attempt is alone now. */
  private void promote() {
    turn();
    rival = null;
  }

  private void dropRival() {
    if (rival == null) {
      return;
    }
    var winner = new Lane(phase, clocks);
    promote();
    drop(Objects.requireNonNull(phase.attempt()));
    phase = winner.phase();
    clocks = winner.clocks();
  }

  /** The consumer stopped reading. */
  void pause() {
    clocks.pause(now);
    if (rival != null) {
      rival.clocks().pause(now);
    }
  }

  /** The consumer reads again. */
  void resume() {
    clocks.resume(now);
    if (rival != null) {
      rival.clocks().resume(now);
    }
  }

  // ---------------------------------------------------------------- attempts

  void begin() {
    clocks = new Clocks(policy.timeouts(), now);
    switch (recovery.begin(moment())) {
      case Recovery.Decision.Retry(var next, var delay, int retry) -> open(next);
      case Recovery.Decision.GiveUp(var blamed, var stoppedBy, var reason) ->
          finish(blamed, stoppedBy);
    }
  }

  /** A wait is over. */
  void waited(NextAttempt next) {
    var at = moment();
    if (recovery.isDue(next, at)) {
      open(next);
    } else {
      follow(recovery.afterWait(at));
    }
  }

  private void open(NextAttempt next) {
    var answer = next.call().answer();
    var generation = generation(next);
    var attempt = new Attempt(next, answer.newDecoder(policy.limits()), generation, now);
    attempt.allowance = limit.allowance(next.rung(), next.start());
    var keeping = recovery.keeping(next, generation);
    if (keeping != null) {
      running.begun(generation, next.upstream(), keeping);
    }
    recovery.opened(next);
    phase = new Phase.Opening(attempt);
    clocks.opened(now);
    if (next.rung() == null && !hedged) {
      clocks.hedgeable(policy.failover().hedgeAfter(), now);
    }
    actions.add(
        new Action.OpenAttempt(next.number(), next.upstream(), next.call(), next.number() - 1));
  }

  private Recovery.Moment moment() {
    return new Recovery.Moment(now, clocks.totalLeft(now), standings);
  }

  private void score(Attempt attempt, AttemptResult sign) {
    actions.add(new Action.ReportHealth(attempt.plan.upstream(), sign));
  }

  /** An attempt has brought content. */
  void sawContent(Attempt attempt) {
    clocks.content(now);
    if (attempt.sawContent(now)) {
      dropRival();
      score(attempt, new AttemptResult.Content());
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
  void answered(Attempt attempt, ResponseHead head) {
    attempt.answered(head);
    int upstream = attempt.plan.upstream();
    recovery.answered(upstream);
    switch (attempt.purpose()) {
      case ANSWER -> attempt.generation.answered = true;
      case RESUME -> {
        if (head.isSuccess() && recovery.isNewAddress(upstream)) {
          actions.add(new Action.Remember(upstream, recovery.address(upstream)));
        }
      }
      case TOKENS, POLL -> {}
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
      attempt.profile = profile.name();
      var count = profile.capability().count();
      limit.countedBy(count);
      echo.known(count == TokenCount.TIMINGS);
    }
  }

  /** The token ids have arrived from which the next attempt continues. */
  void prepared(Attempt attempt, String tokens) {
    NextAttempt next;
    try {
      next = recovery.completing(attempt, tokens);
    } catch (IllegalArgumentException e) {
      refuse(attempt, Cause.PROTOCOL_VIOLATION, String.valueOf(e.getMessage()));
      return;
    }
    retire(attempt, null);
    score(
        attempt,
        new AttemptResult.Content()); // The upstream is alive; no content was requested of it.
    open(next);
  }

  /** The requested generation is still under way. */
  void notYet(Attempt attempt) {
    retire(attempt, null);
    score(attempt, new AttemptResult.Content());
    follow(recovery.notYet(moment()));
  }

  /** The provider reported an error, by its status or inside the stream. */
  void onProviderError(Attempt attempt, Failure said) {
    Failure failure = redactor.failure(said);
    if (attempt.purpose() != Purpose.RESUME && phase instanceof Phase.Rejecting) {
      // An error inside a stream may be a gateway's, while the provider writes on.
      attempt.generation.ended |= VerdictRules.isOver(failure);
    }
    var rung = attempt.rung();
    boolean resumed = attempt.purpose() == Purpose.RESUME && !attempt.hasContent();
    boolean begun = phase instanceof Phase.Streaming && !resumed;
    if (rung == null || rung == Rung.REPLAY || begun || !Recovery.refusesToContinue(failure)) {
      // An error inside a stream concerns the generation, any other the request.
      attempt.generation.unresumable |= !(phase instanceof Phase.Rejecting);
      fail(attempt, failure);
      return;
    }
    // A cursor that has expired proves nothing about the next one.
    if (rung != Rung.CURSOR && Recovery.saysNoSuchRung(failure)) {
      actions.add(new Action.DisableRung(attempt.plan.upstream(), rung));
    }
    retire(attempt, failure);
    follow(recovery.afterRefusal(attempt, failure, moment()));
  }

  void fail(Attempt attempt, Failure told) {
    var failure = redactor.failure(attempt.explained(told));
    attempt.generation.failed(failure);
    attempt.generation.ended |= failure.isStarting() && attempt.purpose() == Purpose.ANSWER;
    retire(attempt, failure);
    if (rival != null) {
      if (!failure.isRetryable()) {
        recovery.giveUp(attempt.plan.upstream(), failure);
      }
      promote();
      return;
    }
    if (failure.isRetryable() && choices == 1 && limit.isReached() && !recovery.isDoubtful()) {
      atLimit(attempt); // Nothing is left to request.
      return;
    }
    follow(recovery.after(attempt.plan.upstream(), failure, moment()));
  }

  /** A continuation does not fit what was delivered. */
  void refuseSeam(Attempt attempt, String reason) {
    refuse(attempt, Cause.SEAM_REFUSED, reason);
  }

  private void refuse(Attempt attempt, Cause cause, String reason) {
    if (attempt.purpose() == Purpose.POLL && isExtended()) {
      // What a resumed body brought is not what the provider keeps, and was handed on.
      delivery.doubt();
      var failure =
          Failure.permanent(Cause.PROTOCOL_VIOLATION, "the kept answer is another: " + reason);
      retire(attempt, failure);
      finish(failure, null);
      return;
    }
    // Lasting, so that the upstream's budget is not charged for what its model wrote.
    var failure = Failure.permanent(cause, reason);
    retire(attempt, failure);
    follow(recovery.afterRefusal(attempt, failure, moment()));
  }

  /** Ends an attempt, for every next step. */
  void retire(Attempt attempt, @Nullable Failure failure) {
    attempt.closed = true;
    clocks.closed();
    actions.add(new Action.CloseAttempt(attempt.number()));
    ledger.attempt(attempt, recovery.nameOf(attempt.plan), failure, now);
    if (failure != null) {
      boolean waits = recovery.waitsOut(attempt, failure, standings);
      if (waits) {
        recovery.waits(attempt, failure, now);
      } else {
        recovery.failed(attempt, failure, now);
      }
      deliver(new StreamEvent.AttemptFailed(attempt.number(), failure));
      score(
          attempt,
          waits
              ? new AttemptResult.Starting()
              : new AttemptResult.Failed(failure, attempt.hasContent()));
    }
  }

  /** Ends an attempt without blaming its upstream. */
  void drop(Attempt attempt) {
    retire(attempt, null);
    score(attempt, new AttemptResult.Dropped());
  }

  private boolean isExtended() {
    var broken = recovery.broken();
    return broken != null && broken.extended;
  }

  private void follow(Recovery.Decision decision) {
    boolean polls =
        decision instanceof Recovery.Decision.Retry(var next, var delay, int retry)
            && next.purpose() == Purpose.POLL;
    if (confirming && !polls) {
      confirming = false;
      if (unconfirmed != null) {
        conclude(unconfirmed);
        return;
      }
    }
    switch (decision) {
      case Recovery.Decision.Retry(var next, var delay, int retry) -> {
        var rung = next.rung() == null ? Rung.REPLAY : next.rung();
        deliver(new StreamEvent.Retrying(retry, policy.retry().maxAttempts(), delay, rung));
        if (delay.isZero()) {
          open(next);
        } else {
          phase = new Phase.Waiting(next, now + delay.toNanos());
        }
      }
      case Recovery.Decision.GiveUp(var blamed, var stoppedBy, var reason) -> {
        if (!reason.isEmpty()) {
          var cause = stoppedBy == null ? Cause.SEAM_REFUSED : stoppedBy;
          warn(new StreamEvent.Warned(cause, reason));
        }
        finish(blamed, stoppedBy);
      }
    }
  }

  // ---------------------------------------------------------------- ends

  /** A continuation goes beyond what the request allows: there the answer ends. */
  void reachedLimit(Attempt attempt) {
    retire(attempt, null);
    score(attempt, new AttemptResult.Whole());
    atLimit(attempt);
  }

  /** Ends as an uncut answer would that came to its limit. */
  private void atLimit(Attempt attempt) {
    attempt.finishes.clear();
    attempt.finishes.put(0, LENGTH);
    finish(attempt.finishes);
    close(new Verdict.Complete(), null, null, attempt.finishes, List.of());
  }

  /** An answer whose seam is decided is proven complete. */
  void complete(Attempt attempt) {
    var finish = attempt.finishes.get(0);
    if (finish != null
        && finish.reason() == Finish.Reason.STOP
        && limit.governs(attempt.rung())
        && (limit.isCounted() || attempt.isSpent())) {
      // It may have been asked for some tokens too many, and some servers call any end a stop.
      attempt.finishes.put(0, LENGTH);
    }
    if (attempt.purpose() == Purpose.RESUME
        && !(attempt.reader.continuity() instanceof Continuity.Shown)) {
      confirm(attempt);
      return;
    }
    var failure = attempt.completion(choices).failure();
    if (failure != null) {
      attempt.generation.unresumable = true; // There is nothing after its proof.
      fail(attempt, failure);
      return;
    }
    conclude(attempt);
  }

  /**
   * A resumed answer has come to its end, and nothing repeated its text: the document that the
   * provider keeps shows whether it is whole. Where there is none, consecutive numbers do.
   */
  private void confirm(Attempt attempt) {
    retire(attempt, null);
    score(attempt, new AttemptResult.Content());
    confirming = true;
    boolean numbered = attempt.reader.continuity() instanceof Continuity.Numbered;
    boolean fit = attempt.completion(choices).failure() == null;
    unconfirmed = numbered && fit ? attempt : null;
    var next = recovery.confirming();
    if (next != null) {
      open(next);
    } else {
      follow(recovery.unconfirmed(moment()));
    }
  }

  private void conclude(Attempt attempt) {
    var broken = recovery.broken();
    if (attempt.purpose() == Purpose.POLL && broken != null) {
      broken.ended = true; // Its document is whole.
    }
    var completion = attempt.completion(choices);
    completion.warnings().forEach(this::warn);
    var toolCalls = completion.toolCalls();
    toolCalls.forEach(call -> deliver(new StreamEvent.ToolCallReady(call)));
    attempt.deliveredChars(attempt.toolCharacters);
    if (!attempt.closed) {
      retire(attempt, null);
    }
    finish(attempt.finishes);
    if (!attempt.hasContent()) {
      score(attempt, new AttemptResult.Content()); // An empty answer is one, too.
    }
    score(attempt, new AttemptResult.Whole());
    close(new Verdict.Complete(), null, null, attempt.finishes, toolCalls);
  }

  private void finish(SortedMap<Integer, Finish> finishes) {
    var usage = ledger.usage();
    if (usage != null) {
      deliver(new StreamEvent.Usage(usage));
    }
    finishes.forEach((choice, finish) -> deliver(new StreamEvent.Finished(choice, finish)));
  }

  void cancel(@Nullable Attempt attempt) {
    if (attempt != null) {
      drop(attempt);
    }
    close(new Verdict.Cancelled(), null, null, new TreeMap<>(), List.of());
  }

  void finish(Failure failure, @Nullable Cause stoppedBy) {
    close(Verdict.of(failure.cause()), failure, stoppedBy, new TreeMap<>(), List.of());
  }

  private void close(
      Verdict verdict,
      @Nullable Failure failure,
      @Nullable Cause stoppedBy,
      SortedMap<Integer, Finish> finishes,
      List<ToolCall> toolCalls) {
    dropRival();
    if (!(verdict instanceof Verdict.Complete) && recovery.isDoubtful()) {
      delivery.doubt();
    }
    phase = new Phase.Closed();
    clocks.closed();
    actions.add(
        new Action.Finish(
            ledger.ending(verdict, failure, stoppedBy, finishes, toolCalls, delivery)));
  }

  // ---------------------------------------------------------------- the consumer

  /** A frame that cannot be read is passed over. */
  void skip(Attempt attempt, StreamEvent.FrameRejected rejected) {
    attempt.generation.passedOver(rejected.failure());
    ledger.warning(rejected.failure().cause());
    deliver(rejected);
  }

  void warn(StreamEvent.Warned warned) {
    ledger.warning(warned.cause());
    deliver(warned);
  }

  void deliver(StreamEvent event) {
    actions.add(new Action.Deliver(event));
  }
}
