package dev.holdfast.core.engine;

import dev.holdfast.core.dialect.Continuity;
import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.provider.errors.ServerMarks;
import dev.holdfast.core.seam.Stitcher;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.verdict.ErrorBody;
import dev.holdfast.core.verdict.VerdictRules;
import java.util.List;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/** Decides the next step of a stream: another attempt, or the end. */
final class StreamLifecycle {
  private static final Finish LENGTH = new Finish(Finish.Reason.LENGTH, "length");

  private final StreamState stream;
  private final Recovery recovery;

  /** What a resumed answer waits for: its document shows whether it is whole. */
  private boolean confirming;

  /** The attempt that ended it, if its numbers prove it where no document does. */
  private @Nullable Attempt unconfirmed;

  StreamLifecycle(StreamState stream, RandomGenerator random) {
    this.stream = stream;
    this.recovery = new Recovery(stream.policy, stream.history, stream.delivery, random);
  }

  // ---------------------------------------------------------------- attempts

  void begin(SignalContext context) {
    context.clocks().begun(context.nowNanos());
    switch (recovery.begin(moment(context))) {
      case Recovery.Decision.Retry(var next, var delay, int retry) -> stream.open(context, next);
      case Recovery.Decision.GiveUp(var blamed, var stoppedBy, var reason) ->
          finish(context, blamed, stoppedBy);
    }
  }

  /** The first token is slow: opens a hedge beside the attempt. */
  void hedge(SignalContext context) {
    context.clocks().hedged();
    var next = recovery.hedge(moment(context));
    if (next != null) {
      stream.openHedge(context, next);
    }
  }

  /** A wait is over. */
  void waited(SignalContext context, NextAttempt next) {
    var at = moment(context);
    if (recovery.isDue(next, at)) {
      stream.open(context, next);
    } else {
      follow(context, recovery.afterWait(at));
    }
  }

  private static Recovery.Moment moment(SignalContext context) {
    long now = context.nowNanos();
    return new Recovery.Moment(now, context.clocks().totalLeft(now), context.standings());
  }

  /** The response head of an attempt has come: how its body is read is decided. */
  void answered(SignalContext context, Attempt attempt, ResponseHead head, long epochMillis) {
    stream.answered(context, attempt, head);
    stream.named(attempt, ServerMarks.of(head));
    context.clocks().bytes(context.nowNanos());
    if (!head.isSuccess()) {
      context.lane().rejecting(attempt, new ErrorBody(head, epochMillis), context.nowNanos());
      return;
    }
    String coding = head.header("content-encoding");
    if (!coding.isEmpty() && !coding.equalsIgnoreCase("identity")) {
      fail(
          context,
          attempt,
          Failure.permanent(
              Cause.MALFORMED_FRAME, "content-encoding: must be identity, was " + coding));
      return;
    }
    var lane = context.lane();
    switch (attempt.purpose()) {
      case TOKENS, COUNT -> lane.preparing(attempt);
      case RESUME -> lane.streaming(attempt);
      case POLL -> lane.joining(attempt, stitcher(attempt, Rung.REPLAY));
      case ANSWER -> {
        var rung = attempt.rung();
        if (rung == null) {
          lane.streaming(attempt);
        } else {
          lane.joining(attempt, stitcher(attempt, rung));
        }
      }
    }
  }

  private Stitcher stitcher(Attempt attempt, Rung comparison) {
    return new Stitcher(
        stream.delivery.text(),
        stream.delivery.index(),
        comparison,
        attempt.plan.start(),
        stream.policy.recovery().holdBackChars());
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
    stream.retire(context, attempt, null);
    context.report(
        attempt,
        new AttemptResult.Content()); // The upstream is alive; no content was requested of it.
    stream.open(context, next);
  }

  /** The requested generation is still under way. */
  void notYet(SignalContext context, Attempt attempt) {
    stream.retire(context, attempt, null);
    context.report(attempt, new AttemptResult.Content());
    follow(context, recovery.notYet(moment(context)));
  }

  /** The provider reported an error, by its status or inside the stream. */
  void onProviderError(SignalContext context, Attempt attempt, Failure reported) {
    Failure failure = stream.redactor.failure(reported);
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
    if (rung != Rung.CURSOR && attempt.purpose() != Purpose.COUNT && Recovery.deniesRung(failure)) {
      context.add(new Action.DisableRung(attempt.plan.upstream(), rung));
    }
    stream.retire(context, attempt, failure);
    follow(context, recovery.afterRefusal(attempt, failure, moment(context)));
  }

  void fail(SignalContext context, Attempt attempt, Failure reported) {
    var failure = stream.redactor.failure(attempt.explained(reported));
    attempt.generation.failed(failure);
    if (failure.isStarting() && attempt.purpose() == Purpose.ANSWER) {
      attempt.generation.ended();
    }
    stream.retire(context, attempt, failure);
    if (stream.lanes.beside(context.lane()) != null) {
      if (!failure.isRetryable()) {
        stream.history.giveUp(attempt.plan.upstream(), failure);
      }
      stream.lanes.remove(context.lane()); // The other attempt is alone now.
      return;
    }
    if (failure.isRetryable()
        && stream.choices == 1
        && stream.limit.isReached()
        && !stream.history.isDoubtful()) {
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
      stream.delivery.doubt();
      var failure =
          Failure.permanent(Cause.PROTOCOL_VIOLATION, "the kept answer is another: " + reason);
      stream.retire(context, attempt, failure);
      finish(context, failure, null);
      return;
    }
    // Lasting, so that the upstream's budget is not charged for what its model wrote.
    var failure = Failure.permanent(cause, reason);
    stream.retire(context, attempt, failure);
    follow(context, recovery.afterRefusal(attempt, failure, moment(context)));
  }

  private boolean isExtended() {
    var broken = stream.history.broken();
    return broken != null && broken.isExtended();
  }

  private void follow(SignalContext context, Recovery.Decision decision) {
    boolean polls =
        decision instanceof Recovery.Decision.Retry(var next, var delay, int retry)
            && next.purpose() == Purpose.POLL;
    if (confirming && !polls) {
      confirming = false;
      var broken = stream.history.broken();
      if (unconfirmed != null) {
        if (broken != null) {
          broken.ended();
        }
        conclude(context, unconfirmed);
        return;
      }
      if (broken != null) {
        broken.disowned();
      }
    }
    switch (decision) {
      case Recovery.Decision.Retry(var next, var delay, int retry) -> {
        var rung = next.rung() == null ? Rung.REPLAY : next.rung();
        context.deliver(
            new StreamEvent.Retrying(retry, stream.policy.retry().maxAttempts(), delay, rung));
        if (delay.isZero()) {
          stream.open(context, next);
        } else {
          context.lane().waiting(next, context.nowNanos() + delay.toNanos());
        }
      }
      case Recovery.Decision.GiveUp(var blamed, var stoppedBy, var reason) -> {
        if (!reason.isEmpty()) {
          var cause = stoppedBy == null ? Cause.SEAM_REFUSED : stoppedBy;
          stream.warn(context, new StreamEvent.Warned(cause, reason));
        }
        finish(context, blamed, stoppedBy);
      }
    }
  }

  // ---------------------------------------------------------------- ends

  /** A continuation goes beyond what the request allows: there the answer ends. */
  void reachedLimit(SignalContext context, Attempt attempt) {
    stream.retire(context, attempt, null);
    context.report(attempt, new AttemptResult.Whole());
    atLimit(context, attempt);
  }

  /** Ends as an uncut answer would that came to its stream.limit. */
  private void atLimit(SignalContext context, Attempt attempt) {
    attempt.limited(LENGTH);
    stream.finish(context, attempt.finishes());
    stream.complete(context, attempt.finishes(), List.of());
  }

  /** An answer whose seam is decided is proven complete. */
  void complete(SignalContext context, Attempt attempt) {
    var finish = attempt.finishes().get(0);
    if (finish != null
        && finish.reason() == Finish.Reason.STOP
        && stream.limit.governs(attempt.rung())
        && (stream.limit.isCounted() || attempt.isSpent())) {
      // It may have been asked for some tokens too many, and some servers call any end a stop.
      attempt.finished(0, LENGTH);
    }
    if (attempt.purpose() == Purpose.RESUME
        && !(attempt.reader().continuity() instanceof Continuity.Shown)) {
      confirm(context, attempt);
      return;
    }
    var failure = attempt.completion(stream.choices).failure();
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
    stream.retire(context, attempt, null);
    context.report(attempt, new AttemptResult.Content());
    confirming = true;
    boolean numbered = attempt.reader().continuity() instanceof Continuity.Numbered;
    boolean fit = attempt.completion(stream.choices).failure() == null;
    unconfirmed = numbered && fit ? attempt : null;
    var next = recovery.confirming();
    if (next != null) {
      stream.open(context, next);
    } else {
      follow(context, recovery.unconfirmed(moment(context)));
    }
  }

  private void conclude(SignalContext context, Attempt attempt) {
    var broken = stream.history.broken();
    if (attempt.purpose() == Purpose.POLL && broken != null) {
      broken.ended(); // Its document is whole.
    }
    var completion = attempt.completion(stream.choices);
    for (var warning : completion.warnings()) {
      stream.warn(context, warning);
    }
    var toolCalls = completion.toolCalls();
    for (var call : toolCalls) {
      context.deliver(new StreamEvent.ToolCallReady(call));
    }
    attempt.tokens.deliveredCalls();
    attempt.tokens.whole();
    if (!attempt.isClosed()) {
      stream.retire(context, attempt, null);
    }
    stream.finish(context, attempt.finishes());
    if (!attempt.hasContent()) {
      context.report(attempt, new AttemptResult.Content()); // An empty answer is one, too.
    }
    context.report(attempt, new AttemptResult.Whole());
    stream.complete(context, attempt.finishes(), toolCalls);
  }

  void cancel(SignalContext context, @Nullable Attempt attempt) {
    if (attempt != null) {
      stream.drop(context, attempt);
    }
    stream.close(context, new Verdict.Cancelled(), null, null, List.of());
  }

  void finish(SignalContext context, Failure failure, @Nullable Cause stoppedBy) {
    stream.close(context, Verdict.of(failure.cause()), failure, stoppedBy, recovery.refusals());
  }
}
