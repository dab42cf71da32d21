package dev.holdfast.testkit.sim;

import dev.holdfast.core.dialect.ChatDialect;
import dev.holdfast.core.dialect.ChatRequest;
import dev.holdfast.core.dialect.Dialects;
import dev.holdfast.core.dialect.Prefill;
import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.policy.Capability;
import dev.holdfast.core.policy.StreamPolicy;
import dev.holdfast.core.policy.Timeouts;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.core.stream.Rung;
import dev.holdfast.testkit.Delivery;
import dev.holdfast.testkit.FaultyLink;
import dev.holdfast.testkit.ScriptedModel;
import dev.holdfast.testkit.Transmission;
import java.time.Duration;
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
  /** Shorter than the scenarios' stalls, longer than their healthy gaps. */
  static final Timeouts TIMEOUTS =
      new Timeouts(
          Duration.ofSeconds(10),
          Duration.ofSeconds(60),
          Duration.ofSeconds(20),
          Duration.ofSeconds(40),
          Duration.ofMinutes(30));

  private static final long LATENCY = Duration.ofMillis(50).toNanos();
  private static final int MAX_STEPS = 200_000;

  private final Situation situation;
  private final @Nullable Consumer<String> trace;
  private final SplittableRandom random;
  private final ScriptedModel model;
  private final FaultyLink link;
  private final StreamMachine machine;
  private final Invariants invariants;

  private long now = 1_000_000;
  private long timer = Long.MAX_VALUE;
  private int attempt;
  private @Nullable Iterator<Delivery> wire;
  private @Nullable Transmission transmission;
  private @Nullable Delivery next;
  private long consumerBack = Long.MAX_VALUE;

  private Simulation(Situation situation, @Nullable Consumer<String> trace) {
    this.trace = trace;
    this.situation = situation;
    this.random = new SplittableRandom(situation.seed() ^ 0x5eed);
    this.model =
        new ScriptedModel(
            situation.protocol(), situation.answer(), situation.continuation(), situation.seed());
    this.link = new FaultyLink(situation.protocol(), situation.seed());
    ChatDialect dialect = Dialects.chat(situation.protocol().id());
    var request = ChatRequest.to("sim-model").user("Tell me.").maxTokens(4000);
    if (situation.deterministic()) {
      request.temperature(0);
    }
    var capability = new Capability(List.of(Rung.PREFILL, Rung.ANCHOR, Rung.REPLAY), Prefill.PLAIN);
    this.machine =
        new StreamMachine(
            new StreamPlan(
                dialect,
                dialect.body(request.build()),
                capability,
                StreamPolicy.DEFAULT.withTimeouts(TIMEOUTS)),
            random.split());
    this.invariants = new Invariants(situation);
  }

  /** {@return what becomes of a stream} */
  public static SimulatedStream run(Situation situation) {
    return new Simulation(situation, null).play();
  }

  /** {@return what becomes of a stream; {@code trace} is told every action, one line each} */
  public static SimulatedStream run(Situation situation, Consumer<String> trace) {
    return new Simulation(situation, trace).play();
  }

  private SimulatedStream play() {
    untilClosed();
    return new SimulatedStream(
        situation, invariants.violations(), invariants.ending(), invariants.text());
  }

  private void untilClosed() {
    signal(new Signal.Begin());
    for (int steps = 0; !machine.isClosed() && invariants.violations().isEmpty(); steps++) {
      if (steps > MAX_STEPS) {
        invariants.violate("LIVENESS", "no end after " + steps + " steps");
        return;
      }
      if (!step()) {
        invariants.violate("LIVENESS", "nothing left to happen, phase open");
        return;
      }
    }
    if (invariants.violations().isEmpty()) {
      signal(new Signal.EndOfBody(attempt)); // A late signal changes nothing.
      invariants.finished(now);
    }
  }

  /** Lets the earliest thing happen. */
  private boolean step() {
    if (situation.cancelAfter() >= 0
        && invariants.deliveries() > situation.cancelAfter()
        && !machine.isClosed()) {
      invariants.cancelling();
      signal(new Signal.Cancelled());
      return true;
    }
    if (next == null && wire != null && wire.hasNext()) {
      next = wire.next();
    }
    long arrival =
        next == null || consumerBack != Long.MAX_VALUE
            ? Long.MAX_VALUE
            : Math.max(now, next.atNanos());
    long due = Math.min(arrival, Math.min(timer, consumerBack));
    if (due == Long.MAX_VALUE) {
      return false;
    }
    now = Math.max(now, due);
    if (due == consumerBack) {
      consumerBack = Long.MAX_VALUE;
      signal(new Signal.Demand());
    } else if (due == arrival) {
      arrive();
    } else {
      timer = Long.MAX_VALUE;
      signal(new Signal.TimerFired());
    }
    return true;
  }

  private void arrive() {
    var delivery = next;
    next = null;
    if (delivery == null || transmission == null) {
      return;
    }
    signal(
        switch (delivery.kind()) {
          case HEAD -> new Signal.HeadersArrived(attempt, transmission.head(), 1_700_000_000_000L);
          case BYTES -> new Signal.BytesArrived(attempt, delivery.bytes());
          case END -> new Signal.EndOfBody(attempt);
          case FIN -> lost("the connection ended");
          case RST -> lost("the connection was reset");
        });
    if (situation.pauses() && !machine.isClosed() && random.nextInt(30) == 0) {
      consumerBack = now + Duration.ofSeconds(random.nextInt(100)).toNanos();
      signal(new Signal.Paused());
    }
  }

  /** A transport knows whether a head had come before. */
  private Signal lost(String detail) {
    var cause = invariants.headSeen() ? Cause.CONNECTION_LOST : Cause.CONNECTION_FAILED;
    return new Signal.Failed(attempt, Failure.passing(cause, detail));
  }

  private void signal(Signal signal) {
    boolean wasClosed = machine.isClosed();
    invariants.before(signal);
    List<Action> actions = machine.on(signal, now, true);
    if (wasClosed && !actions.isEmpty()) {
      invariants.violate("TERMINAL", "actions after the end: " + actions);
    }
    for (Action action : actions) {
      if (trace != null) {
        trace.accept(String.format(Locale.ROOT, "%12.3f ms  %s", now / 1e6, action));
      }
      perform(action);
      invariants.after(action, now);
    }
  }

  private void perform(Action action) {
    switch (action) {
      case Action.OpenAttempt open -> {
        attempt = open.attempt();
        var reply = model.reply(open.body(), attempt);
        transmission =
            link.carry(reply, situation.faultsOf(attempt), now + LATENCY, 1_700_000_000_000L);
        wire = transmission.iterator();
        next = null;
        invariants.opened(attempt, transmission, reply);
      }
      case Action.CloseAttempt close -> {
        wire = null;
        next = null;
      }
      case Action.SetTimer(long deadline) -> timer = deadline;
      case Action.Deliver deliver -> {}
      case Action.Score score -> {}
      case Action.Forget forget -> {}
      case Action.Finish finish -> {}
    }
  }
}
