package dev.holdfast.core.engine;

import dev.holdfast.core.continuation.OutputLimit;
import dev.holdfast.core.continuation.PrefillEcho;
import dev.holdfast.core.dialect.TokenCount;
import dev.holdfast.core.guard.Redactor;
import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Ending;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Finish;
import dev.holdfast.core.stream.ResponseHead;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.core.stream.RungRefusal;
import dev.holdfast.core.stream.StreamEvent;
import dev.holdfast.core.stream.ToolCall;
import dev.holdfast.core.stream.Verdict;
import dev.holdfast.core.usage.AttemptTokens;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * The state of one stream, and the steps that change it: attempts open and end, the outcome is
 * reported. It decides nothing; {@link StreamLifecycle} does.
 */
final class StreamState {
  final StreamPolicy policy;
  final Delivery delivery;
  final int choices;

  /** Of the answer's length, over all attempts. */
  final OutputLimit limit;

  /** What a server repeats of the words to continue from. */
  final PrefillEcho echo;

  final RecoveryHistory history;
  private final EndingCollector collector = new EndingCollector();
  private final KeptGenerations running;

  /** Removes secrets from all that leaves. */
  final Redactor redactor;

  final Lanes lanes;

  /** Whether a hedge was opened: there is one at most. */
  private boolean hedged;

  /** The time that the driver was asked to come back at. */
  private long timer = Clocks.NEVER;

  /**
   * The state of a stream that has not begun.
   *
   * @param random spreads retries; the only source of chance
   * @throws IllegalArgumentException if the plan's body is not a JSON object
   */
  StreamState(StreamPlan plan, RandomGenerator random) {
    this.policy = plan.policy();
    var sources = new ArrayList<Supplier<String>>(plan.upstreams().size());
    for (var upstream : plan.upstreams()) {
      sources.add(upstream.source());
    }
    this.redactor = plan.redactor().withSources(sources);
    this.delivery = new Delivery(policy.recovery());
    var first = plan.upstreams().getFirst();
    var facts = first.facts();
    var count = first.capability().count();
    this.limit = new OutputLimit(facts.maxTokens(), count);
    this.echo = new PrefillEcho(facts.begun(), count == TokenCount.TIMINGS);
    this.history = new RecoveryHistory(plan, facts, limit, echo, random);
    this.choices = history.choices();
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
    if (running.isEmpty()) {
      return;
    }
    var stops =
        running.release(generation -> lanes.read(generation, history.broken()), history::address);
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

  /** Sends the request of an attempt. */
  void open(SignalContext context, NextAttempt next) {
    var answer = next.call().answer();
    var generation = generation(next);
    long allowance = limit.allowance(next.rung(), next.start());
    var decoder = answer.newDecoder(policy.limits());
    var attempt =
        new Attempt(
            next, decoder, generation, tokens(next, generation), allowance, context.nowNanos());
    var keeping = history.keeping(next, generation);
    if (keeping != null) {
      running.begun(generation, next.upstream(), keeping);
    }
    history.opened(next);
    context.lane().opened(attempt, context.nowNanos());
    if (next.rung() == null && !hedged) {
      context.clocks().hedgeable(policy.failover().hedgeAfter(), context.nowNanos());
    }
    context.add(
        new Action.OpenAttempt(next.number(), next.upstream(), next.call(), next.number() - 1));
  }

  /** {@return what counts the output of an attempt} */
  private AttemptTokens tokens(NextAttempt next, Generation generation) {
    var rung = next.rung();
    var kind =
        switch (next.purpose()) {
          case ANSWER ->
              rung == null
                  ? AttemptTokens.Kind.ANSWER
                  : rung == Rung.REPLAY
                      ? AttemptTokens.Kind.REPLAY
                      : AttemptTokens.Kind.CONTINUATION;
          case RESUME -> AttemptTokens.Kind.REST;
          case POLL -> AttemptTokens.Kind.DOCUMENT;
          case TOKENS, COUNT -> AttemptTokens.Kind.AUXILIARY;
        };
    var broken = history.broken();
    return collector.opened(
        kind,
        next,
        generation.output,
        next.purpose() == Purpose.POLL && broken != null ? broken.output : null);
  }

  /** Sends the request of an attempt beside that of a signal. */
  void openHedge(SignalContext context, NextAttempt next) {
    hedged = true;
    open(context.in(lanes.hedged(context.lane())), next);
    context.add(new Action.ReportHealth(next.upstream(), new AttemptResult.Hedged()));
  }

  private Generation generation(NextAttempt next) {
    var broken = history.broken();
    if (next.purpose() == Purpose.RESUME && broken != null) {
      broken.resumed();
      return broken;
    }
    var reader = next.call().answer().newReader(policy.completion());
    // Only a request from the start of the answer proves the name.
    boolean named = next.rung() == null || next.rung() == Rung.REPLAY;
    return new Generation(
        next.number(), next.rung() == null, reader, named ? history.name(next) : null);
  }

  /** An attempt has brought content: another one at the same time is not needed. */
  void sawContent(SignalContext context, Attempt attempt) {
    context.clocks().content(context.nowNanos());
    if (attempt.sawContent(context.nowNanos())) {
      dropOther(context);
      context.report(attempt, new AttemptResult.Content());
    }
  }

  /** The response head of an attempt has come. */
  void answered(SignalContext context, Attempt attempt, ResponseHead head) {
    attempt.answered(head, redactor.text(head.requestId()));
    int upstream = attempt.plan.upstream();
    history.answered(upstream);
    switch (attempt.purpose()) {
      case ANSWER -> attempt.generation.answered();
      case RESUME -> {
        if (head.isSuccess() && history.isNewAddress(upstream)) {
          context.add(new Action.Remember(upstream, history.address(upstream)));
        }
      }
      case TOKENS, COUNT, POLL -> {}
    }
  }

  /** {@return whether a document was requested, and this is another answer's} */
  boolean isForeign(Attempt attempt, String id) {
    return attempt.purpose() == Purpose.POLL && history.isForeign(id);
  }

  /** A server names itself: it is continued as such from now on, unless that is decided. */
  void named(Attempt attempt, String server) {
    var profile = server.isEmpty() ? null : history.recognise(attempt, server);
    if (profile != null) {
      attempt.recognised(profile.name());
      var count = profile.capability().count();
      limit.countedBy(count);
      echo.known(count == TokenCount.TIMINGS);
    }
  }

  /** Ends an attempt, for every next step. */
  void retire(SignalContext context, Attempt attempt, @Nullable Failure failure) {
    context.lane().retired(attempt);
    context.add(new Action.CloseAttempt(attempt.number()));
    collector.attempt(attempt, history.nameOf(attempt.plan), failure, context.nowNanos());
    if (failure != null) {
      boolean waits = history.waitsOut(attempt, failure, context.standings());
      if (waits) {
        history.waits(attempt, failure, context.nowNanos());
      } else {
        history.failed(attempt, failure, context.nowNanos());
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

  // ---------------------------------------------------------------- the consumer and the end

  /** A frame that cannot be read is passed over. */
  void skip(SignalContext context, Attempt attempt, StreamEvent.FrameRejected rejected) {
    attempt.generation.passedOver(rejected.failure());
    collector.warning(rejected.failure().cause());
    context.deliver(rejected);
  }

  void warn(SignalContext context, StreamEvent.Warned warned) {
    collector.warning(warned.cause());
    context.deliver(warned);
  }

  /**
   * Hands on the usage of all attempts and the finishes of an answer. An answer of which no
   * provider reported tokens has no usage event: a relayed body reports none either.
   */
  void finish(SignalContext context, SortedMap<Integer, Finish> finishes) {
    var account = collector.account();
    if (account.usage() != null && account.isReported()) {
      context.deliver(new StreamEvent.Usage(account.usage()));
    }
    for (var finish : finishes.entrySet()) {
      context.deliver(new StreamEvent.Finished(finish.getKey(), finish.getValue()));
    }
  }

  /**
   * Reports the outcome; an attempt beside that of the signal is ended first.
   *
   * @param stoppedBy why recovery went no further; null if it did not stop
   * @param refusals why no way to continue was taken
   */
  void close(
      SignalContext context,
      Verdict verdict,
      @Nullable Failure failure,
      @Nullable Cause stoppedBy,
      List<RungRefusal> refusals) {
    close(
        context,
        verdict,
        Ending.builder().verdict(verdict).failure(failure).stoppedBy(stoppedBy).refusals(refusals));
  }

  /** Reports that the answer is complete. */
  void complete(
      SignalContext context, SortedMap<Integer, Finish> finishes, List<ToolCall> toolCalls) {
    close(
        context, new Verdict.Complete(), Ending.builder().finishes(finishes).toolCalls(toolCalls));
  }

  private void close(SignalContext context, Verdict verdict, Ending.Builder ending) {
    dropOther(context);
    if (!verdict.isComplete() && history.isDoubtful()) {
      delivery.doubt();
    }
    context.lane().closed();
    context.add(new Action.Finish(collector.ending(ending, delivery)));
  }
}
