package dev.holdfast.testkit.sim;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.ChatRequest;
import dev.holdfast.core.dialect.Dialects;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.RetryBudget;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.engine.UpstreamHealth;
import dev.holdfast.core.policy.BreakerPolicy;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.testkit.Delivery;
import dev.holdfast.testkit.FaultyLink;
import dev.holdfast.testkit.Protocol;
import dev.holdfast.testkit.ScriptedModel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One whole stream in virtual time, single-threaded: the real machine and dialects against a
 * scripted model behind a faulty link, every invariant checked after every step.
 */
public final class Simulation {
  /** From a request to the first byte of its answer. */
  static final Duration LATENCY = Duration.ofMillis(50);

  private static final long EPOCH_MILLIS = 1_700_000_000_000L;
  private static final long START = 1_000_000;
  private static final int MAX_STEPS = 200_000;
  private static final long NEVER = Long.MAX_VALUE;

  private final Situation situation;
  private final @Nullable Consumer<String> trace;
  private final SplittableRandom random;
  private final ScriptedModel model;
  private final FaultyLink link;
  private final StreamMachine machine;
  private final UpstreamHealth health;
  private final Seen seen;
  private final List<String> violations = new ArrayList<>();
  private final Invariant[] invariants;

  private long now = START;
  private long timer = NEVER;
  private Iterator<Delivery> wire = Collections.emptyIterator();
  private @Nullable Delivery next;
  private long consumerBack = NEVER;
  private final long cancelAt;

  private Simulation(Situation situation, @Nullable Consumer<String> trace) {
    this.situation = situation;
    this.trace = trace;
    random = new SplittableRandom(situation.seed() ^ 0x5eed);
    model =
        new ScriptedModel(
            situation.protocol(), situation.answer(), situation.continuation(), situation.seed());
    link = new FaultyLink(situation.protocol(), situation.seed());
    health =
        new UpstreamHealth(new RetryBudget(situation.budget()), BreakerPolicy.OFF, random.split());
    machine = new StreamMachine(plan(situation), random.split());
    var leaves = situation.reader().cancelAt();
    cancelAt = leaves.isZero() ? NEVER : START + leaves.toNanos();
    seen = new Seen(situation);
    invariants =
        new Invariant[] {
          new OneText(seen, violations),
          new OneSeam(seen, violations),
          new OneEnd(seen, violations),
          new EndsInTime(seen, violations, START),
          new KeepsToBudgets(seen, violations),
          new LetsGo(seen, violations),
          new StaysSmall(seen, violations),
          new WholeTools(seen, violations),
          new BlamesTheFault(seen, violations, START)
        };
  }

  private static StreamPlan plan(Situation situation) {
    ChatDialect dialect = Dialects.chat(situation.protocol().id());
    var request = ChatRequest.to("sim-model").user("Tell me.").maxTokens(KeepsToBudgets.MAX_TOKENS);
    if (situation.request().deterministic()) {
      request.temperature(0);
    }
    if (situation.request().structured()) {
      // Each protocol reads its own of them.
      request.with("response_format", "{\"type\":\"json_object\"}");
      request.with("output_format", "{\"type\":\"json_schema\"}");
      request.with("text", "{\"format\":{\"type\":\"json_object\"}}");
      request.with("format", "\"json\"");
      if (situation.protocol() == Protocol.GEMINI_SSE) {
        String cold = situation.request().deterministic() ? "\"temperature\":0.0," : "";
        // It replaces what the typed request says of the same.
        request.with(
            "generationConfig",
            """
            {"maxOutputTokens":%d,%s"responseMimeType":"application/json"}\
            """
                .formatted(KeepsToBudgets.MAX_TOKENS, cold));
      }
    }
    return new StreamPlan(
        dialect, dialect.body(request.build()), situation.capability(), situation.policy());
  }

  /** {@return what becomes of a stream} */
  public static SimulatedStream run(Situation situation) {
    return new Simulation(situation, null).play();
  }

  /**
   * {@return what becomes of a stream; {@code trace} is told every signal and action, a line each}
   */
  public static SimulatedStream run(Situation situation, Consumer<String> trace) {
    return new Simulation(situation, trace).play();
  }

  private SimulatedStream play() {
    try {
      untilClosed();
    } catch (IllegalStateException e) {
      violations.add("TERMINAL: the engine gave up: " + e.getMessage());
    }
    return new SimulatedStream(
        situation,
        violations,
        seen.ending,
        seen.text.toString(),
        Duration.ofNanos(now - START),
        Duration.ofNanos(seen.resumed));
  }

  private void untilClosed() {
    signal(new Signal.Begin());
    for (int steps = 0; !machine.isClosed() && violations.isEmpty(); steps++) {
      if (steps > MAX_STEPS) {
        violations.add("LIVENESS: no end after " + steps + " steps");
      } else if (!step()) {
        violations.add("LIVENESS: nothing left to happen, and no end");
      }
    }
    var ending = seen.ending;
    if (violations.isEmpty() && ending == null) {
      violations.add("TERMINAL: closed without an end");
    } else if (violations.isEmpty() && ending != null) {
      signal(new Signal.EndOfBody(seen.tries.size())); // A late signal changes nothing.
      for (Invariant invariant : invariants) {
        invariant.finished(ending, now);
      }
    }
  }

  /** Lets the earliest thing happen. */
  private boolean step() {
    int cancelAfter = situation.reader().cancelAfter();
    if (cancelAfter >= 0 && seen.deliveries > cancelAfter) {
      signal(new Signal.Cancelled());
      return true;
    }
    if (next == null && wire.hasNext()) {
      next = wire.next();
    }
    boolean reads = consumerBack == NEVER;
    long arrival = next == null || !reads ? NEVER : Math.max(now, next.atNanos());
    long due = Math.min(Math.min(arrival, cancelAt), Math.min(timer, consumerBack));
    if (due == NEVER) {
      return false;
    }
    now = Math.max(now, due);
    if (due == cancelAt) {
      signal(new Signal.Cancelled());
    } else if (due == consumerBack) {
      consumerBack = NEVER;
      signal(new Signal.Demand());
    } else if (due == arrival) {
      arrive();
    } else {
      timer = NEVER;
      signal(new Signal.TimerFired());
    }
    return true;
  }

  private void arrive() {
    var delivery = next;
    var open = seen.open;
    next = null;
    if (delivery == null || open == null) {
      return;
    }
    int attempt = open.number;
    signal(
        switch (delivery.kind()) {
          case HEAD -> new Signal.HeadersArrived(attempt, open.transmission.head(), EPOCH_MILLIS);
          case BYTES -> new Signal.BytesArrived(attempt, delivery.bytes());
          case END -> new Signal.EndOfBody(attempt);
          case FIN -> lost(open, "the connection ended");
          case RST -> lost(open, "the connection was reset");
        });
    int oneIn = situation.reader().pauseOneIn();
    if (oneIn > 0 && !machine.isClosed() && random.nextInt(oneIn) == 0) {
      long longest = situation.reader().longestPause().toNanos();
      consumerBack = now + random.nextLong(longest + 1);
      signal(new Signal.Paused());
    }
  }

  /** A transport knows whether a head had come before. */
  private static Signal lost(Try open, String detail) {
    var cause = open.headSeen ? Cause.CONNECTION_LOST : Cause.CONNECTION_FAILED;
    return new Signal.Failed(open.number, Failure.passing(cause, detail));
  }

  private void signal(Signal signal) {
    tell(signal);
    seen.signalled(signal);
    for (Invariant invariant : invariants) {
      invariant.signalled(signal, now);
    }
    for (Action action : machine.on(signal, now, upstream -> health.standing(now))) {
      tell(action);
      perform(action);
      for (Invariant invariant : invariants) {
        invariant.acted(action, now);
      }
    }
    for (Invariant invariant : invariants) {
      invariant.settled(signal, now);
    }
  }

  private void tell(Object what) {
    if (trace != null) {
      String sign = what instanceof Signal ? "<-" : "  ->";
      trace.accept(String.format(Locale.ROOT, "%12.3f ms  %s %s", (now - START) / 1e6, sign, what));
    }
  }

  private void perform(Action action) {
    switch (action) {
      case Action.OpenAttempt(int attempt, int upstream, var call, int retries) -> {
        String body = call.body();
        var reply = model.reply(body, attempt);
        var sent =
            link.carry(reply, situation.faultsOf(attempt), now + LATENCY.toNanos(), EPOCH_MILLIS);
        var made = new Try(attempt, body, reply, sent, now);
        seen.opened(made);
        wire = made.deliveries();
        next = null;
      }
      case Action.CloseAttempt close -> {
        wire = Collections.emptyIterator();
        next = null;
      }
      case Action.SetTimer(long deadline) -> timer = deadline;
      case Action.Score(int upstream, var sign) -> health.score(sign, now);
      case Action.Deliver deliver -> {}
      case Action.Forget forget -> {}
      case Action.Finish finish -> {}
    }
    seen.acted(action, now);
  }
}
