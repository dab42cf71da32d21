package dev.holdfast.blackbox.sim;

import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.engine.UpstreamPlan;
import dev.holdfast.core.health.AttemptResult;
import dev.holdfast.core.health.RetryBudget;
import dev.holdfast.core.health.UpstreamHealth;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.provider.Dialects;
import dev.holdfast.core.request.ChatRequest;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.testkit.answer.Answer;
import dev.holdfast.testkit.fault.Protocol;
import dev.holdfast.testkit.model.Continuation;
import dev.holdfast.testkit.model.Reply;
import dev.holdfast.testkit.model.ScriptedModel;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;

/** Many streams over the same upstreams in virtual time, single-threaded. */
final class Storm {
  /** From a request to its whole answer, or to the failure of a connection. */
  static final Duration LATENCY = Duration.ofMillis(50);

  /**
   * When an upstream refuses connections.
   *
   * @param from from the beginning
   * @param to when it is over; the same for never
   */
  record Down(Duration from, Duration to) {
    boolean at(long nanos) {
      return nanos >= from.toNanos() && nanos < to.toNanos();
    }
  }

  private record Due(long atNanos, long order, Runnable what) {}

  private final Duration length;
  private final int perSecond;
  private final List<Down> downs;
  private final List<UpstreamHealth> healths = new ArrayList<>();
  private final int[] inVain;
  private final long[] firstBack;
  private final List<Long> failures = new ArrayList<>();
  private final PriorityQueue<Due> due =
      new PriorityQueue<>((a, b) ->
          a.atNanos() == b.atNanos()
              ? Long.compare(a.order(), b.order())
              : Long.compare(a.atNanos(), b.atNanos()));
  private final SplittableRandom random = new SplittableRandom(4);
  private final StreamPlan plan;
  private final Reply reply;
  private long now;
  private long order;
  private int streams;
  private int complete;

  Storm(int perSecond, Duration length, BreakerPolicy breaker, List<Down> downs) {
    this.perSecond = perSecond;
    this.length = length;
    this.downs = downs;
    this.inVain = new int[downs.size()];
    this.firstBack = new long[downs.size()];
    var dialect = Dialects.chat(Protocol.OPENAI_CHAT.id());
    String body = dialect.body(ChatRequest.to("m").user("Describe it.").build());
    var plans = new ArrayList<UpstreamPlan>();
    for (int i = 0; i < downs.size(); i++) {
      healths.add(new UpstreamHealth(RetryBudget.ofDefaults(), breaker, random.split()));
      plans.add(new UpstreamPlan("u" + i, dialect, body, new Capability(List.of(), Prefill.PLAIN)));
    }
    plan = new StreamPlan(plans, StreamPolicy.DEFAULT);
    reply =
        new ScriptedModel(
                Protocol.OPENAI_CHAT, Answer.ofText("All is well."), new Continuation.Exact(), 1)
            .reply(body, 1);
  }

  Storm run() {
    long gap = Duration.ofSeconds(1).toNanos() / perSecond;
    for (long at = 0; at < length.toNanos(); at += gap) {
      streams++;
      at(at, () -> new Stream().signal(new Signal.Begin()));
    }
    while (!due.isEmpty()) {
      var next = due.remove();
      now = Math.max(now, next.atNanos());
      next.what().run();
    }
    return this;
  }

  private void at(long nanos, Runnable what) {
    due.add(new Due(nanos, order++, what));
  }

  /** One of the streams. */
  private final class Stream {
    private final StreamMachine machine = new StreamMachine(plan, random.split());
    private final long began = now;
    private long timer = Long.MAX_VALUE;

    void signal(Signal signal) {
      for (Action action :
          machine.on(signal, now, upstream -> healths.get(upstream).standing(now))) {
        switch (action) {
          case Action.OpenAttempt(int attempt, int upstream, var call, int retries) ->
              open(attempt, upstream);
          case Action.ReportHealth(int upstream, var sign) -> score(upstream, sign);
          case Action.SetTimer(long deadline) -> {
            timer = deadline;
            if (deadline != Long.MAX_VALUE) {
              at(deadline, () -> fire(deadline));
            }
          }
          case Action.Finish(var ending) -> {
            if (ending.verdict().isComplete()) {
              complete++;
            } else {
              failures.add(began);
            }
          }
          case Action.CloseAttempt close -> {}
          case Action.Deliver deliver -> {}
          case Action.DisableRung forget -> {}
          case Action.Remember remember -> {}
          case Action.StopGeneration stop -> {}
        }
      }
    }

    private void fire(long deadline) {
      if (timer == deadline && !machine.isClosed()) {
        timer = Long.MAX_VALUE;
        signal(new Signal.TimerFired());
      }
    }

    private void open(int attempt, int upstream) {
      healths.get(upstream).opened(now);
      boolean dead = downs.get(upstream).at(now);
      inVain[upstream] += dead ? 1 : 0;
      at(now + LATENCY.toNanos(), () -> answer(attempt, dead));
    }

    private void answer(int attempt, boolean dead) {
      if (dead) {
        signal(new Signal.Failed(attempt, Failure.retryable(Cause.CONNECTION_FAILED, "refused")));
        return;
      }
      signal(new Signal.HeadersArrived(attempt, reply.head(), 1));
      byte[] bytes = reply.body().getBytes(StandardCharsets.UTF_8);
      signal(new Signal.BytesArrived(attempt, ByteBuffer.wrap(bytes)));
      signal(new Signal.EndOfBody(attempt));
    }

    private void score(int upstream, AttemptResult sign) {
      healths.get(upstream).score(sign, now);
      boolean over = now >= downs.get(upstream).to().toNanos();
      if (sign instanceof AttemptResult.Content && over && firstBack[upstream] == 0) {
        firstBack[upstream] = now;
      }
    }
  }

  int streams() {
    return streams;
  }

  int complete() {
    return complete;
  }

  int failed() {
    return failures.size();
  }

  /** {@return failed streams that began before or after a time} */
  long failedOutsideOf(Duration from, Duration to) {
    return failures.stream().filter(at -> at < from.toNanos() || at > to.toNanos()).count();
  }

  /** {@return attempts that reached an upstream while it was down} */
  int inVain(int upstream) {
    return inVain[upstream];
  }

  /** {@return how long after its outage an upstream wrote again} */
  Duration back(int upstream) {
    return Duration.ofNanos(firstBack[upstream]).minus(downs.get(upstream).to());
  }

  @Override
  public String toString() {
    return "%d streams, %d complete, in vain %s"
        .formatted(streams, complete, Arrays.toString(inVain));
  }
}
