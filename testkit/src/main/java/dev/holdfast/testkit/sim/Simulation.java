package dev.holdfast.testkit.sim;

import dev.holdfast.core.engine.Action;
import dev.holdfast.core.engine.Signal;
import dev.holdfast.core.engine.StreamMachine;
import dev.holdfast.core.engine.StreamPlan;
import dev.holdfast.core.health.Availability;
import dev.holdfast.core.stream.Cause;
import dev.holdfast.core.stream.Failure;
import dev.holdfast.testkit.sim.draw.Situation;
import dev.holdfast.testkit.sim.invariant.BoundedMemory;
import dev.holdfast.testkit.sim.invariant.CountsTokens;
import dev.holdfast.testkit.sim.invariant.DeliversOneText;
import dev.holdfast.testkit.sim.invariant.DeliversWholeCalls;
import dev.holdfast.testkit.sim.invariant.EndsInTime;
import dev.holdfast.testkit.sim.invariant.EndsOnce;
import dev.holdfast.testkit.sim.invariant.Invariant;
import dev.holdfast.testkit.sim.invariant.KeepsToBudgets;
import dev.holdfast.testkit.sim.invariant.MarksSeams;
import dev.holdfast.testkit.sim.invariant.NamesTheCause;
import dev.holdfast.testkit.sim.invariant.ReleasesConnections;
import dev.holdfast.testkit.sim.invariant.SimulationState;
import dev.holdfast.testkit.sim.invariant.StopsKeptGenerations;
import dev.holdfast.testkit.sim.upstream.ContinuationRequest;
import dev.holdfast.testkit.sim.upstream.SimulatedAttempt;
import dev.holdfast.testkit.sim.upstream.SimulatedUpstream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One whole stream in virtual time, single-threaded. It runs the real machine and dialects against
 * a scripted model over a faulty link, and checks every invariant after every step.
 */
public final class Simulation {
  private static final long START = 1_000_000;

  /** More than the bytes of any drawn situation, which may come one by one. */
  private static final int MAX_STEPS = 2_000_000;

  private static final long NEVER = Long.MAX_VALUE;

  private final Situation situation;
  private final @Nullable Consumer<String> trace;
  private final SplittableRandom random;
  private final List<SimulatedUpstream> upstreams = new ArrayList<>();

  /** Each upstream's availability when the signal came. */
  private final Availability[] standings;

  private final StreamMachine machine;
  private final SimulationState seen;
  private final List<String> violations = new ArrayList<>();
  private final Invariant[] invariants;

  private long now = START;
  private long timer = NEVER;
  private long consumerBack = NEVER;
  private final long cancelAt;

  private Simulation(Situation situation, @Nullable Consumer<String> trace) {
    this.situation = situation;
    this.trace = trace;
    random = new SplittableRandom(situation.seed() ^ 0x5eed);
    for (Situation.Upstream upstream : situation.upstreams()) {
      upstreams.add(new SimulatedUpstream(situation, upstream, random.split(), START));
    }
    standings = new Availability[upstreams.size()];
    machine =
        new StreamMachine(
            new StreamPlan(
                upstreams.stream().map(SimulatedUpstream::plan).toList(), situation.policy()),
            random.split());
    var leaves = situation.reader().cancelAt();
    cancelAt = leaves.isZero() ? NEVER : START + leaves.toNanos();
    seen = new SimulationState(situation);
    invariants =
        new Invariant[] {
          new DeliversOneText(seen, violations),
          new MarksSeams(seen, violations),
          new EndsOnce(seen, violations),
          new EndsInTime(seen, violations, START),
          new KeepsToBudgets(seen, violations),
          new ReleasesConnections(seen, violations),
          new StopsKeptGenerations(seen, violations),
          new BoundedMemory(seen, violations),
          new DeliversWholeCalls(seen, violations),
          new NamesTheCause(seen, violations, START),
          new CountsTokens(seen, violations)
        };
  }

  /** {@return what becomes of a stream} */
  public static SimulatedStream run(Situation situation) {
    return new Simulation(situation, null).play();
  }

  /**
   * {@return the result of a stream; {@code trace} receives every signal and action, a line each}
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

  /** Runs the earliest step. */
  private boolean step() {
    int cancelAfter = situation.reader().cancelAfter();
    if (cancelAfter >= 0 && seen.deliveries > cancelAfter) {
      signal(new Signal.Cancelled());
      return true;
    }
    boolean reads = consumerBack == NEVER;
    var first = reads ? firstToArrive() : null;
    var next = first == null ? null : first.peek();
    long arrival = next == null ? NEVER : Math.max(now, next.atNanos());
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
    } else if (due == arrival && first != null) {
      arrive(first);
    } else {
      timer = NEVER;
      signal(new Signal.TimerFired());
    }
    return true;
  }

  /** Of two open attempts the one that something reaches sooner. */
  private @Nullable SimulatedAttempt firstToArrive() {
    SimulatedAttempt first = null;
    long soonest = NEVER;
    for (SimulatedAttempt open : seen.open) {
      var next = open.peek();
      if (next != null && next.atNanos() < soonest) {
        soonest = next.atNanos();
        first = open;
      }
    }
    return first;
  }

  private void arrive(SimulatedAttempt open) {
    var delivery = open.take();
    if (delivery == null) {
      return;
    }
    int attempt = open.number;
    signal(
        switch (delivery.kind()) {
          case HEAD ->
              new Signal.HeadersArrived(
                  attempt, open.transmission.head(), SimulatedUpstream.EPOCH_MILLIS);
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
  private static Signal lost(SimulatedAttempt open, String detail) {
    var cause = open.headSeen ? Cause.CONNECTION_LOST : Cause.CONNECTION_FAILED;
    return new Signal.Failed(open.number, Failure.retryable(cause, detail));
  }

  private void signal(Signal signal) {
    announce(signal);
    for (int i = 0; i < standings.length; i++) {
      standings[i] = upstreams.get(i).standing(now);
    }
    seen.signalled(signal);
    for (Invariant invariant : invariants) {
      invariant.signalled(signal, now);
    }
    for (Action action : machine.on(signal, now, index -> standings[index])) {
      announce(action);
      perform(action);
      for (Invariant invariant : invariants) {
        invariant.acted(action, now);
      }
    }
    for (Invariant invariant : invariants) {
      invariant.settled(signal, now);
    }
  }

  private void announce(Object what) {
    if (trace != null) {
      String sign = what instanceof Signal ? "<-" : "  ->";
      trace.accept(String.format(Locale.ROOT, "%12.3f ms  %s %s", (now - START) / 1e6, sign, what));
    }
  }

  private void perform(Action action) {
    switch (action) {
      case Action.OpenAttempt(int attempt, int index, var call, int retries) -> {
        var upstream = upstreams.get(index);
        // Whose answer has just closed its circuit may be asked at once.
        if (standings[index].waitNanos() > 0 && upstream.standing(now).waitNanos() > 0) {
          violations.add("BUDGET: attempt " + attempt + " asks an upstream whose circuit is open");
        }
        seen.opened(upstream.ask(attempt, index, call, now));
      }
      case Action.CloseAttempt close -> {}
      case Action.SetTimer(long deadline) -> timer = deadline;
      case Action.ReportHealth(int index, var sign) -> upstreams.get(index).score(sign, now);
      case Action.Deliver deliver -> {}
      case Action.DisableRung forget -> {}
      case Action.Remember remember -> {}
      case Action.StopGeneration stop ->
          upstreams.get(stop.upstream()).stop(ContinuationRequest.stopped(stop.calls().getFirst()));
      case Action.Finish finish -> {}
    }
    seen.acted(action, now);
  }
}
